import Diagnostics

/// The end of a zip archive, which says where its directory is.
struct ZipEnd {
  let directoryOffset: Int
  let directorySize: Int
  let count: Int

  private static let size = 22
  private static let mark: [UInt8] = [0x50, 0x4B, 5, 6]

  init(of file: FileReader) throws(CrosswalkError) {
    let tail = try file.bytes(
      at: max(0, file.size - ZipEnd.size - Int(UInt16.max)),
      count: min(file.size, ZipEnd.size + Int(UInt16.max)))
    let origin = file.size - tail.count
    guard let start = ZipEnd.find(in: tail) else {
      throw CrosswalkError(
        .truncated, "the archive has no end", at: Place(.byte(UInt64(file.size))),
        remedy: "it may be a download or copy that was cut: fetch it again")
    }
    var cursor = ByteCursor(Array(tail[start...]), origin: origin + start)
    _ = try cursor.take(4)
    let disks = [try cursor.number(UInt16.self), try cursor.number(UInt16.self)]
    let counts = [try cursor.size(UInt16.self), try cursor.size(UInt16.self)]
    let (directorySize, offset) = (try cursor.size(UInt32.self), try cursor.size(UInt32.self))
    guard disks == [0, 0], counts[0] == counts[1] else {
      throw CrosswalkError(.unsupported, "an archive of several parts")
    }
    guard let wide = try ZipEnd(wideBefore: origin + start, of: file) else {
      try self.init(offset, directorySize, count: counts[1], endingAt: origin + start)
      return
    }
    // torch writes both ends always; they must tell the same where the plain one can.
    guard
      [(counts[1], wide.count, Int(UInt16.max)), (offset, wide.directoryOffset, Int(UInt32.max))]
        .allSatisfy({ plain, wide, most in plain == wide || plain == most })
    else { throw CrosswalkError(.malformed, "the archive's two ends differ") }
    self = wide
  }

  private init(_ offset: Int, _ size: Int, count: Int, endingAt end: Int) throws(CrosswalkError) {
    guard offset <= end, size == end - offset else {
      throw CrosswalkError(
        .malformed, "the archive's directory is not where it should be",
        expected: "bytes up to \(end)", found: "\(size) bytes from \(offset)")
    }
    (directoryOffset, directorySize, self.count) = (offset, size, count)
  }

  /// The zip64 end that stands before the plain one; nil when there is none.
  private init?(wideBefore end: Int, of file: FileReader) throws(CrosswalkError) {
    guard end >= 20 else { return nil }
    var locator = ByteCursor(try file.bytes(at: end - 20, count: 20), origin: end - 20)
    guard try locator.number(UInt32.self) == 0x0706_4B50 else { return nil }
    _ = try locator.take(4)
    let start = try locator.size(UInt64.self)
    var cursor = ByteCursor(try file.bytes(at: start, count: 56), origin: start)
    guard try cursor.number(UInt32.self) == 0x0606_4B50 else {
      throw CrosswalkError(.malformed, "no zip64 end", at: Place(.byte(UInt64(start))))
    }
    _ = try cursor.take(20)
    let counts = [try cursor.size(UInt64.self), try cursor.size(UInt64.self)]
    let (size, offset) = (try cursor.size(UInt64.self), try cursor.size(UInt64.self))
    guard counts[0] == counts[1] else {
      throw CrosswalkError(.unsupported, "an archive of several parts")
    }
    try self.init(offset, size, count: counts[1], endingAt: start)
  }

  /// The last mark whose comment reaches just to the end of the file.
  private static func find(in tail: [UInt8]) -> Int? {
    guard tail.count >= size else { return nil }
    return (0...tail.count - size).reversed().first { start in
      tail[start] == mark[0] && Array(tail[start..<start + 4]) == mark
        && Int(tail[start + 20]) | Int(tail[start + 21]) << 8 == tail.count - start - size
    }
  }
}
