public import Diagnostics

/// An affine map of the last axis.
public struct Linear: Operation {
  /// `linear`.
  public static let name = "linear"
  /// What it does.
  public static let summary =
    "input × weightᵀ + bias on the last axis; parameters weight (width, input width), bias (width)"
  /// `input`.
  public static let roles: [Role] = [.one("input")]
  /// The size of the output's last axis.
  public let width: Int
  /// Whether a bias is added.
  public let bias: Bool

  /// Reads `width` and `bias`.
  public init(_ settings: inout Settings) throws(CrosswalkError) {
    width = try settings.integer("width")
    bias = try settings.boolean("bias", default: true)
  }

  /// The input with its last axis replaced.
  public func signature(_ inputs: InputTypes) throws(CrosswalkError) -> Signature {
    let input = try inputs.one("input")
    let inner = try inputs.width(of: "input")
    return Signature(
      TensorType(.floating, input.axes.dropLast() + [.width(width)]),
      parameters: [("weight", [width, inner])] + (bias ? [("bias", [width])] : []))
  }
}
