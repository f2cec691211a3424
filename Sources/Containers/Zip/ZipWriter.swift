import Diagnostics
import Tensors

/// Writes a zip archive of members stored and aligned, or deflated, streamed into a file.
struct ZipWriter {
  private let file: FileWriter
  private let alignment: Int
  private var directory: [UInt8] = []
  private var count = 0
  /// The checksums so far, in order; they identify what was written.
  private(set) var checksums: [UInt32] = []

  /// Starts an archive whose members' bytes begin at multiples of an alignment.
  init(_ file: FileWriter, alignment: Int) {
    self.file = file
    self.alignment = alignment
  }

  /// Adds a member of bytes in memory.
  mutating func add(_ name: String, _ bytes: [UInt8]) throws(CrosswalkError) {
    try add(name, size: bytes.count) { (append) throws(CrosswalkError) in
      try bytes.withRawBytes { (raw) throws(CrosswalkError) in try append(raw) }
    }
  }

  /// Adds a member of a known size whose bytes a closure hands over piece by piece.
  ///
  /// - Parameter level: how hard to deflate, from 0 to 9; nil to store.
  mutating func add(
    _ name: String, size: Int, level: Int? = nil,
    _ fill: ((UnsafeRawBufferPointer) throws(CrosswalkError) -> Void) throws(CrosswalkError) -> Void
  ) throws(CrosswalkError) {
    var member = Member(name: name, size: size, offset: file.offset, isDeflated: level != nil)
    try file.append(member.localHeader(alignment: alignment))
    let start = file.offset
    let deflate = try level.map { (level) throws(CrosswalkError) in try Deflate(level: level) }
    try fill { (bytes) throws(CrosswalkError) in
      member.checksum = Checksum.of(bytes, after: member.checksum)
      guard let deflate else { return try file.append(bytes) }
      try deflate.add(bytes, file.append)
    }
    try deflate?.finish(file.append)
    member.storedSize = file.offset - start
    // Known only now; every reader finds it where it belongs, without a data descriptor.
    try file.overwrite(at: member.offset, member.localHeader(alignment: alignment))
    directory += member.directoryEntry
    checksums.append(member.checksum)
    count += 1
  }

  /// Writes the directory; nothing can be added afterwards.
  func finish() throws(CrosswalkError) {
    let start = file.offset
    try file.append(directory)
    var end: [UInt8] = []
    if count >= Int(UInt16.max) || start + directory.count >= Int(UInt32.max) {
      end += wideEnd(start)
    }
    end.append(littleEndian: UInt32(0x0605_4B50))
    end.append(littleEndian: UInt32(0))
    for _ in 0..<2 { end.append(littleEndian: UInt16(clamping: count)) }
    end.append(littleEndian: UInt32(clamping: directory.count))
    end.append(littleEndian: UInt32(clamping: start))
    end.append(littleEndian: UInt16(0))
    try file.append(end)
  }

  private func wideEnd(_ start: Int) -> [UInt8] {
    var end: [UInt8] = []
    end.append(littleEndian: UInt32(0x0606_4B50))
    end.append(littleEndian: UInt64(44))
    for _ in 0..<2 { end.append(littleEndian: UInt16(45)) }
    end.append(littleEndian: UInt64(0))
    for size in [count, count, directory.count, start] { end.append(littleEndian: UInt64(size)) }
    end.append(littleEndian: UInt32(0x0706_4B50))
    end.append(littleEndian: UInt32(0))
    end.append(littleEndian: UInt64(start + directory.count))
    end.append(littleEndian: UInt32(1))
    return end
  }
}

extension ZipWriter {
  private struct Member {
    let name: String
    let size: Int
    let offset: Int
    let isDeflated: Bool
    /// The bytes it takes; known when they are written.
    var storedSize: Int
    var checksum: UInt32 = 0

    init(name: String, size: Int, offset: Int, isDeflated: Bool) {
      (self.name, self.size, self.offset) = (name, size, offset)
      (self.isDeflated, storedSize) = (isDeflated, size)
    }

    /// Whether the sizes take 64 bits; deflated, what cannot be made smaller grows a little.
    private var isWide: Bool { size >= Member.limit - Member.limit / 1000 }

    private static let limit = Int(UInt32.max)
    /// Names are UTF-8.
    private static let flags: UInt16 = 0x0800
    /// The first day that the format can say: archives do not depend on when they were made.
    private static let date: UInt16 = 1 << 5 | 1

    /// What both headers say, from the version to the sizes.
    private var common: [UInt8] {
      var bytes: [UInt8] = []
      bytes.append(littleEndian: UInt16(45))
      bytes.append(littleEndian: Member.flags)
      bytes.append(littleEndian: UInt16(isDeflated ? 8 : 0))
      bytes.append(littleEndian: UInt16(0))
      bytes.append(littleEndian: Member.date)
      bytes.append(littleEndian: checksum)
      for size in [storedSize, size] {
        bytes.append(littleEndian: isWide ? UInt32.max : UInt32(clamping: size))
      }
      bytes.append(littleEndian: UInt16(clamping: name.utf8.count))
      return bytes
    }

    private func wideField(_ sizes: [Int]) -> [UInt8] {
      guard !sizes.isEmpty else { return [] }
      var field: [UInt8] = []
      field.append(littleEndian: UInt16(1))
      field.append(littleEndian: UInt16(8 * sizes.count))
      for size in sizes { field.append(littleEndian: UInt64(size)) }
      return field
    }

    /// The header before the member's bytes, filled so that they are aligned.
    func localHeader(alignment: Int) -> [UInt8] {
      var extra = wideField(isWide ? [size, storedSize] : [])
      let end = offset + 30 + name.utf8.count + extra.count + 4
      let padding = (alignment - end % alignment) % alignment
      // torch's own field for this: "FB", filled with Z.
      extra += Array("FB".utf8)
      extra.append(littleEndian: UInt16(padding))
      extra += [UInt8](repeating: UInt8(ascii: "Z"), count: padding)
      var header: [UInt8] = []
      header.append(littleEndian: UInt32(0x0403_4B50))
      header += common
      header.append(littleEndian: UInt16(extra.count))
      return header + Array(name.utf8) + extra
    }

    var directoryEntry: [UInt8] {
      let extra = wideField(
        (isWide ? [size, storedSize] : []) + (offset >= Member.limit ? [offset] : []))
      var entry: [UInt8] = []
      entry.append(littleEndian: UInt32(0x0201_4B50))
      entry.append(littleEndian: UInt16(45))
      entry += common
      entry.append(littleEndian: UInt16(extra.count))
      entry += [UInt8](repeating: 0, count: 10)
      entry.append(littleEndian: UInt32(clamping: offset))
      return entry + Array(name.utf8) + extra
    }
  }
}
