public import Diagnostics

/// The position of each token among those that are not padding.
public struct CountPositions: Operation {
  /// `count_positions`.
  public static let name = "count_positions"
  /// What it does.
  public static let summary =
    "how many entries up to each, itself included, are not padding, 0 at padding itself; plus offset"
  /// `input`: ids or a mask (batch, sequence).
  public static let roles: [Role] = [.one("input")]
  /// The entry that does not count: an id, or 0 for a mask.
  public let padding: Int
  /// What is added to all, padding too.
  public let offset: Int

  /// Reads `padding` and `offset`.
  public init(_ settings: inout Settings) throws(CrosswalkError) {
    padding = try settings.position("padding", default: 0)
    offset = try settings.position("offset", default: 0)
  }

  /// Integers (batch, sequence).
  public func signature(_ inputs: InputTypes) throws(CrosswalkError) -> Signature {
    let input = try inputs.one("input")
    guard input.axes.count == 2, input.element != .floating else {
      throw CrosswalkError(
        .wrongShape, "positions are counted along ids or a mask",
        expected: "integers of axes batch, sequence",
        found: "\(input.element.rawValue) of \(input.axes.map(\.name).joined(separator: ", "))")
    }
    return Signature(TensorType(.integer, input.axes))
  }
}
