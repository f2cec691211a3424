public import Diagnostics
package import Documents

/// The settings of one node as they are read: each key once, none left over.
public struct Settings: Sendable {
  private let values: JSONObject
  private var known: Set<String> = []

  package init(_ values: JSONObject) { self.values = values }

  /// A whole number, at least `minimum`.
  public mutating func integer(_ key: String, default fallback: Int? = nil, minimum: Int = 1)
    throws(CrosswalkError) -> Int
  {
    guard let value = take(key) else { return try required(key, fallback) }
    guard let number = value.intValue, number >= minimum, number <= Self.largest else {
      throw invalid(key, "a whole number from \(minimum) to \(Self.largest)", value)
    }
    return number
  }

  /// A whole number, at least `minimum`; nil when it is left out.
  public mutating func optionalInteger(_ key: String, minimum: Int = 1) throws(CrosswalkError)
    -> Int?
  {
    try isGiven(key) ? integer(key, minimum: minimum) : nil
  }

  /// A finite number; nil when it is left out.
  public mutating func optionalNumber(_ key: String) throws(CrosswalkError) -> Double? {
    try isGiven(key) ? number(key) : nil
  }

  /// A finite number above 0; nil when it is left out.
  public mutating func optionalPositive(_ key: String) throws(CrosswalkError) -> Double? {
    try isGiven(key) ? positive(key) : nil
  }

  /// A finite number.
  public mutating func number(_ key: String, default fallback: Double? = nil)
    throws(CrosswalkError) -> Double
  {
    guard let value = take(key) else { return try required(key, fallback) }
    guard let number = value.doubleValue, number.isFinite else {
      throw invalid(key, "a number", value)
    }
    return number
  }

  /// A finite number above 0.
  public mutating func positive(_ key: String, default fallback: Double? = nil)
    throws(CrosswalkError) -> Double
  {
    guard let value = take(key) else { return try required(key, fallback) }
    guard let number = value.doubleValue, number.isFinite, number > 0 else {
      throw invalid(key, "a number above 0", value)
    }
    return number
  }

  /// What keeps a norm from dividing by zero: a number that is not negative.
  public mutating func epsilon(default fallback: Double? = nil) throws(CrosswalkError) -> Double {
    let epsilon = try number("epsilon", default: fallback)
    guard epsilon >= 0 else {
      throw CrosswalkError(
        .invalidDocument, "a negative epsilon", at: Place(.key("epsilon")),
        expected: "0 or more", found: String(epsilon))
    }
    return epsilon
  }

  /// Finite numbers above 0.
  public mutating func positives(_ key: String) throws(CrosswalkError) -> [Double] {
    guard let value = take(key) else { return try required(key, nil) }
    let numbers = (value.arrayValue ?? []).compactMap(\.doubleValue).filter {
      $0.isFinite && $0 > 0
    }
    guard !numbers.isEmpty, numbers.count == value.arrayValue?.count else {
      throw invalid(key, "a list of numbers above 0", value)
    }
    return numbers
  }

  /// What is read from an object of settings of their own; nil when it is left out.
  public mutating func nested<Value>(
    _ key: String, read: (inout Settings) throws(CrosswalkError) -> Value
  ) throws(CrosswalkError) -> Value? {
    guard let value = take(key) else { return nil }
    guard let object = value.objectValue else { throw invalid(key, "an object", value) }
    var inner = Settings(object)
    do throws(CrosswalkError) {
      let result = try read(&inner)
      try inner.finish()
      return result
    } catch { throw error.inside(.key(key)) }
  }

  /// A truth value.
  public mutating func boolean(_ key: String, default fallback: Bool? = nil)
    throws(CrosswalkError) -> Bool
  {
    guard let value = take(key) else { return try required(key, fallback) }
    guard let truth = value.boolValue else { throw invalid(key, "true or false", value) }
    return truth
  }

  /// One word out of a set of words.
  public mutating func word<Word: RawRepresentable & CaseIterable>(
    _ key: String, default fallback: Word? = nil
  ) throws(CrosswalkError) -> Word where Word.RawValue == String {
    guard let value = take(key) else { return try required(key, fallback) }
    guard let word = value.stringValue.flatMap(Word.init(rawValue:)) else {
      throw invalid(key, "one of " + Word.allCases.map(\.rawValue).joined(separator: ", "), value)
    }
    return word
  }

  /// A line of text.
  public mutating func text(_ key: String) throws(CrosswalkError) -> String {
    guard let value = take(key) else { return try required(key, nil) }
    guard let text = value.stringValue else { throw invalid(key, "a line of text", value) }
    return text
  }

