import Documents

/// The places where two JSON values differ, the first few of them.
struct JSONDifferences {
  private(set) var lines: [String] = []
  static let limit = 5

  /// Compares two values at a place; they are no deeper than a document may be.
  mutating func compare(_ a: JSON, _ b: JSON, _ pointer: String) {
    guard lines.count < JSONDifferences.limit else { return }
    switch (a, b) {
    case (.object(let x), .object(let y)):
      for key in x.keys + y.keys.filter({ x[$0] == nil }) {
        compare(x[key] ?? .null, y[key] ?? .null, "\(pointer)/\(key)")
      }
    case (.array(let x), .array(let y)) where x.count == y.count:
      for (index, (p, q)) in zip(x, y).enumerated() { compare(p, q, "\(pointer)/\(index)") }
    default:
      let isEqual = a == b || a.doubleValue != nil && a.doubleValue == b.doubleValue
      if !isEqual { lines.append("\(pointer) is \(words(a)) against \(words(b))") }
    }
  }

  private func words(_ value: JSON) -> String {
    if let elements = value.arrayValue { return "a list of \(elements.count)" }
    return value.objectValue == nil ? value.text(indented: false) : "an object"
  }
}
