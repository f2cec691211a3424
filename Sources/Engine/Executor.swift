import Architectures
import Diagnostics
import Tensors

/// Runs nodes in order, frees what no later node needs, hands over what is captured.
struct Executor<S: Scalar>: Runner {
  private let architecture: Architecture
  private let parameters: [String: Tensor<S>]
  /// For each node, the values that are used there for the last time.
  private let expiring: [[Int]]

  init(
    _ architecture: Architecture, observer: any Observer,
    parameters source: (String) throws(CrosswalkError) -> StoredTensor
  ) throws(CrosswalkError) {
    self.architecture = architecture
    expiring = Self.lastUses(architecture)
    observer.observe(
      .began(activity: "Loading", total: architecture.parameters.count, unit: .items))
    var loaded: [String: Tensor<S>] = [:]
    for parameter in architecture.parameters {
      loaded[parameter.name] = try Self.load(source(parameter.name), as: parameter)
      observer.observe(.advanced(by: 1, item: parameter.name))
    }
    parameters = loaded
    observer.observe(.finished)
  }

  private static func load(_ tensor: StoredTensor, as parameter: Parameter) throws(CrosswalkError)
    -> Tensor<S>
  {
    guard tensor.shape == parameter.shape else {
      throw CrosswalkError(
        .wrongShape, "a parameter of another shape", at: Place(.tensor(parameter.name)),
        expected: "\(parameter.shape)", found: "\(tensor.shape)")
    }
    guard tensor.dtype.isFloating else {
      throw CrosswalkError(
        .wrongDType, "a parameter that is not floating point", at: Place(.tensor(parameter.name)),
        expected: "f32, f16, bf16, …", found: tensor.dtype.rawValue)
    }
    return try Tensor(reading: tensor)
  }

  private static func lastUses(_ architecture: Architecture) -> [[Int]] {
    let kept = Set(architecture.outputs.map(\.value))
    var last: [Int: Int] = [:]
    for (position, node) in architecture.nodes.enumerated() {
      last[position + architecture.inputs.count] = position
      for value in node.arguments.values.joined() { last[value] = position }
    }
    var expiring = [[Int]](repeating: [], count: architecture.nodes.count)
    for (value, position) in last where !kept.contains(value) { expiring[position].append(value) }
    return expiring
  }

  func run(_ inputs: TensorTable, capture: CaptureSelection, observer: any Observer)
    throws(CrosswalkError) -> Trace
  {
    var trace = Trace()
    trace.inputs = inputs
    var values: [Int: Value<S>] = try InputReader(architecture, inputs).read()
    let blocks = Dictionary(
      architecture.blocks.map { ($0.value, [$0.name]) }, uniquingKeysWith: { $1 + $0 })
    let memory = Memory()
    observer.observe(.began(activity: "Running", total: architecture.nodes.count, unit: .items))
    for (position, node) in architecture.nodes.enumerated() {
      if Task.isCancelled { throw CrosswalkError(.cancelled, "the run was cancelled") }
      let value = position + architecture.inputs.count
      let outcome =
        node.operation is FurtherOutput
        ? values[value].map(Outcome.init)
        : try run(node, values, memory, wantsAttention: capture.includes(node.name))
      if let outcome {
        values[value] = outcome.value
        for (place, other) in outcome.others.enumerated() { values[value + 1 + place] = other }
        for name in [node.name] + (blocks[value] ?? []) where capture.includes(name) {
          try trace.nodes.append(name, outcome.value.stored())
        }
        if let table = outcome.attention { try trace.attention.append(node.name, table.stored()) }
      }
      for expired in expiring[position] { values[expired] = nil }
      observer.observe(.advanced(by: 1, item: node.name))
    }
    for (name, value) in architecture.outputs {
      if let output = values[value] { try trace.outputs.append(name, output.stored()) }
    }
    observer.observe(.finished)
    return trace
  }

  /// Runs a node; nil when an input that may be absent is, and the node needs it.
  private func run(
    _ node: Node, _ values: [Int: Value<S>], _ memory: Memory, wantsAttention: Bool
  ) throws(CrosswalkError) -> Outcome<S>? {
    var arguments: [String: [Value<S>]] = [:]
    for role in node.roles {
      let wanted = node.arguments[role.name] ?? []
      let found = wanted.compactMap { values[$0] }
      if role.arity != .optional, found.isEmpty { return nil }
      arguments[role.name] = found
    }
    var own: [String: Tensor<S>] = [:]
    for (role, name) in node.parameters { own[role] = parameters[name] }
    let call = Call(
      arguments: arguments, parameters: own, wantsAttention: wantsAttention, memory: memory)
    guard let operation = node.operation as? any Executable else {
      throw CrosswalkError(
        .unsupported, "the engine cannot run '\(node.operationName)'", at: Place(.node(node.name)))
    }
    do throws(CrosswalkError) {
      return try operation.run(call)
    } catch {
      throw error.inside(.node(node.name))
    }
  }
}

extension Tensor where Element: Scalar {
  /// Reads a stored tensor of numbers into this precision.
  init(reading tensor: StoredTensor) throws(CrosswalkError) {
    try self.init(shape: tensor.shape)
    let converted = try tensor.cast(to: Element.dtype)
    try converted.read(0..<count, into: UnsafeMutableRawBufferPointer(elements))
  }
}
