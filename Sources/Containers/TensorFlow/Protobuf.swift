import Diagnostics

/// One field of a protocol buffer.
struct ProtobufField {
  let number: UInt64
  let value: Value

  enum Value {
    /// A varint, or a number of fixed size.
    case number(UInt64)
    /// A text, a message, or whatever else has a length.
    case bytes([UInt8])
  }

  /// The value as a number, 0 when it is none.
  var integer: UInt64 { if case .number(let value) = value { value } else { 0 } }

  /// The fields of the message that the value is, none when it is no message.
  var message: [ProtobufField] {
    get throws(CrosswalkError) {
      if case .bytes(let bytes) = value { try ProtobufField.fields(of: bytes) } else { [] }
    }
  }

  /// A value as a size.
  ///
  /// - Throws: `malformed` when it is negative or larger than any.
  func size(_ what: String) throws(CrosswalkError) -> Int {
    guard let size = Int(exactly: integer) else {
      throw CrosswalkError(.malformed, "\(what) that no file has: \(integer)")
    }
    return size
  }

  /// The fields of a message in order.
  ///
  /// - Throws: `truncated`, or `malformed` for a form that messages do not have.
  static func fields(of bytes: [UInt8]) throws(CrosswalkError) -> [ProtobufField] {
    var cursor = ByteCursor(bytes)
    var fields: [ProtobufField] = []
    while cursor.rest > 0 {
      let tag = try cursor.varint()
      let value: Value
      switch tag & 7 {
      case 0: value = .number(try cursor.varint())
      case 1: value = .number(try cursor.number(UInt64.self))
      case 2:
        let count = try cursor.varint()
        value = .bytes(Array(try cursor.take(Int(clamping: count))))
      case 5: value = .number(UInt64(try cursor.number(UInt32.self)))
      default: throw CrosswalkError(.malformed, "a field of form \(tag & 7) in a message")
      }
      fields.append(ProtobufField(number: tag >> 3, value: value))
    }
    return fields
  }
}

extension ByteCursor {
  /// Takes a number of seven bits a byte, the lowest first.
  mutating func varint() throws(CrosswalkError) -> UInt64 {
    let start = step
    var value: UInt64 = 0
    for shift in stride(from: 0, through: 63, by: 7) {
      let byte = try number(UInt8.self)
      guard shift < 63 || byte <= 1 else { break }
      value |= UInt64(byte & 0x7F) << UInt64(shift)
      if byte < 0x80 { return value }
    }
    throw CrosswalkError(.malformed, "a number of more than 64 bits", at: Place(start))
  }

  /// Takes such a number as a size.
  mutating func sizeVarint() throws(CrosswalkError) -> Int { Int(clamping: try varint()) }
}
