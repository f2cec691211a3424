import Diagnostics
import Documents
import Tensors

/// The head of a GGUF file: metadata, then where each tensor lies.
struct GGUFHeader {
  /// A tensor as the file lists it.
  struct Entry {
    let name: String
    let type: GGUFType
    /// Outermost axis first, as everywhere here.
    let shape: [Int]
    /// From the start of the tensors.
    let offset: Int
    let byteCount: Int
  }

  private(set) var metadata = JSONObject()
  /// The types of values that a writer would not guess, by key.
  private(set) var types = JSONObject()
  private(set) var entries: [Entry] = []
  /// Where tensors begin in the file.
  private(set) var start = 0
  private(set) var alignment = GGUF.defaultAlignment
  let isBigEndian: Bool

  private static let maximumRank = 4
  private static let maximumNesting = 8
  private static let alignmentKey = "general.alignment"

  /// Reads the head of a file, and sees that every tensor lies inside the file, apart from others.
  init(of file: FileReader) throws(CrosswalkError) {
    var cursor = GGUFCursor(file)
    _ = try cursor.number(UInt32.self)
    let stored = try cursor.number(UInt32.self)
    isBigEndian = stored & 0xFFFF == 0
    cursor.isBigEndian = isBigEndian
    let version = isBigEndian ? stored.byteSwapped : stored
    guard version == 2 || version == 3 else {
      throw CrosswalkError(
        .unsupported, "a version of GGUF that is not read", at: Place(.byte(4)),
        expected: "version 2 or 3", found: "\(version)",
        remedy: "convert the model again with a present llama.cpp")
    }
    // The least tensor and the least member of the metadata, in bytes.
    let tensorCount = try cursor.count(ofAtLeast: 24)
    let metadataCount = try cursor.count(ofAtLeast: 13)
    for _ in 0..<metadataCount { try readMember(&cursor) }
    try readAlignment()
    try cursor.keep(tensorCount)
    for _ in 0..<tensorCount { try entries.append(Self.entry(&cursor)) }
    let padding = (alignment - cursor.position % alignment) % alignment
    start = cursor.position + padding
    try checkPlaces(in: file.size)
  }

  private mutating func readMember(_ cursor: inout GGUFCursor) throws(CrosswalkError) {
    let place = cursor.place
    let key = try cursor.text()
    guard metadata[key] == nil else {
      throw CrosswalkError(.malformed, "the key '\(key)' stands twice", at: place)
    }
    let code = try cursor.number(UInt32.self)
    var element: UInt32?
    let value = try Self.value(&cursor, code, depth: 0, element: &element)
    metadata[key] = value
    let type = GGUFValueType(code: code, element: element)
    if let type, type != GGUFValueType(guessedFor: value) { types[key] = .string(type.word) }
  }

  private static func value(
    _ cursor: inout GGUFCursor, _ code: UInt32, depth: Int, element: inout UInt32?
  ) throws(CrosswalkError) -> JSON {
    guard code == GGUFValueType.array else { return try scalar(&cursor, code) }
    guard depth < maximumNesting else {
      throw CrosswalkError(.tooLarge, "arrays are nested too deeply", at: cursor.place)
    }
    let inner = try cursor.number(UInt32.self)
    guard inner == GGUFValueType.array || GGUFValueType.byteCounts[inner] != nil else {
      throw unknownType(inner, cursor)
    }
    element = inner
    let count = try cursor.count(ofAtLeast: GGUFValueType.byteCounts[inner] ?? 12)
    try cursor.keep(count)
    var values: [JSON] = []
    values.reserveCapacity(count)
    for _ in 0..<count {
      var nested: UInt32?
      try values.append(value(&cursor, inner, depth: depth + 1, element: &nested))
    }
    return .array(values)
  }

  private static func scalar(_ cursor: inout GGUFCursor, _ code: UInt32) throws(CrosswalkError)
    -> JSON
  {
    switch code {
    case 0: return .integer(Int64(try cursor.number(UInt8.self)))
    case 1: return .integer(Int64(try cursor.number(Int8.self)))
    case 2: return .integer(Int64(try cursor.number(UInt16.self)))
    case 3: return .integer(Int64(try cursor.number(Int16.self)))
    case 4: return .integer(Int64(try cursor.number(UInt32.self)))
    case 5: return .integer(Int64(try cursor.number(Int32.self)))
    case 6: return .number(Double(Float(bitPattern: try cursor.number(UInt32.self))))
    case 7:
      let place = cursor.place
      let byte = try cursor.number(UInt8.self)
      guard byte <= 1 else {
        throw CrosswalkError(
          .malformed, "a truth value that is neither", at: place, expected: "0 or 1",
          found: "\(byte)")
      }
      return .bool(byte == 1)
    case 8: return .string(try cursor.text())
    case 10:
      let value = try cursor.number(UInt64.self)
      return Int64(exactly: value).map { .integer($0) } ?? .unsigned(value)
    case 11: return .integer(try cursor.number(Int64.self))
    case 12: return .number(Double(bitPattern: try cursor.number(UInt64.self)))
    default: throw unknownType(code, cursor)
    }
  }

