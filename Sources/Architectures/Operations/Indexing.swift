public import Diagnostics

/// Numbers found by their places along an axis.
public struct Take: Operation {
  /// `take`.
  public static let name = "take"
  /// What it does.
  public static let summary = "the parts of an axis at given places"
  /// `input`, and `ids`: places along the axis, negative from the end.
  public static let roles: [Role] = [.one("input"), .one("ids")]
  /// The axis, negative from the end.
  public let axis: Int
  /// Whether the places are found apart for each of the other axes' indices, as in NumPy's
  /// take_along_axis; else the axes of `ids` take the place of the axis.
  public let along: Bool

  /// Reads `axis` and `along`.
  public init(_ settings: inout Settings) throws(CrosswalkError) {
    axis = try settings.position("axis")
    along = try settings.boolean("along", default: false)
  }

  /// The input's axes, the one replaced.
  public func signature(_ inputs: InputTypes) throws(CrosswalkError) -> Signature {
    var (type, ids) = (try inputs.one("input"), try inputs.one("ids"))
    let position = try axisPosition(axis, of: type.axes.count)
    guard ids.element != .floating else {
      throw CrosswalkError(
        .wrongShape, "places that are not integers", at: Place(.key("ids")), expected: "integers",
        found: ids.element.rawValue)
    }
    guard along else {
      type.axes.replaceSubrange(position...position, with: ids.axes)
      return Signature(type)
    }
    guard ids.axes.count == type.axes.count else {
      throw CrosswalkError(
        .wrongShape, "places of other axes than the input's", at: Place(.key("ids")),
        expected: String(type.axes.count), found: String(ids.axes.count))
    }
    let taken = ids.axes[position]
    ids.axes[position] = type.axes[position]
    var axes = try broadcast([type, ids]).axes
    axes[position] = taken
    return Signature(TensorType(type.element, axes))
  }
}

/// The integers 0, 1, 2, …, as many as an axis has places.
public struct Arange: Operation {
  /// `arange`.
  public static let name = "arange"
  /// What it does.
  public static let summary = "start, start + step, …: as many as an axis is long, or a given count"
  /// `input` has the axis; it is not needed where there is a count.
  public static let roles: [Role] = [.optional("input")]
  /// The axis, negative from the end.
  public let axis: Int?
  /// How many, if not as many as the axis is long.
  public let count: Int?
  /// The first.
  public let start: Int
  /// From one to the next.
  public let step: Int

  /// Reads either of `axis` and `count`, `start` and `step`.
  public init(_ settings: inout Settings) throws(CrosswalkError) {
    axis = try settings.optionalPosition("axis")
    count = try settings.optionalInteger("count")
    start = try settings.position("start", default: 0)
    step = try settings.position("step", default: 1)
    guard (axis == nil) != (count == nil) else {
      throw CrosswalkError(
        .invalidDocument, "how many is not said once", expected: "either 'axis' or 'count'",
        found: axis == nil ? "neither" : "both")
    }
  }

  /// Integers of one axis.
  public func signature(_ inputs: InputTypes) throws(CrosswalkError) -> Signature {
    guard let axis else { return Signature(TensorType(.integer, [.width(count)])) }
    let input = try inputs.one("input")
    return Signature(
      TensorType(.integer, [input.axes[try axisPosition(axis, of: input.axes.count)]]))
  }
}

/// Its input as another sort of number.
public struct Cast: Operation {
  /// `cast`.
  public static let name = "cast"
  /// What it does.
  public static let summary =
    "its input as numbers, as integers without their fractions, or as 0 and 1"
  /// `input`.
  public static let roles: [Role] = [.one("input")]
  /// The sort.
  public let dtype: Sort

  /// The sorts.
  public enum Sort: String, Sendable, CaseIterable {
    /// Numbers of the precision that the graph runs in.
    case floating
    /// Integers, fractions cut off.
    case integer
    /// 1 for what is not 0.
    case boolean
  }

  /// Reads `dtype`.
  public init(_ settings: inout Settings) throws(CrosswalkError) {
    dtype = try settings.word("dtype")
  }

  /// The input's axes.
  public func signature(_ inputs: InputTypes) throws(CrosswalkError) -> Signature {
    Signature(
      TensorType(dtype == .floating ? .floating : .integer, try inputs.one("input").axes))
  }
}

/// Sums along an axis, of all numbers up to each.
public struct CumulativeSum: Operation {
  /// `cumsum`.
  public static let name = "cumsum"
  /// What it does.
  public static let summary = "the sum along an axis of all numbers up to each, itself included"
  /// `input`.
  public static let roles: [Role] = [.one("input")]
  /// The axis, negative from the end.
  public let axis: Int

  /// Reads `axis`.
  public init(_ settings: inout Settings) throws(CrosswalkError) {
    axis = try settings.position("axis")
  }

  /// The input's own type.
  public func signature(_ inputs: InputTypes) throws(CrosswalkError) -> Signature {
    var type = try inputs.one("input")
    _ = try axisPosition(axis, of: type.axes.count)
    if type.element == .mask { type.element = .integer }
    return Signature(type)
  }
}

/// For each id a row of zeros, with 1 at its place.
public struct OneHot: Operation {
  /// `one_hot`.
  public static let name = "one_hot"
  /// What it does.
  public static let summary = "for each id zeros with 1 at its place; zeros alone for other ids"
  /// `input`: ids.
  public static let roles: [Role] = [.one("input")]
  /// How many places there are.
  public let classes: Int

  /// Reads `classes`.
  public init(_ settings: inout Settings) throws(CrosswalkError) {
    classes = try settings.integer("classes")
  }

  /// The ids' axes and one of the classes.
  public func signature(_ inputs: InputTypes) throws(CrosswalkError) -> Signature {
    Signature(TensorType(.floating, try inputs.one("input").axes + [.width(classes)]))
  }
}
