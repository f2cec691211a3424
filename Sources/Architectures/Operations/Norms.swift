public import Diagnostics

/// Layer normalisation (Ba 2016) over the last axis, or over equal parts of it.
public struct LayerNorm: Operation {
  /// `layer_norm`.
  public static let name = "layer_norm"
  /// What it does.
  public static let summary =
    "(x - mean) / sqrt(variance + epsilon) × weight + bias on the last axis, or over the deviation"
  /// `input`.
  public static let roles: [Role] = [.one("input")]
  /// What is added to the variance, or to the deviation.
  public let epsilon: Double
  /// What distances from the mean are divided by.
  public let spread: Spread
  /// The equal parts of the last axis, each normalised by itself.
  public let parts: NormParts
  /// Whether there is a weight.
  public let weight: Bool
  /// Whether there is a bias.
  public let bias: Bool

  /// What distances from the mean are divided by.
  public enum Spread: String, Sendable, CaseIterable {
    /// sqrt(variance + epsilon), of all numbers: the paper, PyTorch and Keras.
    case variance
    /// The deviation of a sample (n - 1) + epsilon: The Annotated Transformer.
    case deviation
  }

  /// Reads `epsilon`, `spread`, `weight`, `bias` (when left out, as `weight`), `groups` and
  /// `shared`.
  public init(_ settings: inout Settings) throws(CrosswalkError) {
    epsilon = try settings.epsilon()
    spread = try settings.word("spread", default: .variance)
    weight = try settings.boolean("weight", default: true)
    bias = try settings.boolean("bias", default: weight)
    parts = try NormParts(&settings)
  }

  /// The input's own type.
  public func signature(_ inputs: InputTypes) throws(CrosswalkError) -> Signature {
    let shape = try [parts.parameterWidth(of: inputs)]
    return Signature(
      try inputs.one("input"),
      parameters: (weight ? [("weight", shape)] : []) + (bias ? [("bias", shape)] : []))
  }
}

/// Root mean square normalisation (Zhang and Sennrich 2019) over the last axis, or over equal
/// parts of it.
public struct RMSNorm: Operation {
  /// `rms_norm`.
  public static let name = "rms_norm"
  /// What it does.
  public static let summary =
    "x / sqrt(mean of x² + epsilon) × (weight + offset) on the last axis"
  /// `input`.
  public static let roles: [Role] = [.one("input")]
  /// What is added to the mean square.
  public let epsilon: Double
  /// The equal parts of the last axis, each normalised by itself.
  public let parts: NormParts
  /// Whether there is a weight.
  public let weight: Bool
  /// What is added to the weight: 1 where weights are stored around 0.
  public let offset: Double

  /// Reads `epsilon`, `weight`, `offset`, `groups` and `shared`.
  public init(_ settings: inout Settings) throws(CrosswalkError) {
    epsilon = try settings.epsilon()
    weight = try settings.boolean("weight", default: true)
    offset = try settings.number("offset", default: 0)
    parts = try NormParts(&settings)
    guard weight || offset == 0 else {
      throw CrosswalkError(
        .invalidDocument, "an offset of a weight that there is not", at: Place(.key("offset")),
        remedy: "leave out 'offset', or 'weight': false")
    }
  }

  /// The input's own type.
  public func signature(_ inputs: InputTypes) throws(CrosswalkError) -> Signature {
    let width = try parts.parameterWidth(of: inputs)
    return Signature(
      try inputs.one("input"), parameters: weight ? [("weight", [width])] : [])
  }
}

/// The equal parts of the last axis that a norm takes one by one: queries' and keys' heads.
public struct NormParts: Sendable, Equatable {
  /// How many there are.
  public let groups: Int
  /// Whether all have the same parameters, of the part's width; else each has its own.
  public let shared: Bool

  init(_ settings: inout Settings) throws(CrosswalkError) {
    groups = try settings.integer("groups", default: 1)
    shared = try settings.boolean("shared", default: true)
  }

  /// The size of each parameter.
  fileprivate func parameterWidth(of inputs: InputTypes) throws(CrosswalkError) -> Int {
    let width = try inputs.width(of: "input")
    guard width % groups == 0 else {
      throw CrosswalkError(
        .wrongShape, "groups that do not divide the width", at: Place(.key("groups")),
        expected: "a divisor of \(width)", found: String(groups))
    }
    return shared ? width / groups : width
  }
}
