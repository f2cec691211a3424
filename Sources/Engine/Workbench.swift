public import Architectures
public import Diagnostics
public import Tensors

/// A run of which all values are kept, so that what follows from a change is computed alone.
public struct Workbench {
  private let bench: any Bench

  /// Runs a model once and keeps everything.
  ///
  /// - Parameters:
  ///   - inputs: tensors by input name.
  ///   - replacements: what nodes see in place of what others made.
  /// - Throws: as ``Model/run(_:capture:replacing:observer:)``.
  public init(_ model: Model, _ inputs: TensorTable, replacing replacements: Replacements)
    throws(CrosswalkError)
  {
    bench = try model.bench(inputs, replacing: replacements)
  }

  /// What a change makes of the nodes that it reaches: those that are changed, and those that come
  /// after them without a replacement between.
  ///
  /// - Returns: of the nodes and outputs that were computed again, those that are wanted by name,
  ///   with their attention tables.
  /// - Throws: `unsupported` where a node in a block of steps is reached, or whatever a changed node
  ///   meets.
  public func run(_ change: GraphChange, capture names: Set<String>) throws(CrosswalkError) -> Trace
  {
    try bench.run(change, capture: names)
  }

  /// What a value was as those after it saw it; nil for ids, and for what was not computed.
  public func value(_ value: Int) throws(CrosswalkError) -> StoredTensor? {
    try bench.value(value)
  }

  /// The shape of a value; nil for what was not computed.
  public func shape(of value: Int) -> [Int]? { bench.shape(of: value) }
}

/// Nodes that do something else, and parameters that are something else.
public struct GraphChange: Sendable {
  /// Changed nodes, by their place in the architecture.
  public var nodes: [Int: Node] = [:]
  /// Changed parameters, by name.
  public var parameters: [String: StoredTensor] = [:]

  /// Nothing is changed.
  public init(nodes: [Int: Node] = [:], parameters: [String: StoredTensor] = [:]) {
    self.nodes = nodes
    self.parameters = parameters
  }

  /// Both changes.
  public func merging(_ other: GraphChange) -> GraphChange {
    GraphChange(
      nodes: nodes.merging(other.nodes) { $1 },
      parameters: parameters.merging(other.parameters) { $1 })
  }
}

/// A workbench in either precision.
protocol Bench {
  func run(_ change: GraphChange, capture names: Set<String>) throws(CrosswalkError) -> Trace
  func value(_ value: Int) throws(CrosswalkError) -> StoredTensor?
  func shape(of value: Int) -> [Int]?
}

/// All values of one pass.
struct KeptPass<S: Scalar>: Bench {
  let architecture: Architecture
  let parameters: [String: Tensor<S>]
  let replacements: Replacements
  let values: [Int: Value<S>]

  func value(_ value: Int) throws(CrosswalkError) -> StoredTensor? {
    guard case .floating? = values[value] else { return nil }
    return try values[value]?.stored()
  }

  func shape(of value: Int) -> [Int]? { values[value]?.shape }

  func run(_ change: GraphChange, capture names: Set<String>) throws(CrosswalkError) -> Trace {
    var again = Again(pass: self, change: change, names: names)
    for (name, tensor) in change.parameters { again.parameters[name] = try Tensor(reading: tensor) }
    try again.run()
    return again.trace
  }
}

/// What is computed once more after a change.
private struct Again<S: Scalar> {
  let pass: KeptPass<S>
  let change: GraphChange
  let names: Set<String>
  var parameters: [String: Tensor<S>]
  var trace = Trace()
  private var values: [Int: Value<S>]
  private var reached: Set<Int> = []
  private var made: [Int: Value<S>] = [:]
  private let memory = Memory()

  init(pass: KeptPass<S>, change: GraphChange, names: Set<String>) {
    self.pass = pass
    self.change = change
    self.names = names
    parameters = pass.parameters
    values = pass.values
  }

  mutating func run() throws(CrosswalkError) {
    let (architecture, first) = (pass.architecture, pass.architecture.inputs.count)
    let blocks = Dictionary(grouping: architecture.blocks) { $0.value }
    for position in architecture.nodes.indices where isReached(position) {
      if architecture.loops.contains(where: { $0.nodes.contains(position) }) {
        throw CrosswalkError(
          .unsupported, "what is in a block of steps is not computed again by itself",
          at: Place(.node(architecture.nodes[position].name)))
      }
      try compute(position)
      guard let value = made[position + first] else { continue }
      let own = architecture.nodes[position].name
      for name in [own] + (blocks[position + first] ?? []).map(\.name) where names.contains(name) {
        try trace.nodes.append(name, value.stored())
      }
    }
    for (name, value) in architecture.outputs {
      if let value = made[value] { try trace.outputs.append(name, value.stored()) }
    }
  }

  private func isReached(_ position: Int) -> Bool {
    if change.nodes[position] != nil { return true }
    let node = pass.architecture.nodes[position]
    if node.operation is FurtherOutput {
      return reached.contains(node.arguments["input"]?.first ?? -1)
    }
    return node.arguments.values.joined().contains(where: reached.contains)
      || node.parameters.contains { change.parameters[$0.name] != nil }
  }

  private mutating func compute(_ position: Int) throws(CrosswalkError) {
    let value = position + pass.architecture.inputs.count
    let node = change.nodes[position] ?? pass.architecture.nodes[position]
    if !(node.operation is FurtherOutput) {
      guard let outcome = try outcome(of: node, at: position) else { return }
      made[value] = outcome.value
      for (place, other) in outcome.others.enumerated() { made[value + 1 + place] = other }
      if let table = outcome.attention, names.contains(node.name) {
        try trace.attention.append(node.name, table.stored())
      }
    }
    guard let own = made[value] else { return }
    if let recorded = pass.replacements.values[value], try own.replaced(by: recorded) != nil {
      return
    }
    values[value] = own
    reached.insert(value)
  }

  private func outcome(of node: Node, at position: Int) throws(CrosswalkError) -> Outcome<S>? {
    var arguments: [String: [Value<S>]] = [:]
    for role in node.roles {
      let found = (node.arguments[role.name] ?? []).compactMap { values[$0] }
      if role.arity != .optional, found.isEmpty { return nil }
      arguments[role.name] = found
    }
    if let (role, recorded) = pass.replacements.arguments[position], change.nodes[position] == nil,
      let made = arguments[role]?.first, let other = try made.replaced(by: recorded)
    {
      arguments[role]?[0] = other
    }
    return try node.run(
      arguments, parameters, memory, wantsAttention: names.contains(node.name))
  }
}
