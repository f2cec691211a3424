/// Limits that the user sets: a passes against b where |a - b| ≤ absolute + relative × |b|.
///
/// Both bounds are added up, b is the reference, and every single element must hold.
public struct Tolerance: Sendable, Equatable {
  /// The absolute limit.
  public var absolute: Double
  /// The limit relative to the reference's value.
  public var relative: Double

  /// Sets limits; what is not given is zero.
  public init(absolute: Double = 0, relative: Double = 0) {
    self.absolute = absolute
    self.relative = relative
  }
}
