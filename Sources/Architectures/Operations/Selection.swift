public import Diagnostics

/// One slice along an axis, which disappears.
public struct Select: Operation {
  /// `select`.
  public static let name = "select"
  /// What it does.
  public static let summary = "the slice at one index of an axis; the axis disappears"
  /// `input`.
  public static let roles: [Role] = [.one("input")]
  /// The axis, negative from the end.
  public let axis: Int
  /// The index, negative from the end.
  public let index: Int

  /// Reads `axis` and `index`.
  public init(_ settings: inout Settings) throws(CrosswalkError) {
    axis = try settings.position("axis")
    index = try settings.position("index")
  }

  /// The input's axes without the one.
  public func signature(_ inputs: InputTypes) throws(CrosswalkError) -> Signature {
    var type = try inputs.one("input")
    let position = axis < 0 ? axis + type.axes.count : axis
    guard type.axes.indices.contains(position) else {
      throw CrosswalkError(
        .wrongShape, "an axis that the input does not have", at: Place(.key("axis")),
        expected: "one of \(type.axes.count)", found: String(axis))
    }
    if let extent = type.axes[position].extent, !(-extent..<extent).contains(index) {
      throw CrosswalkError(
        .wrongShape, "an index beyond the axis", at: Place(.key("index")),
        expected: "below \(extent)", found: String(index))
    }
    type.axes.remove(at: position)
    return Signature(type)
  }
}

/// The vector of each sequence's last token that is not padding.
public struct LastToken: Operation {
  /// `last_token`.
  public static let name = "last_token"
  /// What it does.
  public static let summary =
    "for each row of the batch, the vector at the last id that is not the padding id"
  /// `input` (batch, sequence, width) and the `ids` it was made from.
  public static let roles: [Role] = [.one("input"), .one("ids")]
  /// The id of padding; nil when there is none, and the last position counts.
  public let padding: Int?

  /// Reads `padding`.
  public init(_ settings: inout Settings) throws(CrosswalkError) {
    padding = settings.has("padding") ? try settings.position("padding") : nil
    if padding == nil { _ = try settings.position("padding", default: 0) }
  }

  /// (batch, width).
  public func signature(_ inputs: InputTypes) throws(CrosswalkError) -> Signature {
    var type = try inputs.one("input")
    guard type.axes.count == 3 else {
      throw CrosswalkError(
        .wrongShape, "the last token is of a sequence", expected: "3 axes",
        found: String(type.axes.count))
    }
    type.axes.remove(at: 1)
    return Signature(type)
  }
}

/// Its input with the axes in another order.
public struct Permute: Operation {
  /// `permute`.
  public static let name = "permute"
  /// What it does.
  public static let summary = "its input with the axes in another order"
  /// `input`.
  public static let roles: [Role] = [.one("input")]
  /// For each axis of the output, the axis of the input.
  public let axes: [Int]

  /// Reads `axes`.
  public init(_ settings: inout Settings) throws(CrosswalkError) {
    axes = try settings.integers("axes")
  }

  /// The input's axes, reordered.
  public func signature(_ inputs: InputTypes) throws(CrosswalkError) -> Signature {
    let type = try inputs.one("input")
    guard axes.sorted() == Array(type.axes.indices) else {
      throw CrosswalkError(
        .wrongShape, "not an order of the input's axes", at: Place(.key("axes")),
        expected: "each of 0..<\(type.axes.count) once", found: "\(axes)")
    }
    return Signature(TensorType(type.element, axes.map { type.axes[$0] }))
  }
}