  /// Whole numbers, at least `minimum` each.
  public mutating func integers(
    _ key: String, default fallback: [Int]? = nil, minimum: Int = -largest
  ) throws(CrosswalkError) -> [Int] {
    guard let value = take(key) else { return try required(key, fallback) }
    let numbers = (value.arrayValue ?? []).compactMap(\.intValue)
    guard !numbers.isEmpty, numbers.count == value.arrayValue?.count,
      numbers.allSatisfy({ $0 >= minimum && $0 <= Self.largest })
    else {
      throw invalid(
        key, "a list of whole numbers\(minimum < 0 ? "" : ", each \(minimum) or more")", value)
    }
    return numbers
  }

  /// The extents of a shape, each 1 or more; none for a single number.
  public mutating func extents(_ key: String, default fallback: [Int]? = nil)
    throws(CrosswalkError) -> [Int]
  {
    if values[key]?.arrayValue?.isEmpty == true {
      _ = take(key)
      return []
    }
    return try integers(key, default: fallback, minimum: 1)
  }

  /// Numbers in lists of lists, or one number, with the shape that they have.
  public mutating func numbers(_ key: String) throws(CrosswalkError) -> (
    shape: [Int], values: [Double]
  ) {
    guard let value = take(key) else { return try required(key, nil) }
    var shape: [Int] = []
    var level = value
    while let list = level.arrayValue, let first = list.first, shape.count < Self.mostAxes {
      shape.append(list.count)
      level = first
    }
    var numbers: [Double] = []
    guard collect(value, shape[...], into: &numbers) else {
      throw invalid(key, "a number, or lists of lists of numbers, all of one length", value)
    }
    return (shape, numbers)
  }

  private func collect(_ value: JSON, _ shape: ArraySlice<Int>, into numbers: inout [Double])
    -> Bool
  {
    guard let extent = shape.first else {
      let number = value.doubleValue ?? value.boolValue.map { $0 ? 1 : 0 }
      guard let number, number.isFinite else { return false }
      numbers.append(number)
      return true
    }
    guard let list = value.arrayValue, list.count == extent else { return false }
    return list.allSatisfy { collect($0, shape.dropFirst(), into: &numbers) }
  }

  /// Above the axes of any tensor of a model.
  private static let mostAxes = 16

  /// Whether a setting is a word.
  public func isText(_ key: String) -> Bool { values[key]?.stringValue != nil }

  /// Whether a setting is an object of settings of their own.
  public func isObject(_ key: String) -> Bool { values[key]?.objectValue != nil }

  /// The name of an axis or its position, negative from the end.
  public mutating func position(_ key: String, default fallback: Int? = nil)
    throws(CrosswalkError) -> Int
  {
    guard let value = take(key) else { return try required(key, fallback) }
    guard let number = value.intValue, abs(number) <= Self.largest else {
      throw invalid(key, "a whole number", value)
    }
    return number
  }

  /// A position that may be left out.
  public mutating func optionalPosition(_ key: String) throws(CrosswalkError) -> Int? {
    try isGiven(key) ? position(key) : nil
  }

  /// Whether a key is there and not null.
  public func has(_ key: String) -> Bool { !(values[key]?.isNull ?? true) }

  /// Refuses what no one asked for.
  package func finish() throws(CrosswalkError) {
    for key in values.keys where !known.contains(key) {
      let near = nearest(to: key, among: known)
      throw CrosswalkError(
        .invalidDocument, "this operation has no setting '\(key)'", at: Place(.key(key)),
        remedy: near.isEmpty
          ? "its settings: \(known.sorted().joined(separator: ", "))"
          : "did you mean \(near.joined(separator: ", "))?")
    }
  }

  /// Above any extent that a file can fill.
  public static let largest = 1 << 40

  /// Whether a key is there, which may be left out.
  private mutating func isGiven(_ key: String) -> Bool { take(key) != nil }

  private mutating func take(_ key: String) -> JSON? {
    known.insert(key)
    guard let value = values[key], !value.isNull else { return nil }
    return value
  }

  private func required<Value>(_ key: String, _ fallback: Value?) throws(CrosswalkError) -> Value {
    guard let fallback else {
      throw CrosswalkError(.invalidDocument, "the setting '\(key)' is missing")
    }
    return fallback
  }

  private func invalid(_ key: String, _ expected: String, _ found: JSON) -> CrosswalkError {
    CrosswalkError(
      .invalidDocument, "a setting of the wrong kind", at: Place(.key(key)), expected: expected,
      found: found.summary)
  }
}
