import Architectures
import Diagnostics
import Documents
import Engine
import Reports
import Tensors

/// The comparison of two traces, by exact names.
struct TraceDifference {
  private let trace: Fixture
  private var comparison: TraceComparison
  private let order: GraphOrder

  init(_ trace: Fixture, _ reference: Fixture, tolerance: Tolerance?) throws(CrosswalkError) {
    self.trace = trace
    comparison = TraceComparison(reference: reference, tolerance: tolerance)
    var architecture = try reference.architecture()
    if architecture == nil { architecture = try trace.architecture() }
    order = GraphOrder(architecture)
    for name in reference.trace.inputs.names { try add(name, as: .input) }
    for (name, role) in order.sorted(reference.trace) { try add(name, as: role) }
    for role in [TraceRole.input, .node, .attention, .output] {
      let known = role.table(of: reference.trace)
      comparison.unexpected += role.table(of: trace.trace).names
        .filter { known[$0] == nil }.map { "\(role.group)/\($0)" }
    }
    if trace.dialect != reference.dialect {
      comparison.notes.append(
        "The traces bear names of different worlds (\(trace.dialect ?? "native") and "
          + "\(reference.dialect ?? "native")); equal names alone are compared. To compare a model "
          + "with a framework's recording through its family, verify it.")
    }
    if !order.isKnown {
      comparison.notes.append(
        "In the order of names, as neither trace carries its architecture.")
    }
  }

  func report(_ observer: any Observer) throws(CrosswalkError) -> DifferenceReport {
    try comparison.report(
      "\(trace.label) against \(comparison.reference.label)", observer: observer)
  }

  private mutating func add(_ name: String, as role: TraceRole) throws(CrosswalkError) {
    try comparison.add(
      role, name: name, recorded: name, role.table(of: trace.trace)[name],
      axes: order.axes(of: name, role))
  }
}

extension Fixture {
  /// The architecture that ran, where the trace carries it and bears its names.
  ///
  /// - Throws: `invalidDocument` or `malformed` where it is broken.
  fileprivate func architecture() throws(CrosswalkError) -> Architecture? {
    guard dialect == nil, let value = trace.metadata["architecture"] else { return nil }
    do {
      guard let text = value.stringValue else { return try Architecture(Document(value)) }
      return try Architecture(Document(parsing: text))
    } catch {
      let placed = error.inside(.key("architecture"))
      throw path.map(placed.inFile) ?? placed
    }
  }
}

/// The order in which a graph computes its values, or that of names where no graph is known.
private struct GraphOrder {
  private let architecture: Architecture?
  private var values: [String: Int] = [:]
  private var outputs: [String: Int] = [:]

  init(_ architecture: Architecture?) {
    self.architecture = architecture
    guard let architecture else { return }
    let first = architecture.inputs.count
    for (name, value) in architecture.blocks { values[name] = value }
    for (index, node) in architecture.nodes.enumerated() { values[node.name] = first + index }
    for (name, value) in architecture.outputs { outputs[name] = value }
  }

  var isKnown: Bool { architecture != nil }

  /// All that came out of a run, in order; what the graph does not know comes last.
  func sorted(_ trace: Trace) -> [(name: String, role: TraceRole)] {
    let all = [TraceRole.attention, .node, .output].flatMap { role in
      role.table(of: trace).names.map { (name: $0, role: role) }
    }
    let keyed = all.map { item in
      (value: value(of: item.name, item.role) ?? .max, key: NaturalKey(item.name), item: item)
    }
    return keyed.sorted { a, b in
      if a.value != b.value { return a.value < b.value }
      if !isKnown, (a.item.role == .output) != (b.item.role == .output) {
        return b.item.role == .output
      }
      if a.key != b.key { return a.key < b.key }
      return a.item.role.rank < b.item.role.rank
    }.map(\.item)
  }

  func axes(of name: String, _ role: TraceRole) -> [String] {
    if role == .attention { return AxisNames.attention }
    guard let architecture, let value = value(of: name, role) else { return [] }
    return AxisNames.of(architecture.type(of: value))
  }

  private func value(of name: String, _ role: TraceRole) -> Int? {
    role == .output ? outputs[name] : values[name]
  }
}

/// A name cut so that `layers.10` comes after `layers.2`.
private struct NaturalKey: Comparable {
  private let parts: [Part]

  private enum Part: Comparable {
    case number(Int)
    case text(String)
  }

  init(_ name: String) {
    parts = name.split(separator: ".", omittingEmptySubsequences: false).map {
      Int($0).map(Part.number) ?? .text(String($0))
    }
  }

  static func < (a: NaturalKey, b: NaturalKey) -> Bool {
    a.parts.lexicographicallyPrecedes(b.parts)
  }
}
