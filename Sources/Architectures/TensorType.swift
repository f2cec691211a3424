/// What is known of a value before anything runs: its sort of number and its axes.
public struct TensorType: Sendable, Equatable {
  /// The sort of number.
  public var element: Element
  /// The axes, outermost first.
  public var axes: [Axis]

  /// The sorts of numbers that values of the graph hold.
  public enum Element: String, Sendable, Equatable {
    /// Ids, counts and masks of 0 and 1.
    case integer
    /// Numbers of the precision that the graph runs in.
    case floating
    /// A mask in either form: integers or truth values, or numbers added to scores.
    case mask
  }

  /// Names a type.
  public init(_ element: Element, _ axes: [Axis]) {
    self.element = element
    self.axes = axes
  }

  /// The size of the last axis, when it is known.
  public var width: Int? { axes.last?.extent }
}

/// One axis of a value.
public struct Axis: Sendable, Equatable {
  /// What runs along it, such as batch, sequence, width or heads.
  public var name: String
  /// Its extent, when the architecture fixes it.
  public var extent: Int?

  /// Names an axis.
  public init(_ name: String, _ extent: Int? = nil) {
    self.name = name
    self.extent = extent
  }

  /// An axis of features.
  public static func width(_ extent: Int?) -> Axis { Axis("width", extent) }
}
