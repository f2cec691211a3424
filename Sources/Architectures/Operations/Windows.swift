public import Diagnostics

/// A mask that lets a query see the keys around it, and some keys that all may see
/// (Longformer, Beltagy 2020).
public struct WindowMask: Operation {
  /// `window_mask`.
  public static let name = "window_mask"
  /// What it does.
  public static let summary =
    "0 where a key is near its query or global, -infinity elsewhere; a mask for attention"
  /// `input` has the sequence on its second axis; `global` (batch, sequence) is nonzero where a key
  /// is seen from everywhere.
  public static let roles: [Role] = [.one("input"), .optional("global")]
  /// How many keys before its own position a query sees; nil for all.
  public let before: Int?
  /// How many keys after its own position a query sees; nil for all.
  public let after: Int?

  /// Reads `before` and `after`.
  public init(_ settings: inout Settings) throws(CrosswalkError) {
    before = try settings.optionalPosition("before")
    after = try settings.optionalPosition("after")
    for (key, value) in [("before", before), ("after", after)] {
      guard let value, value < 0 else { continue }
      throw CrosswalkError(
        .invalidDocument, "a window that ends before it begins", at: Place(.key(key)),
        expected: "0 or more", found: String(value))
    }
  }

  /// (1 or batch, 1, sequence, sequence).
  public func signature(_ inputs: InputTypes) throws(CrosswalkError) -> Signature {
    let input = try inputs.one("input")
    let global = inputs["global"].first
    guard input.axes.count >= 2, global?.axes.count ?? 2 == 2 else {
      throw CrosswalkError(
        .wrongShape, "a window goes along a sequence", expected: "axes batch, sequence, …",
        found: (global ?? input).axes.map(\.name).joined(separator: ", "))
    }
    let extent = input.axes[1].extent
    return Signature(
      TensorType(
        .floating,
        [
          global?.axes[0] ?? Axis("batch", 1), Axis("heads", 1), Axis("queries", extent),
          Axis("keys", extent),
        ]))
  }
}

/// One of two values, position by position.
public struct Choose: Operation {
  /// `choose`.
  public static let name = "choose"
  /// What it does.
  public static let summary = "'yes' where a mask is not 0, 'no' where it is, broadcast"
  /// A `mask` of fewer axes than `yes` and `no` is of their first ones; these two line up from the
  /// last.
  public static let roles: [Role] = [.one("mask"), .one("yes"), .one("no")]

  /// Has no settings.
  public init(_ settings: inout Settings) throws(CrosswalkError) {}

  /// The broadcast type of either value.
  public func signature(_ inputs: InputTypes) throws(CrosswalkError) -> Signature {
    var mask = try inputs.one("mask")
    let type = try broadcast([try inputs.one("yes"), try inputs.one("no")])
    let missing = max(0, type.axes.count - mask.axes.count)
    mask.axes += Array(repeating: Axis("one", 1), count: missing)
    return Signature(TensorType(type.element, try broadcast([type, mask]).axes))
  }
}

/// The first of several values that is there.
public struct FirstGiven: Operation {
  /// `first`.
  public static let name = "first"
  /// What it does.
  public static let summary = "the first of its inputs that is there"
  /// `input`: one or more, of which some may be absent.
  public static let roles: [Role] = [.many("input")]

  /// Has no settings.
  public init(_ settings: inout Settings) throws(CrosswalkError) {}

  /// The type that all inputs have.
  public func signature(_ inputs: InputTypes) throws(CrosswalkError) -> Signature {
    var type = try inputs.one("input")
    for other in inputs["input"].dropFirst() {
      guard other.axes.count == type.axes.count,
        (other.element == .floating) == (type.element == .floating)
      else {
        throw CrosswalkError(
          .wrongShape, "inputs of different kinds",
          expected: "\(type.axes.count) axes, \(type.element.rawValue)",
          found: "\(other.axes.count) axes, \(other.element.rawValue)")
      }
      for (place, axis) in other.axes.enumerated() where axis.extent != type.axes[place].extent {
        type.axes[place].extent = nil
      }
    }
    return Signature(type)
  }
}

/// Ids one place later, as a decoder is given the text that it is to write.
public struct ShiftRight: Operation {
  /// `shift_right`.
  public static let name = "shift_right"
  /// What it does.
  public static let summary =
    "ids one place to the right, a start id in front; without one, each row's last id that is not "
    + "padding"
  /// `input`: ids (batch, sequence).
  public static let roles: [Role] = [.one("input")]
  /// The id that comes first; nil for each row's last that is not padding (mBART).
  public let start: Int?
  /// The id that takes the place of -100, by which transformers marks what is not to be learned.
  public let padding: Int?

  /// Reads `start` and `padding`.
  public init(_ settings: inout Settings) throws(CrosswalkError) {
    start = try settings.optionalPosition("start")
    padding = try settings.optionalPosition("padding")
    guard start != nil || padding != nil else {
      throw CrosswalkError(
        .invalidDocument, "nothing says which id comes first",
        remedy: "give 'start', or 'padding' for each row's last id that is not padding")
    }
  }

  /// The input's own type.
  public func signature(_ inputs: InputTypes) throws(CrosswalkError) -> Signature {
    let type = try inputs.one("input")
    guard type.axes.count == 2, type.element != .floating else {
      throw CrosswalkError(
        .wrongShape, "ids are shifted", expected: "ids of axes batch, sequence",
        found: "\(type.element.rawValue), \(type.axes.count) axes")
    }
    return Signature(type)
  }
}
