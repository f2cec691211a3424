import Architectures
import Diagnostics
import Engine
import Reports
import Tensors

/// What was recorded, our values beside it with each node judged by itself, and the means to see what
/// a change makes of them.
struct Evidence {
  let architecture: Architecture
  let parameters: TensorTable
  let bench: Workbench
  /// The recorded values with which ours are compared, in graph order.
  let rows: [Row]
  private let base: Trace
  private let captured: Set<String>
  private let recorded: [Int: Replacements.Recorded]
  /// By which name the trace has a value, and whether as an output.
  private let names: [Int: (isOutput: Bool, name: String)]

  /// The nodes that use each parameter.
  private let users: [String: [Int]]

  /// A recorded value.
  struct Row {
    let match: TraceMatching.Match
    /// What was recorded, in its best precision.
    let recorded: StoredTensor
    /// The relative RMS of the difference, with what was recorded flowing in.
    let error: Double
    /// How large that may be.
    let limit: Double
    /// The nodes that make it from what was recorded.
    let suspects: [Int]

    var fails: Bool { !(error <= limit) }
  }

  /// Errors below this are rounding, and say nothing: those of float64, or of float32.
  let floor: Double
  /// Errors below this come of weights that are known to be rounded; 0 where they are not.
  let rounding: Double

  /// Runs the model with what was recorded in place of what its nodes make.
  ///
  /// - Parameters:
  ///   - parameters: the model's.
  ///   - rounding: what the rounding of weights leaves, where that is known.
  ///   - report: the comparison of all rows, each by itself too: the verdicts that are to change.
  init(
    _ model: Model, _ parameters: TensorTable, _ matching: TraceMatching, _ fixture: Fixture,
    inputs: TensorTable, report: DifferenceReport, rounding: Double = 0
  ) throws(CrosswalkError) {
    let isExact = model.precision == .float64 && fixture.exact != nil
    let trace = isExact ? fixture.exact ?? fixture.trace : fixture.trace
    architecture = model.architecture
    self.parameters = parameters
    self.rounding = rounding
    floor = isExact ? 1e-12 : 5e-7
    let isolation = Isolation(matching, trace, model.architecture)
    bench = try Workbench(model, inputs, replacing: isolation.replacements)
    captured = matching.captured
    users = Self.users(of: model.architecture)
    recorded = isolation.replacements.values
    var names: [Int: (isOutput: Bool, name: String)] = [:]
    for match in matching.matches where match.role != .attention {
      for (value, name) in zip(matching.values(of: match), match.names) where names[value] == nil {
        names[value] = (match.isOutput, name)
      }
    }
    self.names = names
    base = try model.run(
      inputs, capture: .named(matching.captured), replacing: isolation.replacements)
    var rows: [Row] = []
    for match in matching.matches {
      let table = match.role.table
      guard let stored = table(trace)[match.recorded] ?? table(fixture.trace)[match.recorded],
        stored.dtype.isFloating
      else { continue }
      let recorded = try StoredTensor(stored.doubles(), shape: stored.shape)
      let error = try Self.error(match, base, recorded, model.architecture)
      let judged = report.rows.first {
        $0.counterpart ?? $0.name == match.recorded && $0.role == match.role.rawValue
      }?.isolated
      let limit = judged?.tolerance?.relativeRMS ?? 1e-6
      // What rounding explains needs no other cause, and tells of none.
      let isRounded = judged?.precision?.isRounded ?? false
      let fails = !(judged?.verdict.passes ?? true) && !isRounded
      rows.append(
        Row(
          match: match, recorded: recorded, error: error,
          limit: fails
            ? max(min(limit, error / 10), rounding) : isRounded ? max(limit, 2 * error) : limit,
          suspects: isolation.places(to: matching.values(of: match), in: model.architecture)))
    }
    self.rows = rows
  }

  /// What a healthy model's audit needs: the model and a run of it, with nothing in place of what its
  /// nodes make.
  init(auditing model: Model, _ parameters: TensorTable, inputs: TensorTable)
    throws(CrosswalkError)
  {
    architecture = model.architecture
    self.parameters = parameters
    bench = try Workbench(model, inputs, replacing: Replacements())
    (rows, base, captured, recorded, names) = ([], Trace(), [], [:], [:])
    (floor, rounding) = (5e-7, 0)
    users = Self.users(of: model.architecture)
  }

