public import Diagnostics

/// Vectors divided by their length.
public struct Normalize: Operation {
  /// `normalize`.
  public static let name = "normalize"
  /// What it does.
  public static let summary = "x / max(‖x‖, epsilon) along an axis, ‖x‖ the Euclidean length"
  /// `input`.
  public static let roles: [Role] = [.one("input")]
  /// The axis, negative from the end.
  public let axis: Int
  /// The least that is divided by.
  public let epsilon: Double

  /// Reads `axis` and `epsilon`.
  public init(_ settings: inout Settings) throws(CrosswalkError) {
    axis = try settings.position("axis", default: -1)
    epsilon = try settings.epsilon(default: 0)
  }

  /// The input's own type.
  public func signature(_ inputs: InputTypes) throws(CrosswalkError) -> Signature {
    let input = try inputs.one("input")
    _ = try axisPosition(axis, of: input.axes.count)
    return Signature(input)
  }
}

/// How alike two sets of vectors are, each with each (CLIP, Radford 2021; SigLIP, Zhai 2023).
public struct VectorSimilarity: Operation {
  /// `similarity`.
  public static let name = "similarity"
  /// What it does.
  public static let summary =
    "left × rightᵀ × exp(scale) + bias; parameters scale and bias are single numbers"
  /// `left` (n, width) and `right` (m, width).
  public static let roles: [Role] = [.one("left"), .one("right")]
  /// Whether a bias is added.
  public let bias: Bool

  /// Reads `bias`.
  public init(_ settings: inout Settings) throws(CrosswalkError) {
    bias = try settings.boolean("bias", default: false)
  }

  /// (n, m).
  public func signature(_ inputs: InputTypes) throws(CrosswalkError) -> Signature {
    let (left, right) = (try inputs.one("left"), try inputs.one("right"))
    guard left.axes.count == 2, right.axes.count == 2, left.width == right.width else {
      throw CrosswalkError(
        .wrongShape, "vectors that do not compare", expected: "2 axes each, of one width",
        found: "\(left.axes.count) of \(left.width.map(String.init) ?? "?"), "
          + "\(right.axes.count) of \(right.width.map(String.init) ?? "?")")
    }
    return Signature(
      TensorType(.floating, [left.axes[0], Axis(right.axes[0].name, right.axes[0].extent)]),
      parameters: [("scale", [])] + (bias ? [("bias", [])] : []))
  }
}
