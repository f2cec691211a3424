import Diagnostics

/// An anchored pattern over names.
///
/// `{i}` is any whole number written without leading zeros, the same everywhere in one match;
/// `{weight|gamma}` is one of these words; `{prefix}` is the checkpoint's one prefix.
struct Pattern: Sendable, Hashable {
  let text: String
  private let parts: [Part]

  enum Part: Sendable, Hashable {
    case literal([UInt8])
    case index(String)
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
    Set(parts.compactMap { if case .index(let name) = $0 { name } else { nil } })
  }

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
    case .index(let name):
      let digits = text.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
      guard !digits.isEmpty, digits.count == 1 || digits.first != UInt8(ascii: "0"),
        let value = Int(String(decoding: digits, as: UTF8.self))
      else { return false }
      if let known = found[name], known != value { return false }
      found[name] = value
      return match(text.dropFirst(digits.count), rest, prefix, &found)
    }
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
      case .index(let index):
        guard let value = indices[index] else {
          throw CrosswalkError(
            .invalidDocument, "the pattern '\(text)' has an index {\(index)} without a value")
        }
        name += String(value)
      }
    }
    return name
  }
}