  private static func users(of architecture: Architecture) -> [String: [Int]] {
    architecture.nodes.enumerated().reduce(into: [:]) { users, node in
      for (_, name) in node.element.parameters { users[name, default: []].append(node.offset) }
    }
  }

  /// The errors after a change of the rows that it reaches, by their numbers.
  ///
  /// - Parameter known: what is changed besides; only what makes the same rows is computed again.
  /// - Throws: whatever a changed node meets.
  func errors(after change: GraphChange, beside known: GraphChange = GraphChange())
    throws(CrosswalkError) -> [Int: Double]
  {
    let changed = nodes(of: change)
    let near = rows.filter { !changed.isDisjoint(with: $0.suspects) }
      .reduce(into: Set<Int>()) { $0.formUnion($1.suspects) }
    return try errorsOfAll(after: part(of: known, making: near).merging(change))
  }

  /// The error of one row after a change.
  func error(of number: Int, after change: GraphChange) throws(CrosswalkError) -> Double? {
    try errorsOfAll(after: part(of: change, making: Set(rows[number].suspects)))[number]
  }

  /// The places of the nodes that a change is about.
  private func nodes(of change: GraphChange) -> Set<Int> {
    change.parameters.keys.reduce(into: Set(change.nodes.keys)) { $0.formUnion(users[$1] ?? []) }
  }

  private func part(of change: GraphChange, making nodes: Set<Int>) -> GraphChange {
    GraphChange(
      nodes: change.nodes.filter { nodes.contains($0.key) },
      parameters: change.parameters.filter { !nodes.isDisjoint(with: users[$0.key] ?? []) })
  }

  private func errorsOfAll(after change: GraphChange) throws(CrosswalkError) -> [Int: Double] {
    let again = try bench.run(change, capture: captured)
    var errors: [Int: Double] = [:]
    for (number, row) in rows.enumerated() {
      guard let trace = row.match.merged(again, base) else { continue }
      errors[number] = try Self.error(row.match, trace, row.recorded, architecture)
    }
    return errors
  }

  /// What a node made of what was recorded, and what was recorded in its place, as ours is laid out;
  /// nil where its output was not recorded.
  func outputs(of node: Int) throws(CrosswalkError) -> (made: StoredTensor, recorded: StoredTensor)?
  {
    let value = node + architecture.inputs.count
    guard let (isOutput, name) = names[value] else { return nil }
    guard let made = (isOutput ? base.outputs : base.nodes)[name],
      let recorded = try recorded[value]?.tensor(made.shape), recorded.shape == made.shape
    else { return nil }
    return (made, recorded)
  }

  /// The relative RMS of the difference; infinite where the values cannot be compared.
  private static func error(
    _ match: TraceMatching.Match, _ trace: Trace, _ recorded: StoredTensor,
    _ architecture: Architecture
  ) throws(CrosswalkError) -> Double {
    guard let ours = try match.arranged(trace, as: recorded.shape, architecture).tensor,
      ours.shape == recorded.shape
    else { return .infinity }
    let distance = try Distance(of: ours, from: recorded)
    return distance.nonFinite > 0 ? .infinity : distance.relativeRMS
  }
}

extension TraceMatching.Match {
  /// The values, those computed again in place of those that were there; nil where none was.
  func merged(_ again: Trace, _ base: Trace) -> Trace? {
    let role = isOutput ? TraceRole.output : role == .output ? .node : role
    let (new, old) = (role.table(of: again), role.table(of: base))
    guard names.contains(where: { new[$0] != nil }) else { return nil }
    var table = TensorTable()
    for name in names {
      // The names of a match are distinct.
      if let tensor = new[name] ?? old[name] { try? table.append(name, tensor) }
    }
    var trace = Trace()
    switch role {
    case .attention: trace.attention = table
    case .output: trace.outputs = table
    default: trace.nodes = table
    }
    return trace
  }
}
