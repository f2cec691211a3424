import Documents
public import Architectures
public import Diagnostics
public import Tensors

/// A precision in which a model can run.
public enum Precision: String, Sendable, CaseIterable {
  /// binary32.
  case float32
  /// binary64: the exact answer for these weights, as far as anyone needs it.
  case float64
}

/// An architecture with its parameters in memory, ready to run.
public struct Model: Sendable {
  /// The graph.
  public let architecture: Architecture
  /// The precision it runs in.
  public let precision: Precision
  private let engine: any Runner

  /// Loads every parameter.
  ///
  /// - Parameter parameters: gives the tensor of a parameter's name.
  /// - Throws: `missingTensor`, `wrongShape`, `wrongDType`, or whatever reading meets.
  public init(
    _ architecture: Architecture, precision: Precision = .float32,
    observer: any Observer = Silence(),
    parameters: (String) throws(CrosswalkError) -> StoredTensor
  ) throws(CrosswalkError) {
    self.architecture = architecture
    self.precision = precision
    engine =
      switch precision {
      case .float32:
        try Executor<Float>(architecture, observer: observer, parameters: parameters)
      case .float64:
        try Executor<Double>(architecture, observer: observer, parameters: parameters)
      }
  }

  /// Runs the graph once.
  ///
  /// - Parameters:
  ///   - inputs: tensors by input name.
  ///   - capture: which nodes are kept beside the outputs.
  ///   - replacements: what nodes see in place of what others made.
  /// - Returns: the trace, its outputs in the run's precision.
  /// - Throws: `invalidInput` for an input that is missing, unknown or does not fit.
  public func run(
    _ inputs: TensorTable, capture: CaptureSelection = .outputs,
    replacing replacements: Replacements = Replacements(), observer: any Observer = Silence()
  ) throws(CrosswalkError) -> Trace {
    var trace = try engine.run(
      inputs, capture: capture, replacing: replacements, observer: observer)
    trace.metadata["precision"] = .string(precision.rawValue)
    return trace
  }

  /// A run of which all values are kept.
  func bench(_ inputs: TensorTable, replacing: Replacements) throws(CrosswalkError) -> any Bench {
    try engine.bench(inputs, replacing: replacing)
  }

  /// A run that goes on.
  func grown(from start: GrowingStart) throws(CrosswalkError) -> any GrowingRunner {
    try engine.grown(from: start)
  }
}

/// An executor of either precision.
protocol Runner: Sendable {
  func bench(_ inputs: TensorTable, replacing: Replacements) throws(CrosswalkError) -> any Bench
  func grown(from start: GrowingStart) throws(CrosswalkError) -> any GrowingRunner
  func run(
    _ inputs: TensorTable, capture: CaptureSelection, replacing: Replacements,
    observer: any Observer
  ) throws(CrosswalkError) -> Trace
}
