public import Diagnostics

/// Normalisation of groups of channels over all places (Wu and He 2018).
public struct GroupNorm: Operation {
  /// `group_norm`.
  public static let name = "group_norm"
  /// What it does.
  public static let summary =
    "(x - mean) / sqrt(variance + epsilon) × weight + bias, over each group of channels and all "
    + "axes but the first; parameters weight, bias (channels)"
  /// `input` (batch, …), one of the axes after the batch being that of the channels.
  public static let roles: [Role] = [.one("input")]
  /// Into how many parts the channels fall.
  public let groups: Int
  /// The axis of the channels, negative from the end.
  public let axis: Int
  /// What is added to the variance.
  public let epsilon: Double
  /// Whether there is a weight.
  public let weight: Bool
  /// Whether there is a bias.
  public let bias: Bool

  /// Reads `groups`, `axis`, `epsilon`, `weight` and `bias`.
  public init(_ settings: inout Settings) throws(CrosswalkError) {
    groups = try settings.integer("groups")
    axis = try settings.position("axis", default: 1)
    epsilon = try settings.epsilon()
    weight = try settings.boolean("weight", default: true)
    bias = try settings.boolean("bias", default: true)
  }

  /// The input's own type.
  public func signature(_ inputs: InputTypes) throws(CrosswalkError) -> Signature {
    let input = try inputs.one("input")
    let position = try axisPosition(axis, of: input.axes.count)
    guard position > 0, let channels = input.axes[position].extent, channels % groups == 0 else {
      throw CrosswalkError(
        .wrongShape, "channels that do not fall into groups",
        expected: "axes batch, channels of a known extent, a multiple of \(groups), …",
        found: input.axes.map { $0.extent.map(String.init) ?? $0.name }.joined(separator: ", "))
    }
    return Signature(
      input,
      parameters: (weight ? [("weight", [channels])] : []) + (bias ? [("bias", [channels])] : []))
  }
}

/// Normalisation of each channel by moments that training has gathered (Ioffe and Szegedy 2015).
public struct BatchNorm: Operation {
  /// `batch_norm`.
  public static let name = "batch_norm"
  /// What it does.
  public static let summary =
    "(x - mean) / sqrt(variance + epsilon) × weight + bias, channel by channel; parameters mean, "
    + "variance, weight, bias (channels)"
  /// `input`, one of its axes being that of the channels.
  public static let roles: [Role] = [.one("input")]
  /// The axis of the channels, negative from the end.
  public let axis: Int
  /// What is added to the variance.
  public let epsilon: Double
  /// Whether there is a weight.
  public let weight: Bool
  /// Whether there is a bias.
  public let bias: Bool

  /// Reads `axis`, `epsilon`, `weight` and `bias`.
  public init(_ settings: inout Settings) throws(CrosswalkError) {
    axis = try settings.position("axis", default: 1)
    epsilon = try settings.epsilon()
    weight = try settings.boolean("weight", default: true)
    bias = try settings.boolean("bias", default: true)
  }

  /// The input's own type.
  public func signature(_ inputs: InputTypes) throws(CrosswalkError) -> Signature {
    let input = try inputs.one("input")
    let position = try axisPosition(axis, of: input.axes.count)
    guard let channels = input.axes[position].extent else {
      throw CrosswalkError(
        .wrongShape, "channels of which nobody knows how many they are",
        expected: "a known extent", found: input.axes[position].name)
    }
    let roles = ["mean", "variance"] + (weight ? ["weight"] : []) + (bias ? ["bias"] : [])
    return Signature(input, parameters: roles.map { ($0, [channels]) })
  }
}
