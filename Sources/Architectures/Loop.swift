public import Diagnostics

/// Nodes that run once for each step of a sequence, what each step makes flowing into the next.
///
/// Inside, every value is one step's. Outside, a node's value is that of all steps, joined along
/// the axis of steps; a value without such an axis is the last step's.
public struct Loop: Sendable {
  /// The block's name.
  public let name: String
  /// The positions of its nodes; the first are ``StepInput``s and ``CarriedState``s.
  public let nodes: Range<Int>
  /// What is carried: the number of its value, and of that which takes its place in the next step.
  public let carried: [(value: Int, next: Int)]
  /// How many steps there are, where no sequence says so.
  public let count: Int?
  /// Which step comes first.
  public let direction: Recurrent.Direction
  /// For each position in `nodes`, the axis along which the steps of its output are joined.
  public let joins: [Int?]
  /// For each position in `nodes`, what is known of one step's output.
  public let stepTypes: [TensorType]
}

/// One step of a sequence, inside a block of steps.
///
/// It stands in no architecture's JSON: `steps` brings it.
public struct StepInput: Operation {
  /// `step`.
  public static let name = "step"
  /// What it is.
  public static let summary = "one step of a sequence, in a block of steps"
  /// `input`: the sequence (batch, steps, …).
  public static let roles: [Role] = [.one("input")]

  init() {}

  /// Is not read.
  public init(_ settings: inout Settings) throws(CrosswalkError) {}

  /// The input's type, of one step.
  public func signature(_ inputs: InputTypes) throws(CrosswalkError) -> Signature {
    var type = try inputs.one("input")
    guard type.axes.count >= 2 else {
      throw CrosswalkError(
        .wrongShape, "steps go along the second axis", expected: "axes batch, steps, …",
        found: type.summary)
    }
    type.axes[1].extent = 1
    return Signature(type)
  }
}

/// What one step of a block gives to the next.
///
/// It stands in no architecture's JSON: a block of `steps` brings it. Outside of the block it is
/// what the last step gave.
public struct CarriedState: Operation {
  /// `carried`.
  public static let name = "carried"
  /// What it is.
  public static let summary = "what the step before gave, in a block of steps"
  /// `steps`: whose steps they are; `input`: what the first step is given.
  public static let roles: [Role] = [.many(whose), .one("input")]
  static let whose = "steps"

  init() {}

  /// Is not read.
  public init(_ settings: inout Settings) throws(CrosswalkError) {}

  /// The type of what the first step is given.
  public func signature(_ inputs: InputTypes) throws(CrosswalkError) -> Signature {
    Signature(try inputs.one("input"))
  }
}
