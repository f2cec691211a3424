import Diagnostics
import Documents

/// A value that crosses from one process to another, in the order of its parts.
protocol Wired {
  init(from reader: inout WireReader) throws(CrosswalkError)
  func write(to writer: inout WireWriter)
}

/// Gathers values as bytes.
struct WireWriter {
  private(set) var bytes: [UInt8] = []

  mutating func put(bytes more: [UInt8]) {
    put(more.count)
    bytes += more
  }

  mutating func put(_ value: some Wired) { value.write(to: &self) }

  mutating func put(_ values: [some Wired]) {
    put(values.count)
    for value in values { put(value) }
  }

  /// An integer in eight bytes, lowest first.
  mutating func put(_ value: Int) {
    withUnsafeBytes(of: Int64(value).littleEndian) { bytes += $0 }
  }
}

/// Takes values from bytes that are not trusted.
struct WireReader {
  private let bytes: [UInt8]
  private var position = 0
  /// How deep the JSON being read is nested.
  fileprivate var depth = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  var isAtEnd: Bool { position == bytes.count }

  mutating func takeBytes() throws(CrosswalkError) -> [UInt8] {
    let count = try takeCount()
    defer { position += count }
    return Array(bytes[position..<(position + count)])
  }

  mutating func take<Value: Wired>(_ type: Value.Type = Value.self) throws(CrosswalkError) -> Value
  {
    try Value(from: &self)
  }

  mutating func take<Value: Wired>(
    _ type: [Value].Type = [Value].self
  ) throws(CrosswalkError) -> [Value] {
    // Each value takes a byte at least, so the count is bounded by what is there.
    let count = try takeCount()
    var values: [Value] = []
    for _ in 0..<count { values.append(try take()) }
    return values
  }

  mutating func takeInt() throws(CrosswalkError) -> Int {
    guard bytes.count - position >= 8 else { throw WireReader.garbled }
    defer { position += 8 }
    let number = bytes.withUnsafeBytes {
      $0.loadUnaligned(fromByteOffset: position, as: Int64.self)
    }
    guard let value = Int(exactly: Int64(littleEndian: number)) else { throw WireReader.garbled }
    return value
  }

  private mutating func takeCount() throws(CrosswalkError) -> Int {
    let count = try takeInt()
    guard count >= 0, count <= bytes.count - position else { throw WireReader.garbled }
    return count
  }

  /// The refusal of bytes that are no answer.
  static let garbled = CrosswalkError(.malformed, "the answer about this file is garbled")
}

extension Int: Wired {
  init(from reader: inout WireReader) throws(CrosswalkError) { self = try reader.takeInt() }
  func write(to writer: inout WireWriter) { writer.put(self) }
}

extension String: Wired {
  init(from reader: inout WireReader) throws(CrosswalkError) {
    self = try text(try reader.takeBytes())
  }
  func write(to writer: inout WireWriter) { writer.put(bytes: Array(utf8)) }
}

extension JSON: Wired {
  private static let deepest = 40

  init(from reader: inout WireReader) throws(CrosswalkError) {
    reader.depth += 1
    defer { reader.depth -= 1 }
    guard reader.depth <= Self.deepest else { throw WireReader.garbled }
    switch try reader.takeInt() {
    case 0: self = .null
    case 1: self = .bool(try reader.takeInt() != 0)
    case 2: self = .integer(Int64(try reader.takeInt()))
    case 3: self = .unsigned(UInt64(bitPattern: Int64(try reader.takeInt())))
    case 4: self = .number(Double(bitPattern: UInt64(bitPattern: Int64(try reader.takeInt()))))
    case 5: self = .string(try reader.take())
    case 6: self = .array(try reader.take([JSON].self))
    case 7: self = .object(try reader.take())
    default: throw WireReader.garbled
    }
  }

  func write(to writer: inout WireWriter) {
    switch self {
    case .null: writer.put(0)
    case .bool(let value): writer.put(1, value ? 1 : 0)
    case .integer(let value): writer.put(2, Int(value))
    case .unsigned(let value): writer.put(3, Int(bitPattern: UInt(value)))
    case .number(let value): writer.put(4, Int(bitPattern: UInt(value.bitPattern)))
    case .string(let value): writer.put(5, value)
    case .array(let values): writer.put(6, values)
    case .object(let value): writer.put(7, value)
    }
  }
}

extension JSONObject: Wired {
  init(from reader: inout WireReader) throws(CrosswalkError) {
    self.init()
    for _ in 0..<max(0, try reader.takeInt()) {
      let key = try reader.take(String.self)
      self[key] = try reader.take(JSON.self)
    }
  }

  func write(to writer: inout WireWriter) {
    writer.put(count)
    for (key, value) in members { writer.put(key, value) }
  }
}

extension WireWriter {
  /// Several values after each other.
  mutating func put<each Value: Wired>(_ values: repeat each Value) {
    repeat put(each values)
  }

  mutating func put(_ tag: Int, _ values: [some Wired]) {
    put(tag)
    put(values)
  }
}
