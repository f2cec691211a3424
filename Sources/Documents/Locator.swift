import Diagnostics

/// Walks a JSON text value by value, without recursion, and knows where it stands.
///
/// json-c makes the values but tells no positions, and lets more through than RFC 8259 does. The
/// locator walks the same text before it: it refuses what is not strict JSON, so that json-c only
/// sees sound text, and counts members, so that a key that json-c would drop is noticed.
struct Locator {
  /// The text and one more byte, NUL, which no JSON text has: reading there needs no check.
  private let text: [UInt8]
  private(set) var position: Int
  private(set) var stack: [Frame] = []
  private var isDone = false

  /// An object or array that is open.
  struct Frame {
    let isObject: Bool
    let start: Int
    /// The members begun so far.
    var count = 0
    /// The literal of the last key, quotes included; nothing while it is being read.
    var key: Range<Int>?
  }

  /// What the walk came upon.
  enum Step {
    /// An object or array begins.
    case opened(at: Int)
    /// A value without parts.
    case scalar(at: Int)
    /// The innermost object or array ends.
    case closed(Frame)
    /// The text ends.
    case finished
  }

  /// What stands where it should not.
  struct Refusal: Error {
    let kind: CrosswalkError.Kind
    let message: String
    let offset: Int
    var expected: String?
    var found: String?
    var remedy: String?
  }

  init(terminated text: [UInt8]) {
    self.text = text
    position = text.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
  }

  /// Goes on to the next value, end of a container or end of the text.
  mutating func next() throws(Refusal) -> Step {
    skipSpace()
    guard let frame = stack.last else {
      return isDone ? try finish() : try value()
    }
    if byte == (frame.isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")) {
      position += 1
      stack.removeLast()
      isDone = stack.isEmpty
      return .closed(frame)
    }
    if frame.count > 0 {
      try take(",", orSay: frame.isObject ? "',' or '}'" : "',' or ']'")
      skipSpace()
    }
    if frame.isObject {
      stack[stack.count - 1].key = nil
      stack[stack.count - 1].key = try key(of: frame)
    }
    stack[stack.count - 1].count += 1
    return try value()
  }

  private var byte: UInt8 { text[position] }

  private mutating func skipSpace() {
    while byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
  }

  private func finish() throws(Refusal) -> Step {
    guard position == text.count - 1 else { throw unexpected("the end of the text") }
    return .finished
  }

  private mutating func take(_ wanted: Unicode.Scalar, orSay expected: String) throws(Refusal) {
    guard byte == UInt8(ascii: wanted) else { throw unexpected(expected) }
    position += 1
  }

  private mutating func key(of frame: Frame) throws(Refusal) -> Range<Int> {
    let start = position
    guard byte == UInt8(ascii: "\"") else {
      throw unexpected(
        frame.count == 0 ? "a key in double quotes or '}'" : "a key in double quotes")
    }
    try string(isKey: true)
    let literal = start..<position
    skipSpace()
    try take(":", orSay: "':'")
    skipSpace()
    return literal
  }

  private mutating func value() throws(Refusal) -> Step {
    let start = position
    switch byte {
    case UInt8(ascii: "{"), UInt8(ascii: "["):
      try open()
      return .opened(at: start)
    case UInt8(ascii: "\""): try string(isKey: false)
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): try number()
    case UInt8(ascii: "t"): try word("true")
    case UInt8(ascii: "f"): try word("false")
    case UInt8(ascii: "n"): try word("null")
    default: throw noNumber(from: start) ?? unexpected("a value")
    }
    isDone = stack.isEmpty
    return .scalar(at: start)
  }

  private mutating func open() throws(Refusal) {
    guard stack.count < Document.maximumDepth else {
      throw Refusal(
        kind: .tooLarge, message: "objects and arrays are nested too deeply", offset: position,
        expected: "at most \(Document.maximumDepth) levels", found: "more")
    }
    stack.append(Frame(isObject: byte == UInt8(ascii: "{"), start: position))
    position += 1
  }

  private mutating func word(_ word: String) throws(Refusal) {
    for expected in word.utf8 {
      guard byte == expected else { throw unexpected("'\(word)'") }
      position += 1
    }
  }
}

// MARK: numbers

