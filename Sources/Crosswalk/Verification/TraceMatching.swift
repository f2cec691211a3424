import Architectures
import Diagnostics
import Engine
import Families
import Tensors

/// Which of our values each recorded one is: by its exact name, or by the family's table.
///
/// Nothing is matched by likeness or by position.
struct TraceMatching {
  /// A recorded value and ours.
  struct Match {
    let role: TraceRole
    /// The name in the fixture.
    let recorded: String
    /// Our names: an output, a node or block, or several whose outputs stand side by side.
    let names: [String]
    /// Whether ours is an output of the graph, by the name that it has there.
    let isOutput: Bool
    /// How theirs is made of ours.
    let layout: Crossing.Layout
    /// The number in the graph of the value, the last of several.
    let value: Int
  }

  /// The matches in the order in which the graph computes them.
  private(set) var matches: [Match] = []
  /// What was recorded and has no counterpart.
  private(set) var missing: [String] = []
  /// What the family's table leaves out, by reason, in the order of first appearance.
  private(set) var ignored: [(reason: String, names: [String])] = []

  private let architecture: Architecture
  private let crossing: Crossing?
  /// Whether our own names come first: a fixture that names no dialect may bear either's.
  private let prefersOwn: Bool
  private let values: [String: Int]

  init(_ fixture: Fixture, _ architecture: Architecture, crossing: Crossing?)
    throws(CrosswalkError)
  {
    self.architecture = architecture
    self.crossing = try Self.crossing(for: fixture, crossing)
    prefersOwn = fixture.dialect == nil
    let first = architecture.inputs.count
    let nodes = architecture.nodes.enumerated().map { ($0.element.name, first + $0.offset) }
    values = Dictionary(nodes + architecture.blocks.map { ($0.name, $0.value) }) { node, _ in node }
    for name in fixture.trace.outputs.names { try take(name, as: .output) }
    for name in fixture.trace.nodes.names { try take(name, as: .node) }
    for name in fixture.trace.attention.names { try take(name, as: .attention) }
    matches.sort { a, b in
      (a.value, a.role.rank, a.recorded) < (b.value, b.role.rank, b.recorded)
    }
  }

  /// The names of nodes and blocks that a run must keep.
  var captured: Set<String> { Set(matches.lazy.filter { !$0.isOutput }.flatMap(\.names)) }

  /// The table whose names the fixture bears, or may bear; nil where those are our own.
  private static func crossing(for fixture: Fixture, _ crossing: Crossing?)
    throws(CrosswalkError) -> Crossing?
  {
    guard let dialect = fixture.dialect, let crossing else { return crossing }
    guard dialect != crossing.dialectName, crossing.family.dialectNames.contains(dialect) else {
      return dialect == crossing.dialectName ? crossing : nil
    }
    return try Crossing(
      crossing.family, dialect: dialect, values: crossing.values, prefix: nil,
      architecture: crossing.architecture)
  }

  private mutating func take(_ recorded: String, as role: TraceRole) throws(CrosswalkError) {
    if role == .output, let output = architecture.outputs.first(where: { $0.name == recorded }) {
      matches.append(
        Match(
          role: role, recorded: recorded, names: [recorded], isOutput: true, layout: .same,
          value: output.value))
      return
    }
    switch try meaning(of: recorded, as: role) {
    case .ignored(let reason)?: ignore("\(role.group)/\(recorded)", reason)
    case .nodes(let names, let layout)?:
      let known = names.compactMap { values[$0] }
      guard let value = known.max(), known.count == names.count,
        role != .attention || known.allSatisfy(makesTable)
      else {
        missing.append("\(role.group)/\(recorded)")
        return
      }
      matches.append(
        Match(
          role: role, recorded: recorded, names: names, isOutput: false, layout: layout,
          value: value))
    case nil: missing.append("\(role.group)/\(recorded)")
    }
  }

  private func meaning(of recorded: String, as role: TraceRole) throws(CrosswalkError)
    -> Crossing.Meaning?
  {
    let own: Crossing.Meaning? =
      values[recorded] == nil || role == .output ? nil : .nodes([recorded], .same)
    if prefersOwn, let own { return own }
    let meaning: Crossing.Meaning? =
      switch role {
      case .output: try crossing?.node(ofOutput: recorded)
      case .node: try crossing?.node(ofModule: recorded)
      default: try crossing?.attention(ofModule: recorded)
      }
    return meaning ?? own
  }

  /// The numbers in the graph of the values that a match is made of, in its order.
  func values(of match: Match) -> [Int] {
    match.isOutput ? [match.value] : match.names.compactMap { values[$0] }
  }

  private func makesTable(_ value: Int) -> Bool {
    let index = value - architecture.inputs.count
    return architecture.nodes.indices.contains(index)
      && architecture.nodes[index].attention != nil
  }

  private mutating func ignore(_ name: String, _ reason: String) {
    if let index = ignored.firstIndex(where: { $0.reason == reason }) {
      ignored[index].names.append(name)
    } else {
      ignored.append((reason, [name]))
    }
  }
}

/// What a recorded value is.
enum TraceRole: String {
  case input, attention, node, output

  /// The group of a trace's file in which such values are.
  var group: String {
    switch self {
    case .input: TraceFormat.inputs
    case .attention: TraceFormat.attention
    case .node: TraceFormat.nodes
    case .output: TraceFormat.outputs
    }
  }

  /// What comes first of what one node makes.
  var rank: Int {
    switch self {
    case .input: 0
    case .attention: 1
    case .node: 2
    case .output: 3
    }
  }

  /// The values of this role.
  func table(of trace: Trace) -> TensorTable {
    switch self {
    case .input: trace.inputs
    case .attention: trace.attention
    case .node: trace.nodes
    case .output: trace.outputs
    }
  }
}
