/// One line of a text of word vectors: a word, and numbers after it.
///
/// A word may have spaces in it, as some of GloVe's do: what is a word and what are numbers is told
/// from the end of the line.
struct WordRow {
  /// The line without its end.
  private let line: UnsafeRawBufferPointer

  init(_ line: UnsafeRawBufferPointer) {
    var count = line.count
    if count > 0, line[count - 1] == UInt8(ascii: "\r") { count -= 1 }
    self.line = UnsafeRawBufferPointer(rebasing: line[..<count])
  }

  static func isSpace(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t")
  }

  /// Whether nothing but space is on the line.
  var isBlank: Bool { line.allSatisfy(Self.isSpace) }

  /// Where the last so many parts begin; nil when there are fewer, or no word before them.
  func startOfNumbers(_ count: Int) -> Int? {
    var end = line.count
    for _ in 0..<count {
      guard let part = part(endingBy: end) else { return nil }
      end = part.lowerBound
    }
    // The word may be empty, but there is a space after it.
    return end > 0 ? end : nil
  }

  /// How many parts at the end are numbers, when the first part of all is none of them.
  var numbers: Int {
    var (count, end) = (0, line.count)
    while let part = part(endingBy: end), part.lowerBound > 0,
      DecimalText.number(.init(rebasing: line[part])) != nil
    {
      count += 1
      end = part.lowerBound
    }
    return count
  }

  /// The parts between spaces, the first so many of them.
  func parts(atMost count: Int) -> [Slice<UnsafeRawBufferPointer>] {
    line.split(maxSplits: count, whereSeparator: Self.isSpace)
  }

  /// The last part before a place.
  private func part(endingBy end: Int) -> Range<Int>? {
    var end = end
    while end > 0, Self.isSpace(line[end - 1]) { end -= 1 }
    var start = end
    while start > 0, !Self.isSpace(line[start - 1]) { start -= 1 }
    return start < end ? start..<end : nil
  }

  /// Reads numbers, which are all that is on the line, as binary32 in little-endian bytes.
  ///
  /// - Returns: nil where all are numbers and as many as there is room for; else the bytes of what
  ///   is none, empty where there are too few or too many.
  func read(into room: UnsafeMutableRawBufferPointer) -> [UInt8]? {
    var (start, count) = (0, 0)
    while true {
      while start < line.count, Self.isSpace(line[start]) { start += 1 }
      guard start < line.count else { return count == room.count / 4 ? nil : [] }
      var end = start
      while end < line.count, !Self.isSpace(line[end]) { end += 1 }
      let part = UnsafeRawBufferPointer(rebasing: line[start..<end])
      guard count < room.count / 4 else { return [] }
      guard let number = DecimalText.number(part) else { return Array(part.prefix(40)) }
      room.storeBytes(
        of: number.bitPattern.littleEndian, toByteOffset: count * 4, as: UInt32.self)
      (start, count) = (end, count + 1)
    }
  }
}
