public import Diagnostics

/// Its input several times along an axis.
public struct Repeat: Operation {
  /// `repeat`.
  public static let name = "repeat"
  /// What it does.
  public static let summary = "an axis several times over, as a whole or each of its parts"
  /// `input`.
  public static let roles: [Role] = [.one("input")]
  /// The axis, negative from the end.
  public let axis: Int
  /// How many times.
  public let count: Int
  /// Whether each part is repeated before the next comes.
  public let each: Bool

  /// Reads `axis`, `count` and `each`.
  public init(_ settings: inout Settings) throws(CrosswalkError) {
    axis = try settings.position("axis")
    count = try settings.integer("count")
    each = try settings.boolean("each", default: false)
  }

  /// The input with one axis longer.
  public func signature(_ inputs: InputTypes) throws(CrosswalkError) -> Signature {
    var type = try inputs.one("input")
    let position = try axisPosition(axis, of: type.axes.count)
    type.axes[position].extent = try product(of: [type.axes[position].extent, count])
    return Signature(type)
  }
}

/// Its input repeated to the extents of another value.
public struct Broadcast: Operation {
  /// `broadcast`.
  public static let name = "broadcast"
  /// What it does.
  public static let summary = "its input repeated to the extents of `like`, on all axes or on some"
  /// `input`, and `like` with the extents.
  public static let roles: [Role] = [.one("input"), .one("like")]
  /// The axes that take the extents of `like`, negative from the end; nil for all, lined up from
  /// the last.
  public let axes: [Int]?

  /// Reads `axes`.
  public init(_ settings: inout Settings) throws(CrosswalkError) {
    axes = settings.has("axes") ? try settings.integers("axes") : nil
    if axes == nil { _ = try settings.optionalPosition("axes") }
  }

  /// The input's sort of number on the broadcast axes.
  public func signature(_ inputs: InputTypes) throws(CrosswalkError) -> Signature {
    let (input, like) = (try inputs.one("input"), try inputs.one("like"))
    guard let axes else {
      return Signature(TensorType(input.element, try broadcast([input, like]).axes))
    }
    var type = input
    for axis in axes {
      let position = try axisPosition(axis, of: min(input.axes.count, like.axes.count), key: "axes")
      let (own, theirs) = (input.axes[position].extent, like.axes[position].extent)
      guard own == nil || own == 1 || theirs == nil || own == theirs else {
        throw CrosswalkError(
          .wrongShape, "an axis that does not repeat", at: Place(.key("axes")),
          expected: "1 or \(theirs ?? 1)", found: "\(own ?? 1)")
      }
      type.axes[position] = like.axes[position]
    }
    return Signature(type)
  }
}

/// Positions of axes, of so many, in order.
///
/// - Throws: `wrongShape` when one is not there, or twice.
func distinctPositions(_ axes: [Int], of count: Int) throws(CrosswalkError) -> [Int] {
  var positions: Set<Int> = []
  for axis in axes { positions.insert(try axisPosition(axis, of: count, key: "axes")) }
  guard positions.count == axes.count else {
    throw CrosswalkError(.wrongShape, "an axis named twice", at: Place(.key("axes")))
  }
  return positions.sorted()
}
