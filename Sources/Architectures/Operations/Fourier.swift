public import Diagnostics

/// The matrix of a discrete Fourier transform along an axis: its real part, or its imaginary part.
public struct Fourier: Operation {
  /// `fourier`.
  public static let name = "fourier"
  /// What it does.
  public static let summary =
    "the cosines, or less the sines, of 2π × row × column / n, for an axis of n places: (n, n)"
  /// `input` has the axis.
  public static let roles: [Role] = [.one("input")]
  /// The axis, negative from the end.
  public let axis: Int
  /// The part of e^(-2πi × row × column / n).
  public let part: Part

  /// A part of a complex number.
  public enum Part: String, Sendable, CaseIterable {
    /// The cosines.
    case real
    /// The sines, negative.
    case imaginary
  }

  /// Reads `axis` and `part`.
  public init(_ settings: inout Settings) throws(CrosswalkError) {
    axis = try settings.position("axis")
    part = try settings.word("part", default: .real)
  }

  /// A square of the axis.
  public func signature(_ inputs: InputTypes) throws(CrosswalkError) -> Signature {
    let axes = try inputs.one("input").axes
    let own = axes[try axisPosition(axis, of: axes.count)]
    return Signature(TensorType(.floating, [own, own]))
  }
}
