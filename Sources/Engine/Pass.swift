import Architectures
import Diagnostics
import Tensors

/// One pass: runs nodes in order, frees what no later node needs, hands over what is captured.
struct Pass<S: Scalar> {
  var trace = Trace()
  private let architecture: Architecture
  private let schedule: Schedule
  private let parameters: [String: Tensor<S>]
  private let capture: CaptureSelection
  private let observer: any Observer
  private let replacements: Replacements
  private let memory = Memory()
  /// Whether values stay when no later node needs them.
  private let keepsAll: Bool
  /// The names of blocks, by the value that they put out.
  private let blocks: [Int: [String]]
  private(set) var values: [Int: Value<S>]
  private var tables: [Int: Tensor<S>] = [:]
  /// The outputs of the graph that were replaced, as they were made.
  private var replaced: [Int: Value<S>] = [:]

  init(
    _ architecture: Architecture, _ schedule: Schedule, _ parameters: [String: Tensor<S>],
    _ capture: CaptureSelection, _ observer: any Observer, values: [Int: Value<S>],
    replacements: Replacements = Replacements(), keepsAll: Bool = false
  ) {
    self.architecture = architecture
    self.schedule = schedule
    self.parameters = parameters
    self.capture = capture
    self.observer = observer
    self.values = values
    self.replacements = replacements
    self.keepsAll = keepsAll
    blocks = Dictionary(
      architecture.blocks.map { ($0.value, [$0.name]) }, uniquingKeysWith: { $1 + $0 })
  }

  mutating func run() throws(CrosswalkError) {
    try run(architecture.nodes.indices, in: nil, keeping: [])
    for (name, value) in architecture.outputs {
      if let output = replaced[value] ?? values[value] {
        try trace.outputs.append(name, output.stored())
      }
    }
  }

  /// Runs nodes of the whole, or of one step of a loop, which keeps some of its values.
  private mutating func run(_ nodes: Range<Int>, in loop: Int?, keeping kept: Set<Int>)
    throws(CrosswalkError)
  {
    let inner = schedule.inner[loop ?? architecture.loops.count]
    var position = nodes.lowerBound
    while position < nodes.upperBound {
      let finished: Range<Int>
      if let inner = inner[position] {
        try runLoop(inner)
        finished = architecture.loops[inner].nodes
        if loop == nil { for position in finished { try record(position) } }
        for value in schedule.expiringAfter[inner] where !keepsAll && !kept.contains(value) {
          values[value] = nil
        }
      } else {
        try runNode(position)
        finished = position..<(position + 1)
        if loop == nil { try record(position) }
      }
      for position in finished {
        if loop == nil { try replace(position) }
        for value in schedule.expiring[position] where !keepsAll && !kept.contains(value) {
          values[value] = nil
        }
        if loop == nil {
          tables[position] = nil
          observer.observe(.advanced(by: 1, item: architecture.nodes[position].name))
        }
      }
      position = finished.upperBound
    }
  }

  private mutating func runNode(_ position: Int) throws(CrosswalkError) {
    if Task.isCancelled { throw CrosswalkError(.cancelled, "the run was cancelled") }
    let node = architecture.nodes[position]
    let value = position + architecture.inputs.count
    guard !(node.operation is FurtherOutput), let outcome = try outcome(of: node, at: position)
    else { return }
    values[value] = outcome.value
    for (place, other) in outcome.others.enumerated() { values[value + 1 + place] = other }
    tables[position] = outcome.attention
  }

  /// What a node makes; nil when an input that may be absent is, and the node needs it.
  private func outcome(of node: Node, at position: Int) throws(CrosswalkError) -> Outcome<S>? {
    var arguments: [String: [Value<S>]] = [:]
    for role in node.roles {
      let wanted = node.arguments[role.name] ?? []
      let found = wanted.compactMap { values[$0] }
      if role.arity != .optional, found.isEmpty { return nil }
      arguments[role.name] = found
    }
    if let (role, recorded) = replacements.arguments[position],
      let made = arguments[role]?.first, let other = try made.replaced(by: recorded)
    {
      arguments[role]?[0] = other
    }
    return try node.run(
      arguments, parameters, memory, wantsAttention: capture.includes(node.name))
  }

  /// Hands over what a node made, if someone wants it.
  private mutating func record(_ position: Int) throws(CrosswalkError) {
    let name = architecture.nodes[position].name
    let value = position + architecture.inputs.count
    if let made = values[value] {
      for name in [name] + (blocks[value] ?? []) where capture.includes(name) {
        try trace.nodes.append(name, made.stored())
      }
    }
    if let table = tables[position] { try trace.attention.append(name, table.stored()) }
  }
}

// MARK: Replacements

extension Pass {
  /// Puts what was recorded in place of what a node made, for all that come after it.
  private mutating func replace(_ position: Int) throws(CrosswalkError) {
    let value = position + architecture.inputs.count
    guard let recorded = replacements.values[value], let made = values[value],
      let other = try made.replaced(by: recorded)
    else { return }
    if architecture.outputs.contains(where: { $0.value == value }) { replaced[value] = made }
    values[value] = other
  }
}

extension Value {
  /// What was recorded in place of this, if it is numbers of the same shape.
  func replaced(by recorded: Replacements.Recorded) throws(CrosswalkError) -> Value? {
    guard case .floating(let made) = self, let tensor = try recorded.tensor(made.shape),
      tensor.shape == made.shape, tensor.dtype.isFloating
    else { return nil }
    return .floating(try Tensor(reading: tensor))
  }
}

// MARK: Loops

extension Pass {
  /// What a loop gives to the outside.
  mutating func values(ofLoop index: Int) throws(CrosswalkError) -> [Int: Value<S>] {
    try runLoop(index)
    let first = architecture.inputs.count
    return values.filter { architecture.loops[index].nodes.contains($0.key - first) }
  }

  /// Runs the steps of a loop and leaves what they made, joined; nothing where what it goes along,
  /// or begins with, is absent.
  private mutating func runLoop(_ index: Int) throws(CrosswalkError) {
    let loop = architecture.loops[index]
    do throws(CrosswalkError) {
      guard var steps = try LoopSteps(loop, architecture, values) else { return }
      let first = architecture.inputs.count
      let kept = Set(loop.nodes.filter(isWanted).map { $0 + first }).union(schedule.given[index])
      let body = steps.body
      let needed = kept.union(loop.carried.map(\.next))
      for step in steps.order {
        try steps.enter(step, &values)
        try run(body, in: index, keeping: needed)
        try steps.leave(kept, &values, &tables)
      }
      try steps.finish(kept, &values, &tables)
    } catch { throw error.inside(.node(loop.name)) }
  }

  /// Whether someone wants what a node makes, for itself.
  private func isWanted(_ position: Int) -> Bool {
    let value = position + architecture.inputs.count
    return ([architecture.nodes[position].name] + (blocks[value] ?? [])).contains(
      where: capture.includes)
  }
}
