import Diagnostics
import Tensors

/// What stands before an array's elements: a mark, a version, and a Python dictionary of three keys.
struct NumPyHeader {
  let dtype: DType
  let isBigEndian: Bool
  let isFortran: Bool
  let shape: [Int]
  /// The bytes up to the first element.
  let size: Int

  static let mark: [UInt8] = [0x93] + Array("NUMPY".utf8)
  /// NumPy itself writes a few hundred bytes, and reads 10 000 unless told to trust the file.
  static let maximumSize = 1 << 16

  /// Reads a header from the first bytes of an array.
  init(_ head: [UInt8]) throws(CrosswalkError) {
    let (fields, size) = try Self.fields(head)
    self.size = size
    shape = fields.shape
    isFortran = fields.isFortran
    (dtype, isBigEndian) = try Self.type(fields.description)
  }

  /// Where the pickle begins of an array that is a single object of Python; nil for other arrays.
  static func startOfPickle(_ head: [UInt8]) throws(CrosswalkError) -> Int? {
    let (fields, size) = try fields(head)
    return fields.description == "|O" && fields.shape.isEmpty ? size : nil
  }

  /// What an array of no numbers holds; nil for one of numbers.
  static func otherThanNumbers(_ head: [UInt8]) throws(CrosswalkError) -> String? {
    let text = try fields(head).0.description
    guard (try? type(text)) == nil else { return nil }
    if text == PythonLiteral.records { return "records" }
    return switch text.dropFirst().first {
    case "U", "S", "a": "strings"
    case "M", "m": "dates or times"
    case "O": "Python objects"
    case "f", "c": "numbers of an unusual format, '\(text)'"
    default: "items of the type '\(text)'"
    }
  }

  private typealias Fields = (description: String, isFortran: Bool, shape: [Int])

  private static func fields(_ head: [UInt8]) throws(CrosswalkError) -> (Fields, size: Int) {
    var cursor = ByteCursor(head)
    guard try Array(cursor.take(mark.count)) == mark else {
      throw CrosswalkError(.malformed, "no array of NumPy", at: Place(.byte(0)))
    }
    let version = try cursor.number(UInt8.self)
    _ = try cursor.number(UInt8.self)
    guard (1...3).contains(version) else {
      throw CrosswalkError(
        .unsupported, "an array of an unknown version", at: Place(.byte(6)), expected: "1, 2 or 3",
        found: "\(version)")
    }
    let length = try version == 1 ? cursor.size(UInt16.self) : cursor.size(UInt32.self)
    guard length <= maximumSize - 12 else {
      throw CrosswalkError(
        .tooLarge, "the array's header is too long", at: Place(.byte(8)),
        expected: "at most \(maximumSize - 12) bytes", found: "\(length)")
    }
    let start = cursor.position
    var literal = PythonLiteral(Array(try cursor.take(length)), origin: start)
    return (try literal.header(), cursor.position)
  }

  /// The dtype of a description such as `<f4`.
  private static func type(_ text: String) throws(CrosswalkError) -> (DType, isBigEndian: Bool) {
    let order = text.first ?? " "
    if "<>|=".contains(order), let dtype = words[String(text.dropFirst())] {
      return (dtype, order == ">")
    }
    if text == PythonLiteral.records {
      throw CrosswalkError(
        .unsupported, "an array of records is not supported",
        remedy: "save each field as an array of its own: array['field']")
    }
    let isObject = text.dropFirst().hasPrefix("O")
    throw CrosswalkError(
      isObject ? .unsafe : .unsupported,
      isObject
        ? "an array of Python objects, which only a pickle could hold"
        : "the dtype '\(text)' is not supported",
      expected: "floating point, integers, truth values or complex numbers", found: "'\(text)'",
      remedy: "save numbers: array.astype(…)")
  }

  static let words: [String: DType] = [
    "f2": .f16, "f4": .f32, "f8": .f64, "i1": .i8, "i2": .i16, "i4": .i32, "i8": .i64, "u1": .u8,
    "u2": .u16, "u4": .u32, "u8": .u64, "b1": .bool, "c8": .c64, "c16": .c128,
  ]
}

/// The one form of Python literal that headers have; nothing else is understood.
///
/// `{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }`, the keys in any order.
private struct PythonLiteral {
  private let bytes: [UInt8]
  private let origin: Int
  private var position = 0

