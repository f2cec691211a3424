public import Diagnostics

/// Turns a mask as a framework gives it into numbers that are added to scores.
public struct AttentionMask: Operation {
  /// `attention_mask`.
  public static let name = "attention_mask"
  /// What it does.
  public static let summary =
    "0 where a key may be seen and -infinity where not; a mask of numbers is added as it is"
  /// `input`: integers, truth values, or numbers.
  public static let roles: [Role] = [.one("input")]
  /// What a nonzero entry of an integer or truth-value mask means.
  public let nonzero: Meaning
  /// Whether a mask of numbers (floating) is added to the scores, or read like integers.
  public let additive: Bool
  /// Whether a hidden position sees nothing either, instead of not being seen alone.
  public let pairs: Bool

  /// What a nonzero entry means.
  public enum Meaning: String, Sendable, CaseIterable {
    /// This key may be seen: transformers' attention_mask.
    case visible
    /// This key is hidden: torch.nn's masks.
    case hidden
  }

  /// Reads `nonzero`, `additive` and `pairs`.
  public init(_ settings: inout Settings) throws(CrosswalkError) {
    nonzero = try settings.word("nonzero")
    additive = try settings.boolean("additive", default: false)
    pairs = try settings.boolean("pairs", default: false)
  }

  /// The input's axes, floating; with `pairs` (batch, 1, sequence, sequence).
  public func signature(_ inputs: InputTypes) throws(CrosswalkError) -> Signature {
    let axes = try inputs.one("input").axes
    guard pairs else { return Signature(TensorType(.floating, axes)) }
    guard axes.count == 2 else {
      throw CrosswalkError(
        .wrongShape, "a mask of pairs is made of a mask of positions", at: Place(.key("pairs")),
        expected: "axes batch, sequence", found: axes.map(\.name).joined(separator: ", "))
    }
    return Signature(
      TensorType(
        .floating,
        [
          axes[0], Axis("heads", 1), Axis("queries", axes[1].extent), Axis("keys", axes[1].extent),
        ]))
  }
}
