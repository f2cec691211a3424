import Diagnostics

/// Reads the head of a file in order, through a small window, each length checked against the file.
struct GGUFCursor {
  private let file: FileReader
  private var window: [UInt8] = []
  private var windowStart = 0
  private(set) var position = 0
  /// Whether numbers stand with their highest byte first.
  var isBigEndian = false
  /// How many values were read, so that a small file cannot ask for much memory.
  private var values = 0

  private static let windowSize = 1 << 16
  /// The largest vocabularies have some 10^6 entries in a few arrays.
  private static let maximumValues = 1 << 23

  init(_ file: FileReader) { self.file = file }

  var place: Place { Place(.byte(UInt64(clamping: position))) }
  /// The bytes that are left.
  var rest: Int { file.size - position }

  private mutating func take(_ count: Int) throws(CrosswalkError) -> ArraySlice<UInt8> {
    guard count >= 0, count <= rest else {
      throw CrosswalkError(
        .truncated, "the file ends too early", at: place, expected: "\(count) bytes here",
        found: "\(rest)", remedy: "it may be a download or copy that was cut: fetch it again")
    }
    if position + count > windowStart + window.count {
      window = try file.bytes(at: position, count: min(rest, max(count, Self.windowSize)))
      windowStart = position
    }
    defer { position += count }
    return window[position - windowStart..<position - windowStart + count]
  }

  /// Takes a number.
  mutating func number<Number: FixedWidthInteger>(_ type: Number.Type) throws(CrosswalkError)
    -> Number
  {
    var value: UInt64 = 0
    let bytes = Array(try take(MemoryLayout<Number>.size))
    for byte in isBigEndian ? bytes : bytes.reversed() { value = value << 8 | UInt64(byte) }
    return Number(truncatingIfNeeded: value)
  }

  /// Takes a count of things that each have at least so many bytes in what is left of the file.
  mutating func count(ofAtLeast bytes: Int) throws(CrosswalkError) -> Int {
    let start = place
    let value = try number(UInt64.self)
    guard let count = Int(exactly: value), count <= rest / bytes else {
      throw CrosswalkError(
        .truncated, "the file is too small for what it counts", at: start,
        expected: "at most \(rest / bytes)", found: "\(value)",
        remedy: "it may be a download or copy that was cut: fetch it again")
    }
    return count
  }

  /// Takes text.
  mutating func text() throws(CrosswalkError) -> String {
    let start = place
    let count = try count(ofAtLeast: 1)
    guard let text = String(validating: try take(count), as: UTF8.self) else {
      throw CrosswalkError(.malformed, "text that is not UTF-8", at: start)
    }
    return text
  }

  /// Notes that so many values are about to be kept.
  mutating func keep(_ count: Int) throws(CrosswalkError) {
    values += count
    guard values <= Self.maximumValues else {
      throw CrosswalkError(
        .tooLarge, "the metadata has too many values", at: place,
        expected: "at most \(Self.maximumValues)", found: "\(values)")
    }
  }
}