  private static func unknownType(_ code: UInt32, _ cursor: GGUFCursor) -> CrosswalkError {
    CrosswalkError(
      .malformed, "a value of an unknown type", at: cursor.place, expected: "0 to 12",
      found: "\(code)")
  }

  private mutating func readAlignment() throws(CrosswalkError) {
    guard let value = metadata[Self.alignmentKey] else { return }
    guard let number = value.intValue, number >= 1, number <= 1 << 20, number & (number - 1) == 0
    else {
      throw CrosswalkError(
        .malformed, "the alignment cannot be", expected: "a power of two up to \(1 << 20)",
        found: value.text(indented: false))
    }
    alignment = number
  }

  private static func entry(_ cursor: inout GGUFCursor) throws(CrosswalkError) -> Entry {
    let name = try cursor.text()
    do throws(CrosswalkError) {
      let place = cursor.place
      let rank = try cursor.number(UInt32.self)
      guard rank <= maximumRank else {
        throw CrosswalkError(
          .malformed, "too many axes", at: place, expected: "at most \(maximumRank)",
          found: "\(rank)")
      }
      var shape: [Int] = []
      for _ in 0..<rank {
        let extent = try cursor.number(UInt64.self)
        guard let extent = Int(exactly: extent) else {
          throw CrosswalkError(.tooLarge, "an extent that no file has: \(extent)", at: place)
        }
        shape.insert(extent, at: 0)
      }
      let type = try type(try cursor.number(UInt32.self), at: place)
      let offset = try cursor.number(UInt64.self)
      return Entry(
        name: name, type: type, shape: shape, offset: Int(clamping: offset),
        byteCount: try byteCount(shape, type, at: place))
    } catch { throw error.inside(.tensor(name)) }
  }

  private static func type(_ code: UInt32, at place: Place) throws(CrosswalkError) -> GGUFType {
    if let type = GGUFType.all.first(where: { $0.code == code }) { return type }
    throw CrosswalkError(
      GGUFType.unread[code] == nil ? .malformed : .unsupported,
      "elements of a type that is not read", at: place,
      expected: GGUFType.all.map(\.name).joined(separator: ", "),
      found: GGUFType.unread[code] ?? "type \(code)",
      remedy: GGUFType.unread[code].map { _ in "requantise it with llama-quantize" })
  }

  private static func byteCount(_ shape: [Int], _ type: GGUFType, at place: Place)
    throws(CrosswalkError) -> Int
  {
    // Checked as the wider of stored and decoded, so that neither overflows.
    _ = try Shape.byteCount(shape, .c128)
    let count = try Shape.count(shape)
    guard (shape.last ?? 1).isMultiple(of: type.blockCount) else {
      throw CrosswalkError(
        .malformed, "rows that are not of whole blocks", at: place,
        expected: "a multiple of \(type.blockCount) for \(type.name)", found: "\(shape.last ?? 1)")
    }
    return count / type.blockCount * type.blockByteCount
  }

  private func checkPlaces(in fileSize: Int) throws(CrosswalkError) {
    var end = 0
    for entry in entries.sorted(by: { ($0.offset, $0.byteCount) < ($1.offset, $1.byteCount) }) {
      guard entry.offset.isMultiple(of: alignment), entry.offset >= end else {
        throw CrosswalkError(
          .malformed, "the tensor begins where it cannot", at: Place(.tensor(entry.name)),
          expected: "a multiple of \(alignment), from \(end) up", found: "\(entry.offset)")
      }
      guard start <= fileSize, entry.offset <= fileSize - start,
        entry.byteCount <= fileSize - start - entry.offset
      else {
        throw CrosswalkError(
          .truncated, "the file ends before the tensor does", at: Place(.tensor(entry.name)),
          expected: "\(entry.byteCount) bytes from \(entry.offset) on",
          found: "\(max(0, fileSize - start)) bytes of tensors",
          remedy: "it may be a download or copy that was cut: fetch it again")
      }
      end = entry.offset + entry.byteCount
    }
  }
}
