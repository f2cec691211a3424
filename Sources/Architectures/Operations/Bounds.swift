public import Diagnostics

/// Numbers bounded smoothly: logits in Gemma 2.
public struct SoftCap: Operation {
  /// `soft_cap`.
  public static let name = "soft_cap"
  /// What it does.
  public static let summary = "cap × tanh(x / cap)"
  /// `input`.
  public static let roles: [Role] = [.one("input")]
  /// The bound.
  public let cap: Double

  /// Reads `cap`.
  public init(_ settings: inout Settings) throws(CrosswalkError) {
    cap = try settings.positive("cap")
  }

  /// The input's own type.
  public func signature(_ inputs: InputTypes) throws(CrosswalkError) -> Signature {
    Signature(try inputs.one("input"))
  }
}

/// Numbers cut off at bounds: queries, keys and values in OLMo and MPT.
public struct Clamp: Operation {
  /// `clamp`.
  public static let name = "clamp"
  /// What it does.
  public static let summary = "min(max(x, minimum), maximum)"
  /// `input`.
  public static let roles: [Role] = [.one("input")]
  /// The lower bound; nil for none.
  public let minimum: Double?
  /// The upper bound; nil for none.
  public let maximum: Double?

  /// Reads `minimum` and `maximum`.
  public init(_ settings: inout Settings) throws(CrosswalkError) {
    minimum = try settings.optionalNumber("minimum")
    maximum = try settings.optionalNumber("maximum")
    guard minimum != nil || maximum != nil else {
      throw CrosswalkError(.invalidDocument, "the setting 'minimum' or 'maximum' is missing")
    }
    if let minimum, let maximum, minimum > maximum {
      throw CrosswalkError(
        .invalidDocument, "bounds that cross", at: Place(.key("minimum")),
        expected: "at most \(maximum)", found: String(minimum))
    }
  }

  /// The input's own type.
  public func signature(_ inputs: InputTypes) throws(CrosswalkError) -> Signature {
    Signature(try inputs.one("input"))
  }
}
