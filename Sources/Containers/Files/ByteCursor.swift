import Diagnostics

/// Reads numbers and strings out of bytes in memory, little-endian, each step checked.
struct ByteCursor {
  let bytes: [UInt8]
  private(set) var position = 0
  /// Where the bytes begin in their file or member, for messages.
  let origin: Int

  init(_ bytes: [UInt8], origin: Int = 0) {
    self.bytes = bytes
    self.origin = origin
  }

  /// How many bytes are left.
  var rest: Int { bytes.count - position }

  /// Where the next byte is, for messages.
  var step: Place.Step { .byte(UInt64(clamping: origin + position)) }

  /// Takes bytes.
  ///
  /// - Throws: `truncated` when there are not so many.
  mutating func take(_ count: Int) throws(CrosswalkError) -> ArraySlice<UInt8> {
    guard count >= 0, count <= rest else {
      throw CrosswalkError(
        .truncated, "the data ends too early", at: Place(step), expected: "\(count) bytes",
        found: "\(rest)")
    }
    defer { position += count }
    return bytes[position..<position + count]
  }

  /// Takes an unsigned number of so many bytes.
  mutating func number<Number: FixedWidthInteger>(_ type: Number.Type) throws(CrosswalkError)
    -> Number
  {
    var value: UInt64 = 0
    for byte in try take(MemoryLayout<Number>.size).reversed() { value = value << 8 | UInt64(byte) }
    return Number(truncatingIfNeeded: value)
  }

  /// Takes a length or offset.
  ///
  /// - Throws: `tooLarge` when `Int` does not hold it.
  mutating func size<Number: FixedWidthInteger>(_ type: Number.Type) throws(CrosswalkError) -> Int {
    let start = step
    let value = try number(type)
    guard let size = Int(exactly: value) else {
      throw CrosswalkError(.tooLarge, "a size that no file has: \(value)", at: Place(start))
    }
    return size
  }

  /// Takes text.
  ///
  /// - Throws: `malformed` when it is not UTF-8.
  mutating func text(_ count: Int) throws(CrosswalkError) -> String {
    let start = step
    guard let text = String(validating: try take(count), as: UTF8.self) else {
      throw CrosswalkError(.malformed, "text that is not UTF-8", at: Place(start))
    }
    return text
  }

  /// Takes text up to the end of a line.
  mutating func line() throws(CrosswalkError) -> String {
    guard let end = bytes[position...].firstIndex(of: UInt8(ascii: "\n")) else {
      throw CrosswalkError(.truncated, "the data ends within a line", at: Place(step))
    }
    let line = try text(end - position)
    position += 1
    return line
  }
}

extension [UInt8] {
  /// Appends a number, little-endian.
  mutating func append<Number: FixedWidthInteger>(littleEndian number: Number) {
    Swift.withUnsafeBytes(of: number.littleEndian) { append(contentsOf: $0) }
  }
}
