import Diagnostics
import Documents

/// What formulas ask of text and of axes that have letters, as einsum's have.
enum Labels {
  /// `before(text, mark)` and `after(text, mark)`; `extents(labels, labels, shape, …)`: the extent
  /// of each letter, looked up in one shape after the other, the last letter being the last axis;
  /// `biased(labels, shape, axes)`: those extents from the first of some axes on, 1 for the others.
  ///
  /// - Returns: nil for any other function.
  static func call(_ function: String, _ values: [JSON]) -> JSON? {
    switch function {
    case "before", "after":
      guard values.count == 2, let text = values[0].stringValue, let mark = values[1].stringValue,
        let place = text.range(of: mark)
      else { return function == "before" ? values.first : .null }
      return .string(
        String(function == "before" ? text[..<place.lowerBound] : text[place.upperBound...]))
    case "extents":
      guard let labels = letters(values.first) else { return .null }
      var known: [Character: JSON] = [:]
      for pair in stride(from: 1, to: values.count - 1, by: 2) {
        for (letter, extent) in extents(values[pair], values[pair + 1])
        where !extent.isNull && known[letter] == nil {
          known[letter] = extent
        }
      }
      return .array(labels.map { known[$0] ?? .null })
    case "biased":
      guard values.count == 3, let labels = letters(values[0]), let axes = letters(values[2]),
        let first = labels.firstIndex(where: axes.contains)
      else { return .null }
      let known = Dictionary(extents(values[0], values[1]), uniquingKeysWith: { a, _ in a })
      return .array(labels[first...].map { axes.contains($0) ? known[$0] ?? .null : 1 })
    default: return nil
    }
  }

  private static func letters(_ json: JSON?) -> [Character]? {
    json?.stringValue.map { $0.filter(\.isLetter) }.map(Array.init)
  }

  /// Each letter with its axis, from the last to the first.
  private static func extents(_ labels: JSON, _ shape: JSON) -> [(Character, JSON)] {
    Array(zip((letters(labels) ?? []).reversed(), (shape.arrayValue ?? []).reversed()))
  }
}

extension String {
  /// Where a text stands first.
  fileprivate func range(of text: String) -> Range<Index>? {
    var start = startIndex
    while start < endIndex {
      if self[start...].hasPrefix(text) { return start..<index(start, offsetBy: text.count) }
      start = index(after: start)
    }
    return nil
  }
}