  init(_ bytes: [UInt8], origin: Int) {
    self.bytes = bytes
    self.origin = origin
  }

  /// Reads the dictionary and the spaces that fill the header.
  mutating func header() throws(CrosswalkError) -> (
    description: String, isFortran: Bool, shape: [Int]
  ) {
    var description: String?
    var isFortran: Bool?
    var shape: [Int]?
    try expect("{")
    while !skip("}") {
      let key = try string()
      try expect(":")
      switch key {
      case "descr" where description == nil: description = try type()
      case "fortran_order" where isFortran == nil: isFortran = try truth()
      case "shape" where shape == nil: shape = try sizes()
      default: throw unexpected("'descr', 'fortran_order' and 'shape', once each")
      }
      if !skip(",") {
        try expect("}")
        break
      }
    }
    skipSpace()
    guard position == bytes.count, let description, let isFortran, let shape else {
      throw unexpected("'descr', 'fortran_order' and 'shape', and nothing more")
    }
    return (description, isFortran, shape)
  }

  /// What stands for the fields of records, whichever they are.
  static let records = "[…]"

  /// A type: a string, or a list of the fields of records.
  private mutating func type() throws(CrosswalkError) -> String {
    skipSpace()
    guard position < bytes.count, bytes[position] == UInt8(ascii: "[") else { return try string() }
    var depth = 0
    repeat {
      guard position < bytes.count else { throw unexpected("the end of a list") }
      switch bytes[position] {
      case UInt8(ascii: "["): depth += 1
      case UInt8(ascii: "]"): depth -= 1
      case UInt8(ascii: "'"), UInt8(ascii: "\""):
        _ = try string()
        continue
      default: break
      }
      position += 1
    } while depth > 0
    return Self.records
  }

  private mutating func sizes() throws(CrosswalkError) -> [Int] {
    var sizes: [Int] = []
    try expect("(")
    while !skip(")") {
      guard sizes.count < Shape.maximumRank else {
        throw CrosswalkError(.tooLarge, "an array of over \(Shape.maximumRank) axes", at: place)
      }
      sizes.append(try size())
      if !skip(",") {
        try expect(")")
        break
      }
    }
    return sizes
  }

  private mutating func size() throws(CrosswalkError) -> Int {
    skipSpace()
    let digits = bytes[position...].prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    guard let size = Int(String(decoding: digits, as: UTF8.self)) else {
      throw unexpected("an extent that 64 bits hold")
    }
    position += digits.count
    // Python 2 wrote long integers so.
    _ = skip("L")
    return size
  }

  private mutating func string() throws(CrosswalkError) -> String {
    skipSpace()
    guard position < bytes.count,
      bytes[position] == UInt8(ascii: "'")
        || bytes[position] == UInt8(ascii: "\"")
    else { throw unexpected("a string") }
    let content = bytes[(position + 1)...].prefix { $0 != bytes[position] }
    guard content.endIndex < bytes.count, !content.contains(UInt8(ascii: "\\")),
      let text = String(validating: content, as: UTF8.self)
    else { throw unexpected("a plain string") }
    position = content.endIndex + 1
    return text
  }

  private mutating func truth() throws(CrosswalkError) -> Bool {
    if skip("True") { return true }
    if skip("False") { return false }
    throw unexpected("True or False")
  }

  private mutating func expect(_ text: String) throws(CrosswalkError) {
    if !skip(text) { throw unexpected("'\(text)'") }
  }

  private mutating func skip(_ text: String) -> Bool {
    skipSpace()
    guard bytes[position...].starts(with: text.utf8) else { return false }
    position += text.utf8.count
    return true
  }

  private mutating func skipSpace() {
    while position < bytes.count, " \n\t".utf8.contains(bytes[position]) { position += 1 }
  }

  private var place: Place { Place(.byte(UInt64(origin + position))) }

  private func unexpected(_ expected: String) -> CrosswalkError {
    let found = bytes[position...].prefix(20)
    return CrosswalkError(
      .malformed, "the array's header is not as NumPy writes it", at: place, expected: expected,
      found: found.isEmpty ? "its end" : "'\(String(decoding: found, as: UTF8.self))'")
  }
}
