public import Diagnostics

/// Normalisation of groups of channels over all places (Wu and He 2018).
public struct GroupNorm: Operation {
  /// `group_norm`.
  public static let name = "group_norm"
  /// What it does.
  public static let summary =
    "(x - mean) / sqrt(variance + epsilon) × weight + bias, over each group of channels and all "
    + "that follows; parameters weight, bias (channels)"
  /// `input` (batch, channels, …).
  public static let roles: [Role] = [.one("input")]
  /// Into how many parts the channels fall.
  public let groups: Int
  /// What is added to the variance.
  public let epsilon: Double

  /// Reads `groups` and `epsilon`.
  public init(_ settings: inout Settings) throws(CrosswalkError) {
    groups = try settings.integer("groups")
    epsilon = try settings.epsilon()
  }

  /// The input's own type.
  public func signature(_ inputs: InputTypes) throws(CrosswalkError) -> Signature {
    let input = try inputs.one("input")
    guard input.axes.count >= 2, let channels = input.axes[1].extent, channels % groups == 0 else {
      throw CrosswalkError(
        .wrongShape, "channels that do not fall into groups",
        expected: "axes batch, channels of a known extent, a multiple of \(groups), …",
        found: input.axes.map { $0.extent.map(String.init) ?? $0.name }.joined(separator: ", "))
    }
    return Signature(input, parameters: [("weight", [channels]), ("bias", [channels])])
  }
}
