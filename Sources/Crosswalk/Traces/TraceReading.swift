import Containers
import Diagnostics
import Documents
import Engine
import Tensors

/// Sorts the tensors of a file into a trace and its float64 twin.
struct TraceReading {
  private(set) var trace = Trace()
  private(set) var exact: Trace?

  init(_ contents: Contents) throws(CrosswalkError) {
    trace.metadata = try Self.checked(TraceFormat.attributes(of: contents.metadata))
    var twin = Trace()
    for (name, tensor) in contents.tensors {
      try place(tensor, as: name, twin: &twin)
    }
    for (name, tensor) in try linked(contents.tensors) {
      try place(tensor, as: name, twin: &twin)
    }
    trace.metadata[TraceFormat.links] = nil
    guard !trace.isEmpty else {
      throw CrosswalkError(
        .malformed, "the trace holds no outputs, no nodes and no attention",
        remedy: "record it again, with outputs")
    }
    if !twin.isEmpty { exact = twin }
    try checkTwin()
  }

  /// Puts a tensor where its name says, in the trace or in its twin.
  private mutating func place(_ tensor: StoredTensor, as name: String, twin: inout Trace)
    throws(CrosswalkError)
  {
    var steps = name.utf8.split(separator: UInt8(ascii: "/"), maxSplits: 1)
    let isExact = steps.count == 2 && steps[0].elementsEqual(TraceFormat.float64.utf8)
    if isExact { steps = steps[1].split(separator: UInt8(ascii: "/"), maxSplits: 1) }
    guard steps.count == 2, let rest = String(steps[1]) else { throw Self.misplaced(name) }
    let group = String(Substring(steps[0]))
    guard !isExact || group != TraceFormat.inputs else { throw Self.misplaced(name) }
    let isPlaced =
      try isExact
      ? twin.append(tensor, to: group, as: rest) : trace.append(tensor, to: group, as: rest)
    guard isPlaced else { throw Self.misplaced(name) }
  }

  /// The tensors that the file leaves out because they are others that it has.
  private func linked(_ tensors: TensorTable) throws(CrosswalkError) -> TensorTable {
    var linked = TensorTable()
    guard let value = trace.metadata[TraceFormat.links] else { return linked }
    let text = value.stringValue ?? value.text(indented: false)
    let names: JSONObject?
    do { names = try Document(parsing: text).root.objectValue } catch {
      throw error.inside(.key(TraceFormat.links))
    }
    for (name, target) in names?.members ?? [] where tensors[name] == nil {
      guard let tensor = target.stringValue.flatMap({ tensors[$0] }) else {
        throw CrosswalkError(
          .malformed, "a link to a tensor that is not there", at: Place(.tensor(name)),
          expected: "the name of a tensor of the file", found: target.text(indented: false),
          remedy: "record the trace again")
      }
      try linked.append(name, tensor)
    }
    return linked
  }

  private static func checked(_ attributes: JSONObject) throws(CrosswalkError) -> JSONObject {
    let format = attributes["format"]?.stringValue
    guard format == TraceFormat.name else {
      throw CrosswalkError(
        .unrecognized, "the file is no trace", expected: "format '\(TraceFormat.name)'",
        found: format.map { "'\($0)'" } ?? "none",
        remedy: "record one with crosswalk-record, or with crosswalk run")
    }
    let version = attributes["version"]
    guard version?.intValue ?? version?.stringValue.flatMap({ Int($0) }) == TraceFormat.version
    else {
      throw CrosswalkError(
        .unsupported, "a trace of another version", expected: "version \(TraceFormat.version)",
        found: version?.text(indented: false) ?? "none",
        remedy: "record it again with the recorder of this release")
    }
    return attributes
  }

  /// Everything in float64 must be there in the recorded precision, or it would never be compared.
  private func checkTwin() throws(CrosswalkError) {
    guard let exact else { return }
    for ((group, twin), (_, recorded)) in zip(exact.groups, trace.groups) {
      for name in twin.names where recorded[name] == nil {
        throw CrosswalkError(
          .malformed, "recorded in float64 alone",
          at: Place(.tensor("\(TraceFormat.float64)/\(group)/\(name)")),
          remedy: "record the trace again")
      }
    }
  }

  private static func misplaced(_ name: String) -> CrosswalkError {
    CrosswalkError(
      .malformed, "the tensor has no place in a trace", at: Place(.tensor(name)),
      expected:
        "inputs/NAME, or NAME in \(Trace().groups.map(\.name).joined(separator: ", ")) or in "
        + "the same of \(TraceFormat.float64)/", found: "'\(name)'")
  }
}

extension Trace {
  /// Whether nothing came out.
  var isEmpty: Bool { outputs.isEmpty && nodes.isEmpty && attention.isEmpty }

  /// What was recorded of the run, group by group, as a file names the groups; without its inputs.
  var groups: [(name: String, table: TensorTable)] {
    Self.tables.map { ($0.name, self[keyPath: $0.path]) }
  }

  private static var tables: [(name: String, path: WritableKeyPath<Trace, TensorTable>)] {
    [
      (TraceFormat.nodes, \.nodes), (TraceFormat.attention, \.attention),
      (TraceFormat.outputs, \.outputs), (TraceFormat.nodeInputs, \.nodeInputs),
      (TraceFormat.scores, \.scores), (TraceFormat.rotary, \.rotary),
    ]
  }

  /// Adds a tensor to the group of a name; false when there is no such group.
  fileprivate mutating func append(_ tensor: StoredTensor, to group: String, as name: String)
    throws(CrosswalkError) -> Bool
  {
    if group == TraceFormat.inputs {
      try inputs.append(name, tensor)
      return true
    }
    guard let (_, path) = Self.tables.first(where: { $0.name == group }) else { return false }
    try self[keyPath: path].append(name, tensor)
    return true
  }
}
