public import Diagnostics

/// One axis split into several, as many and as long as another tensor's.
public struct Unflatten: Operation {
  /// `unflatten`.
  public static let name = "unflatten"
  /// What it does.
  public static let summary =
    "its input with one axis split into the axes that `like` has from one to another"
  /// `input`, and `like` with the axes that one of its axes was joined from.
  public static let roles: [Role] = [.one("input"), .one("like")]
  /// The input's axis, and the first of the axes that take its place; negative from the end.
  public let from: Int
  /// The last of the axes of `like` that take its place, negative from the end.
  public let to: Int

  /// Reads `from` and `to`.
  public init(_ settings: inout Settings) throws(CrosswalkError) {
    from = try settings.position("from")
    to = try settings.position("to")
  }

  /// The input's axes with several in place of one.
  public func signature(_ inputs: InputTypes) throws(CrosswalkError) -> Signature {
    var type = try inputs.one("input")
    let like = try inputs.one("like")
    let range = try range(of: like.axes.count)
    let position = try axisPosition(range.lowerBound, of: type.axes.count, key: "from")
    let parts = like.axes[range]
    if let extent = type.axes[position].extent {
      try check(extent, parts.map(\.extent))
    }
    type.axes.replaceSubrange(position...position, with: parts)
    return Signature(type)
  }

  /// The axes of `like` that take the place of one, among so many.
  public func range(of count: Int) throws(CrosswalkError) -> ClosedRange<Int> {
    let first = try axisPosition(from, of: count, key: "from")
    let last = try axisPosition(to, of: count, key: "to")
    guard first <= last else {
      throw CrosswalkError(
        .wrongShape, "the last axis comes before the first", at: Place(.key("to")),
        expected: "\(first) or later", found: String(last))
    }
    return first...last
  }

  /// Whether an extent is the product of others, as far as they are known.
  ///
  /// - Throws: `wrongShape` when it is not.
  public func check(_ extent: Int, _ parts: [Int?]) throws(CrosswalkError) {
    var product = 1
    for part in parts {
      guard let part else { return }
      let (next, overflow) = product.multipliedReportingOverflow(by: part)
      guard !overflow else { throw CrosswalkError(.tooLarge, "an axis beyond what 64 bits count") }
      product = next
    }
    guard product == extent else {
      throw CrosswalkError(
        .wrongShape, "an axis that does not split so", expected: String(product),
        found: String(extent))
    }
  }
}
