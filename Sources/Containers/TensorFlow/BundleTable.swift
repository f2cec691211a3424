import Diagnostics

/// The table of a checkpoint's `.index` file, as LevelDB writes tables.
///
/// Blocks of entries whose keys share their beginnings, each block with a checksum; an index of the
/// blocks; a footer that tells where that is. Source: doc/table_format.md of google/leveldb, and
/// TensorFlow's core/lib/io/format.cc.
struct BundleTable {
  /// Keys in ascending order, with their values.
  private(set) var entries: [Entry] = []
  private var expandedSize = 0

  /// A key and its value.
  struct Entry {
    let key: [UInt8]
    let value: [UInt8]
  }

  /// The last eight bytes.
  static let magic: [UInt8] = [0x57, 0xFB, 0x80, 0x8B, 0x24, 0x75, 0x47, 0xDB]
  static let footerSize = 48
  /// The most bytes of a table, of its expanded blocks, and of its keys.
  static let maximumSize = 256 << 20
  /// The longest key.
  static let maximumKeySize = 1 << 16

  init(of file: FileReader) throws(CrosswalkError) {
    guard file.size >= Self.footerSize, file.size <= Self.maximumSize else {
      throw CrosswalkError(
        .tooLarge, "the index is too large", expected: "at most \(Self.maximumSize) bytes",
        found: "\(file.size)")
    }
    let start = file.size - Self.footerSize
    var footer = ByteCursor(try file.bytes(at: start, count: Self.footerSize), origin: start)
    // The first is of blocks about blocks, of which there are none; it has a checksum all the same.
    _ = try block(of: file, at: footer.sizeVarint(), size: footer.sizeVarint())
    let index = try block(of: file, at: footer.sizeVarint(), size: footer.sizeVarint())
    for entry in try Self.entries(of: index) {
      var place = ByteCursor(entry.value)
      let block = try block(of: file, at: place.sizeVarint(), size: place.sizeVarint())
      try add(try Self.entries(of: block))
    }
  }

  /// The bytes of a block, its checksum checked, expanded.
  private mutating func block(of file: FileReader, at offset: Int, size: Int)
    throws(CrosswalkError) -> [UInt8]
  {
    let (count, overflow) = size.addingReportingOverflow(5)
    guard !overflow, size <= file.size - Self.footerSize else {
      throw CrosswalkError(
        .malformed, "a block that leaves the index", at: Place(.byte(UInt64(clamping: offset))))
    }
    let bytes = try file.bytes(at: offset, count: count)
    var trailer = ByteCursor(Array(bytes[(size + 1)...]))
    guard MaskedChecksum.of(bytes[...size]) == (try trailer.number(UInt32.self)) else {
      throw CrosswalkError(
        .malformed, "the block's checksum is wrong", at: Place(.byte(UInt64(clamping: offset))),
        remedy: "the file was damaged: fetch or save it again")
    }
    let content = Array(bytes[..<size])
    let expanded: [UInt8]
    switch bytes[size] {
    case 0: expanded = content
    case 1: expanded = try Snappy.expand(content, atMost: Self.maximumSize - expandedSize)
    default:
      throw CrosswalkError(
        .unsupported, "a block in an unknown compression", expected: "0, none, or 1, snappy",
        found: "\(bytes[size])")
    }
    expandedSize += expanded.count
    guard expandedSize <= Self.maximumSize else {
      throw CrosswalkError(.tooLarge, "the index is too large when expanded")
    }
    return expanded
  }

  private mutating func add(_ more: [Entry]) throws(CrosswalkError) {
    for entry in more {
      if let last = entries.last {
        guard last.key.lexicographicallyPrecedes(entry.key) else {
          throw CrosswalkError(.malformed, "keys of the index that do not ascend")
        }
      }
      entries.append(entry)
    }
  }

  /// The entries of a block: shared and unshared bytes of the key, then the value.
  private static func entries(of block: [UInt8]) throws(CrosswalkError) -> [Entry] {
    guard block.count >= 4 else { throw CrosswalkError(.truncated, "a block without its end") }
    var tail = ByteCursor(Array(block.suffix(4)))
    let restarts = try tail.size(UInt32.self)
    guard restarts <= (block.count - 4) / 4 else {
      throw CrosswalkError(.malformed, "a block of more restarts than bytes")
    }
    var cursor = ByteCursor(Array(block.dropLast(4 + 4 * restarts)))
    var entries: [Entry] = []
    var key: [UInt8] = []
    var keysSize = 0
    while cursor.rest > 0 {
      let (shared, unshared) = (try cursor.sizeVarint(), try cursor.sizeVarint())
      let size = try cursor.sizeVarint()
      guard shared <= key.count, unshared <= maximumKeySize - shared else {
        throw CrosswalkError(.malformed, "a key that is too long, or shares more than there is")
      }
      key = Array(key[..<shared] + (try cursor.take(unshared)))
      keysSize += key.count
      guard keysSize <= maximumSize else {
        throw CrosswalkError(.tooLarge, "the keys of the index are too long")
      }
      entries.append(Entry(key: key, value: Array(try cursor.take(size))))
    }
    return entries
  }
}
