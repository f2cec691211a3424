public import Diagnostics

/// One of two values, by whether a third is there at all.
///
/// An optional input that is left out leaves out what is made from it too: a decoder's
/// cross-attention, where it is run without an encoder. What stands in its place is said here.
public struct Given: Operation {
  /// `given`.
  public static let name = "given"
  /// What it does.
  public static let summary = "`yes` where `input` is there, else `no`"
  /// `yes` and `no` are of one kind; `input` may be anything.
  public static let roles: [Role] = [.optional("yes"), .one("no"), .optional("input")]

  /// Has no settings.
  public init(_ settings: inout Settings) throws(CrosswalkError) {}

  /// The type that both have, where their extents are the same.
  public func signature(_ inputs: InputTypes) throws(CrosswalkError) -> Signature {
    var type = try inputs.one("no")
    for yes in inputs["yes"] {
      guard yes.axes.count == type.axes.count,
        (yes.element == .floating) == (type.element == .floating)
      else {
        throw CrosswalkError(
          .wrongShape, "two values of different kinds to choose from",
          expected: "\(type.axes.count) axes, \(type.element.rawValue)",
          found: "\(yes.axes.count) axes, \(yes.element.rawValue)")
      }
      for (position, axis) in yes.axes.enumerated()
      where axis.extent != type.axes[position].extent {
        type.axes[position] = Axis(axis.name, nil)
      }
    }
    return Signature(type)
  }
}
