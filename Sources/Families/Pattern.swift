import Diagnostics

/// An anchored pattern over names.
///
/// `{i}` is any whole number written without leading zeros, the same everywhere in one match;
/// `{weight|gamma}` is one of these words; `{prefix}` is the checkpoint's one prefix. `{_i}` is how
/// Keras counts what has one name: nothing for 0, `_1` for 1. `{*}` is anything, for names that are
/// only passed over.
struct Pattern: Sendable, Hashable {
  let text: String
  private let parts: [Part]

  enum Part: Sendable, Hashable {
    case literal([UInt8])
    case index(String)
    case counter(String)
    case anything
    case choice([String])
    case prefix

    var isChoice: Bool { if case .choice = self { true } else { false } }
  }

  init(_ text: String) throws(CrosswalkError) {
    self.text = text
    var parts: [Part] = []
    var rest = Substring(text)
    while !rest.isEmpty {
      let literal = rest.prefix { $0 != "{" && $0 != "}" }
      if !literal.isEmpty { parts.append(.literal(Array(literal.utf8))) }
      rest = rest.dropFirst(literal.count)
      guard let opening = rest.first else { break }
      let inner = rest.dropFirst().prefix { $0 != "{" && $0 != "}" }
      rest = rest.dropFirst(inner.count + 1)
      guard opening == "{", rest.first == "}", !inner.isEmpty else {
        throw CrosswalkError(.invalidDocument, "the pattern '\(text)' has a brace without its pair")
      }
      rest.removeFirst()
      if inner == "prefix" {
        parts.append(.prefix)
      } else if inner == "*" {
        parts.append(.anything)
      } else if inner.hasPrefix("_") {
        parts.append(.counter(String(inner.dropFirst())))
      } else if inner.contains("|") {
        parts.append(
          .choice(inner.split(separator: "|", omittingEmptySubsequences: false).map(String.init)))
      } else {
        parts.append(.index(String(inner)))
      }
    }
    guard parts.count(where: \.isChoice) <= Self.maximumChoices else {
      throw CrosswalkError(
        .tooLarge, "the pattern '\(text)' has too many choices",
        expected: "at most \(Self.maximumChoices)", found: "\(parts.count(where: \.isChoice))")
    }
    self.parts = parts
  }

  /// Choices are tried one within the other: more of them could be tried for ever.
  static let maximumChoices = 3

  /// The names of the indices in the pattern.
  var indices: Set<String> {
    Set(
      parts.compactMap { part in
        switch part {
        case .index(let name), .counter(let name): name
        default: nil
        }
      })
  }

  /// Whether a name can be made of the pattern.
  var isInvertible: Bool { !parts.contains(.anything) }

  /// Whether the pattern begins with the checkpoint's prefix.
  var hasPrefix: Bool { parts.contains(.prefix) }

  /// The indices of a name that fits, nil when it does not.
  func match(_ name: String, prefix: String) -> [String: Int]? {
    var found: [String: Int] = [:]
    return match(Array(name.utf8)[...], parts[...], prefix, &found) ? found : nil
  }

  private func match(
    _ text: ArraySlice<UInt8>, _ parts: ArraySlice<Part>, _ prefix: String,
    _ found: inout [String: Int]
  ) -> Bool {
    guard let part = parts.first else { return text.isEmpty }
    let rest = parts.dropFirst()
    switch part {
    case .literal(let literal):
      return text.starts(with: literal)
        && match(text.dropFirst(literal.count), rest, prefix, &found)
    case .prefix:
      return text.starts(with: prefix.utf8)
        && match(text.dropFirst(prefix.utf8.count), rest, prefix, &found)
    case .choice(let words):
      return words.contains { word in
        text.starts(with: word.utf8) && match(text.dropFirst(word.utf8.count), rest, prefix, &found)
      }
    case .anything:
      return (0...text.count).contains { match(text.dropFirst($0), rest, prefix, &found) }
    case .index(let name):
      guard let (value, length) = Self.number(text), Self.set(name, value, &found) else {
        return false
      }
      return match(text.dropFirst(length), rest, prefix, &found)
    case .counter(let name):
      var length = 0
      var value = 0
      if text.first == UInt8(ascii: "_"), let (number, digits) = Self.number(text.dropFirst()) {
        guard number > 0 else { return false }
        (value, length) = (number, digits + 1)
      }
      return Self.set(name, value, &found)
        && match(text.dropFirst(length), rest, prefix, &found)
    }
  }

  /// The whole number without leading zeros that a text begins with.
  private static func number(_ text: ArraySlice<UInt8>) -> (value: Int, length: Int)? {
    let digits = text.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    guard !digits.isEmpty, digits.count == 1 || digits.first != UInt8(ascii: "0"),
      let value = Int(String(decoding: digits, as: UTF8.self))
    else { return nil }
    return (value, digits.count)
  }

  /// Whether an index may have a value beside those that were found.
  private static func set(_ name: String, _ value: Int, _ found: inout [String: Int]) -> Bool {
    if let known = found[name], known != value { return false }
    found[name] = value
    return true
  }

  /// The name for given indices; of choices, the first.
  ///
  /// - Throws: `invalidDocument` when an index has no value.
  func name(_ indices: [String: Int], prefix: String) throws(CrosswalkError) -> String {
    var name = ""
    for part in parts {
      switch part {
      case .literal(let literal): name += String(decoding: literal, as: UTF8.self)
      case .prefix: name += prefix
      case .choice(let words): name += words.first ?? ""
      case .index(let index): name += String(try value(of: index, in: indices))
      case .counter(let index):
        let value = try value(of: index, in: indices)
        name += value == 0 ? "" : "_\(value)"
      case .anything:
        throw CrosswalkError(.invalidDocument, "the pattern '\(text)' makes no name")
      }
    }
    return name
  }

  private func value(of index: String, in indices: [String: Int]) throws(CrosswalkError) -> Int {
    guard let value = indices[index] else {
      throw CrosswalkError(
        .invalidDocument, "the pattern '\(text)' has an index {\(index)} without a value")
    }
    return value
  }
}
