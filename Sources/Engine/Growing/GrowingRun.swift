import Architectures
public import Diagnostics
public import Tensors

/// A run whose inputs grow, place by place, as when tokens are generated.
///
/// What does not depend on the growing inputs is computed once. Of the rest only what is new is
/// computed, with what attention needs of the places before kept, wherever the graph shows that
/// earlier places never change; else everything is computed anew each time.
public final class GrowingRun {
  private let runner: any GrowingRunner

  /// Prepares a run; nothing is computed yet.
  ///
  /// - Parameters:
  ///   - inputs: the first places of what grows, and all else, by input name.
  ///   - growing: the name of an input (batch, sequence); whatever else has an axis of the same
  ///     name as its second grows too.
  ///   - output: the name of the output, (batch, sequence, width) or (batch, width).
  ///   - capacity: how long the sequence is expected to become.
  ///   - usesCache: whether only what is new may be computed.
  /// - Throws: `invalidInput` for inputs that do not fit or cannot grow.
  public init(
    _ model: Model, inputs: TensorTable, growing: String, output: String, capacity: Int,
    usesCache: Bool = true
  ) throws(CrosswalkError) {
    let start = try GrowingStart(
      model.architecture, inputs: inputs, growing: growing, output: output, capacity: capacity,
      isIncremental: usesCache)
    runner = try model.grown(from: start)
  }

  /// Whether only what is new is computed.
  public var isIncremental: Bool { runner.isIncremental }

  /// Whether rows of the batch can be selected by ``select(_:of:)``.
  public var canSelect: Bool { runner.canSelect }

  /// Runs what is new, and gives the output at the last place, row after row.
  public func last() throws(CrosswalkError) -> (rows: Int, width: Int, numbers: [Float]) {
    try runner.last()
  }

  /// Adds a place: for each growing input, an id for each row of the batch.
  ///
  /// - Throws: `invalidInput` where one is missing.
  public func grow(_ columns: [String: [Int]]) throws(CrosswalkError) { try runner.grow(columns) }

  /// Makes the rows of the batch, of which there are `count`, those of the given numbers.
  public func select(_ rows: [Int], of count: Int) throws(CrosswalkError) {
    try runner.select(rows, of: count)
  }
}

/// A growing run in either precision.
protocol GrowingRunner: AnyObject {
  var isIncremental: Bool { get }
  var canSelect: Bool { get }
  func last() throws(CrosswalkError) -> (rows: Int, width: Int, numbers: [Float])
  func grow(_ columns: [String: [Int]]) throws(CrosswalkError)
  func select(_ rows: [Int], of count: Int) throws(CrosswalkError)
}

/// What a growing run begins with.
struct GrowingStart {
  let inputs: TensorTable
  /// The inputs that grow, each along an axis.
  let growing: [Int: Int]
  /// The value that is asked for.
  let output: Int
  let capacity: Int
  let isIncremental: Bool

  init(
    _ architecture: Architecture, inputs: TensorTable, growing: String, output: String,
    capacity: Int, isIncremental: Bool
  ) throws(CrosswalkError) {
    guard let input = architecture.inputs.first(where: { $0.name == growing }),
      input.type.axes.count == 2, input.type.element == .integer,
      input.type.axes.allSatisfy({ $0.extent == nil })
    else {
      throw CrosswalkError(
        .unsupported, "the model has no input of ids that could grow", at: Place(.tensor(growing)),
        expected: "integers of axes batch, sequence",
        found: architecture.inputs.map { "\($0.name) (\($0.type.summary))" }.joined(separator: ", ")
      )
    }
    guard let output = architecture.outputs.first(where: { $0.name == output })?.value else {
      throw CrosswalkError(
        .unsupported, "the model has no output '\(output)'",
        remedy: "its outputs: \(architecture.outputs.map(\.name).joined(separator: ", "))")
    }
    var axes: [Int: Int] = [:]
    for (position, other) in architecture.inputs.enumerated() {
      guard other.type.axes.contains(where: { $0.name == input.type.axes[1].name }) else {
        continue
      }
      guard other.type.axes.map(\.name) == input.type.axes.map(\.name),
        other.type.element != .floating
      else {
        if inputs[other.name] == nil, other.absence == .allowed { continue }
        throw CrosswalkError(
          .unsupported, "an input that would have to grow, and is no ids",
          at: Place(.tensor(other.name)), expected: input.type.summary, found: other.type.summary)
      }
      axes[position] = 1
    }
    self.inputs = inputs
    self.growing = axes
    self.output = output
    self.capacity = capacity
    self.isIncremental = isIncremental
  }
}