extension Locator {
  private mutating func number() throws(Refusal) {
    let start = position
    if byte == UInt8(ascii: "-") { position += 1 }
    if !isDigit, let refusal = noNumber(from: start) { throw refusal }
    if byte == UInt8(ascii: "0") {
      position += 1
      if isDigit { throw unexpected("no digit after a leading zero") }
    } else {
      try digits()
    }
    if byte == UInt8(ascii: ".") {
      position += 1
      try digits()
    }
    if byte | 0x20 == UInt8(ascii: "e") {
      position += 1
      if byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-") { position += 1 }
      try digits()
    }
  }

  private var isDigit: Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }

  private mutating func digits() throws(Refusal) {
    guard isDigit else { throw unexpected("a digit") }
    while isDigit { position += 1 }
  }

  /// The refusal of the words that Python writes for what is no number.
  private func noNumber(from start: Int) -> Refusal? {
    let rest = text[position...]
    for word in ["NaN", "Infinity"] where rest.starts(with: word.utf8) {
      return Refusal(
        kind: .malformed, message: "\(word) is not JSON", offset: start,
        remedy: "write a number, null or a string")
    }
    return nil
  }

  /// The literal of the integer that begins at an offset.
  func integerLiteral(at offset: Int) -> String {
    let literal = text[offset...].prefix {
      $0 == UInt8(ascii: "-") || ($0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9"))
    }
    return String(decoding: literal, as: UTF8.self)
  }
}

// MARK: strings

extension Locator {
  private mutating func string(isKey: Bool) throws(Refusal) {
    position += 1
    while byte != UInt8(ascii: "\"") {
      if byte < 0x20 { throw controlCharacter() }
      if byte == UInt8(ascii: "\\") {
        try escape(isKey: isKey)
      } else {
        position += 1
      }
    }
    position += 1
  }

  private func controlCharacter() -> Refusal {
    position == text.count - 1
      ? unexpected("'\"'")
      : Refusal(
        kind: .malformed, message: "a control character stands unescaped in a string",
        offset: position,
        remedy: "write it as \\u00\(byte < 16 ? "0" : "")\(String(byte, radix: 16))")
  }

  private mutating func escape(isKey: Bool) throws(Refusal) {
    let start = position
    position += 1
    guard byte == UInt8(ascii: "u") else {
      guard "\"\\/bfnrt".utf8.contains(byte) else { throw unexpected("an escape of JSON") }
      position += 1
      return
    }
    let unit = try codeUnit()
    // json-c cuts a key at NUL.
    if isKey && unit == 0 {
      throw Refusal(kind: .unsupported, message: "a key contains NUL", offset: start)
    }
    guard UTF16.isSurrogate(unit) else { return }
    guard UTF16.isLeadSurrogate(unit), byte == UInt8(ascii: "\\"),
      text[position + 1] == UInt8(ascii: "u")
    else { throw loneSurrogate(at: start) }
    position += 1
    guard UTF16.isTrailSurrogate(try codeUnit()) else { throw loneSurrogate(at: start) }
  }

  /// Takes `uXXXX`.
  private mutating func codeUnit() throws(Refusal) -> UInt16 {
    var unit: UInt16 = 0
    for _ in 0..<4 {
      position += 1
      guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
        throw unexpected("a hexadecimal digit")
      }
      unit = unit << 4 | UInt16(digit)
    }
    position += 1
    return unit
  }

  private func loneSurrogate(at offset: Int) -> Refusal {
    Refusal(
      kind: .malformed, message: "half of a surrogate pair stands alone in a string",
      offset: offset)
  }
}

// MARK: saying where

extension Locator {
  private func unexpected(_ expected: String) -> Refusal {
    Refusal(
      kind: position == text.count - 1 ? .truncated : .malformed, message: "this is not JSON",
      offset: position, expected: expected, found: foundHere)
  }

  private var foundHere: String {
    if position == text.count - 1 { return "the end of the text" }
    let scalar = String(decoding: text[position...].prefix(4), as: UTF8.self).unicodeScalars.first
    return scalar.map { "'\(Character($0))'" } ?? "byte \(byte)"
  }

  /// The JSON pointer to where the walk stands.
  var pointer: String {
    var pointer = ""
    for frame in stack {
      if let key = frame.key {
        pointer += "/" + JSONC.string(ofLiteral: text[key]).pointerEscaped
      } else if !frame.isObject && frame.count > 0 {
        pointer += "/\(frame.count - 1)"
      }
    }
    return pointer
  }
}
