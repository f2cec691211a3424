import Documents

extension JSON {
  /// A number, or `null` for none; the writer makes a string of what is not finite.
  static func measured(_ value: Double?) -> JSON { value.map(JSON.number) ?? .null }

  /// A binary32 number in the fewest digits that read back as the same binary32.
  static func measured(_ value: Float) -> JSON { .number(Double("\(value)") ?? Double(value)) }

  /// A count.
  static func count(_ value: Int) -> JSON { .integer(Int64(value)) }

  /// A string, or `null` for none.
  static func text(_ value: String?) -> JSON { value.map(JSON.string) ?? .null }

  /// An array of strings.
  static func texts(_ values: [String]) -> JSON { .array(values.map(JSON.string)) }

  /// An array of counts.
  static func counts(_ values: [Int]) -> JSON { .array(values.map(JSON.count)) }

  /// A matrix as an array of rows.
  static func rows(_ values: ArraySlice<Float>, rows: Int, columns: Int) -> JSON {
    .array(
      (0..<rows).map { row in
        let start = values.startIndex + row * columns
        return .array(values[start..<start + columns].map { measured($0) })
      })
  }
}
