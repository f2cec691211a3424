public import Diagnostics

/// The sum of its inputs, broadcast.
public struct Add: Operation {
  /// `add`.
  public static let name = "add"
  /// What it does.
  public static let summary = "the sum of its inputs, broadcast from the last axis"
  /// `input`: one or more; those that are absent count as nothing.
  public static let roles: [Role] = [.many("input")]

  /// Has no settings.
  public init(_ settings: inout Settings) throws(CrosswalkError) {}

  /// The broadcast type.
  public func signature(_ inputs: InputTypes) throws(CrosswalkError) -> Signature {
    Signature(try broadcast(inputs["input"]))
  }
}

/// The product of its inputs, number by number, broadcast.
public struct Multiply: Operation {
  /// `multiply`.
  public static let name = "multiply"
  /// What it does.
  public static let summary = "the product of its inputs number by number, broadcast"
  /// `input`: one or more.
  public static let roles: [Role] = [.many("input")]

  /// Has no settings.
  public init(_ settings: inout Settings) throws(CrosswalkError) {}

  /// The broadcast type.
  public func signature(_ inputs: InputTypes) throws(CrosswalkError) -> Signature {
    Signature(try broadcast(inputs["input"]))
  }
}

/// Its input times a constant.
public struct Scale: Operation {
  /// `scale`.
  public static let name = "scale"
  /// What it does.
  public static let summary = "its input times a constant"
  /// `input`.
  public static let roles: [Role] = [.one("input")]
  /// The constant.
  public let by: Double

  /// Reads `by`.
  public init(_ settings: inout Settings) throws(CrosswalkError) {
    by = try settings.number("by")
  }

  /// The input's own type.
  public func signature(_ inputs: InputTypes) throws(CrosswalkError) -> Signature {
    Signature(try inputs.one("input"))
  }
}

/// Its inputs combined number by number, broadcast.
public struct Arithmetic: Operation {
  /// `arithmetic`.
  public static let name = "arithmetic"
  /// What it does.
  public static let summary = "its inputs combined number by number, from left to right, broadcast"
  /// `input`: one or more.
  public static let roles: [Role] = [.many("input")]
  /// How they are combined.
  public let function: Function

  /// How numbers are combined.
  public enum Function: String, Sendable, CaseIterable {
    /// a - b.
    case subtract
    /// a / b; of ids too it is a number with a fraction.
    case divide
    /// The larger; NaN where either is.
    case maximum
    /// The smaller; NaN where either is.
    case minimum
    /// The mean of all.
    case average
    /// a to the power of b.
    case power
    /// The largest whole number not above a / b.
    case floorDivide = "floor_divide"
    /// What floor_divide leaves over: it has the sign of b.
    case remainder

    /// Whether ids become numbers.
    package var makesFractions: Bool { self == .divide || self == .average }
  }

  /// Reads `function`.
  public init(_ settings: inout Settings) throws(CrosswalkError) {
    function = try settings.word("function")
  }

  /// The broadcast type.
  public func signature(_ inputs: InputTypes) throws(CrosswalkError) -> Signature {
    var type = try broadcast(inputs["input"])
    if function.makesFractions { type.element = .floating }
    return Signature(type)
  }
}

/// Whether something holds, number by number: 1 where it does, 0 where not.
public struct Compare: Operation {
  /// `compare`.
  public static let name = "compare"
  /// What it does.
  public static let summary = "1 where a relation holds of its inputs, broadcast, 0 where not"
  /// `input`: two; one for `not`; two or more for `and` and `or`.
  public static let roles: [Role] = [.many("input")]
  /// The relation.
  public let function: Function

  /// What may hold of numbers, of which all but 0 are true.
  public enum Function: String, Sendable, CaseIterable {
    /// a = b.
    case equal
    /// a ≠ b.
    case notEqual = "not_equal"
    /// a < b.
    case less
    /// a ≤ b.
    case lessEqual = "less_equal"
    /// a > b.
    case greater
    /// a ≥ b.
    case greaterEqual = "greater_equal"
    /// All are true.
    case and
    /// One is true.
    case or
    /// Just one of two is true.
    case xor
    /// The one is false.
    case not
  }

  /// Reads `function`.
  public init(_ settings: inout Settings) throws(CrosswalkError) {
    function = try settings.word("function")
  }

  /// Integers of the broadcast type.
  public func signature(_ inputs: InputTypes) throws(CrosswalkError) -> Signature {
    let count = inputs["input"].count
    let fits =
      switch function {
      case .not: count == 1
      case .and, .or: count >= 2
      default: count == 2
      }
    guard fits else {
      throw CrosswalkError(
        .invalidDocument, "'\(function.rawValue)' of another number of inputs",
        at: Place(.key("input")), expected: function == .not ? "1" : "2", found: String(count))
    }
    return Signature(TensorType(.integer, try broadcast(inputs["input"]).axes))
  }
}
