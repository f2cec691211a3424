public import Diagnostics

/// Numbers that are always the same.
public struct Constant: Operation {
  /// `constant`.
  public static let name = "constant"
  /// What it does.
  public static let summary = "a number, or numbers in lists of lists, as they stand here"
  /// Nothing flows in.
  public static let roles: [Role] = []
  /// The extents, outermost first.
  public let shape: [Int]
  /// The numbers, row-major.
  public let values: [Double]
  /// Numbers, or ids.
  public let dtype: Sort

  /// Numbers, or ids.
  public enum Sort: String, Sendable, CaseIterable {
    /// Numbers of the precision that the graph runs in.
    case floating
    /// Ids, counts and masks.
    case integer
  }

  /// Reads `value` and `dtype`.
  public init(_ settings: inout Settings) throws(CrosswalkError) {
    (shape, values) = try settings.numbers("value")
    dtype = try settings.word("dtype", default: .floating)
    guard dtype == .floating || values.allSatisfy({ Int(exactly: $0) != nil }) else {
      throw CrosswalkError(
        .invalidDocument, "an integer with a fraction", at: Place(.key("value")),
        remedy: "leave out 'dtype'")
    }
  }

  /// A type of this shape.
  public func signature(_ inputs: InputTypes) throws(CrosswalkError) -> Signature {
    Signature(
      TensorType(dtype == .integer ? .integer : .floating, shape.map { Axis.width($0) }))
  }
}

/// A learned tensor as it is.
public struct LearnedTensor: Operation {
  /// `parameter`.
  public static let name = "parameter"
  /// What it does.
  public static let summary = "a learned tensor as it is; parameter weight (shape)"
  /// Nothing flows in.
  public static let roles: [Role] = []
  /// The extents, outermost first; none for a single number.
  public let shape: [Int]

  /// Reads `shape`.
  public init(_ settings: inout Settings) throws(CrosswalkError) {
    shape = try settings.extents("shape")
  }

  /// A type of this shape.
  public func signature(_ inputs: InputTypes) throws(CrosswalkError) -> Signature {
    Signature(
      TensorType(.floating, shape.map { Axis.width($0) }), parameters: [("weight", shape)])
  }
}
