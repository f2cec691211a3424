public import Diagnostics

/// Numbers along an axis turned into shares of 1, or into their logarithms.
public struct Softmax: Operation {
  /// `softmax`.
  public static let name = "softmax"
  /// What it does.
  public static let summary = "numbers along an axis as shares of 1; 0 where a mask is 0"
  /// `input`, and a `mask` that broadcasts to it from the last axis.
  public static let roles: [Role] = [.one("input"), .optional("mask")]
  /// The axis, negative from the end.
  public let axis: Int
  /// How.
  public let function: Function

  /// How numbers become shares.
  public enum Function: String, Sendable, CaseIterable {
    /// eˣ / Σ eˣ.
    case softmax
    /// ln of the softmax.
    case logSoftmax = "log_softmax"
    /// The nearest point of the simplex (Martins and Astudillo 2016).
    case sparsemax
    /// A sparsemax whose threshold is of the sum of all partial sums, not of the last alone: the
    /// numbers do not add up to 1.
    case cumulativeSparsemax = "cumulative_sparsemax"
  }

  /// Reads `axis` and `function`.
  public init(_ settings: inout Settings) throws(CrosswalkError) {
    axis = try settings.position("axis", default: -1)
    function = try settings.word("function", default: .softmax)
  }

  /// The input's own type.
  public func signature(_ inputs: InputTypes) throws(CrosswalkError) -> Signature {
    let input = try inputs.one("input")
    _ = try axisPosition(axis, of: input.axes.count)
    if let mask = inputs["mask"].first {
      let type = try broadcast([input, mask])
      guard type.axes.count == input.axes.count else {
        throw CrosswalkError(
          .wrongShape, "a mask of more axes than what it is for",
          expected: "at most \(input.axes.count)", found: String(mask.axes.count))
      }
    }
    return Signature(input)
  }
}
