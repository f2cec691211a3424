import Architectures
import Diagnostics
import Tensors

/// An architecture with its parameters in one precision, ready for passes through it.
struct Executor<S: Scalar>: Runner {
  let architecture: Architecture
  let parameters: [String: Tensor<S>]
  let schedule: Schedule

  init(
    _ architecture: Architecture, observer: any Observer,
    parameters source: (String) throws(CrosswalkError) -> StoredTensor
  ) throws(CrosswalkError) {
    self.architecture = architecture
    schedule = Schedule(architecture)
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

  func run(
    _ inputs: TensorTable, capture: CaptureSelection, replacing: Replacements,
    observer: any Observer
  ) throws(CrosswalkError) -> Trace {
    var pass = Pass(
      architecture, schedule, parameters, capture, observer,
      values: try InputReader(architecture, inputs).read(), replacements: replacing)
    pass.trace.inputs = inputs
    observer.observe(.began(activity: "Running", total: architecture.nodes.count, unit: .items))
    try pass.run()
    observer.observe(.finished)
    return pass.trace
  }

  func bench(_ inputs: TensorTable, replacing: Replacements) throws(CrosswalkError) -> any Bench {
    var pass = Pass(
      architecture, schedule, parameters, .outputs, Silence(),
      values: try InputReader(architecture, inputs).read(), replacements: replacing, keepsAll: true)
    try pass.run()
    return KeptPass(
      architecture: architecture, parameters: parameters, replacements: replacing,
      values: pass.values)
  }

  func grown(from start: GrowingStart) throws(CrosswalkError) -> any GrowingRunner {
    try GrowingExecutor(self, start)
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
