import CJSON

/// The C library json-c; nothing else in the house calls it.
enum JSONC {
  /// A parsed text; its values live as long as it does.
  final class Tree {
    let root: Value
    private let handle: OpaquePointer?

    init(owning handle: OpaquePointer?) {
      self.handle = handle
      root = Value(handle: handle)
    }

    // The C function is json_object_put.
    deinit { json_object_put(handle) }
  }

  /// A value of a tree; no handle is `null`.
  struct Value {
    fileprivate let handle: OpaquePointer?
  }

  /// What a value is, in json-c's words.
  enum Kind { case null, bool, number, integer, string, array, object }

  /// What json-c says of a text that it does not take.
  struct Refusal: Error {
    let offset: Int
    let cause: String
  }

  /// Parses a text that ends with NUL.
  ///
  /// The C function is json_tokener_parse_ex.
  static func parse(terminated source: [UInt8], depth: Int) throws(Refusal) -> Tree {
    let text = writingOutPairs(source)
    // json-c counts the value at the bottom as a level, and one more.
    guard let tokener = json_tokener_new_ex(Int32(clamping: depth + 2)),
      let length = Int32(exactly: text.count)
    else { throw Refusal(offset: 0, cause: "no memory") }
    defer { json_tokener_free(tokener) }
    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8)
    let handle = text.withUnsafeBytes {
      json_tokener_parse_ex(tokener, $0.baseAddress?.assumingMemoryBound(to: CChar.self), length)
    }
    let tree = Tree(owning: handle)
    let error = json_tokener_get_error(tokener)
    guard error == json_tokener_success else {
      throw Refusal(
        offset: min(Int(clamping: json_tokener_get_parse_end(tokener)), text.count - 1),
        cause: String(cString: json_tokener_error_desc(error)))
    }
    return tree
  }

  /// The string that a literal with its quotes stands for; the literal itself when it is none.
  static func string(ofLiteral literal: ArraySlice<UInt8>) -> String {
    let tree = try? parse(terminated: literal + [0], depth: 1)
    return tree?.root.string ?? String(decoding: literal, as: UTF8.self)
  }
}

extension JSONC {
  /// The text with each character that two escapes stand for written out.
  ///
  /// json-c 0.16 mistakes some, as U+1DE00 or U+2D800, for half of a pair and gives U+FFFD: it asks
  /// the lower 16 bits of the whole character whether they are a surrogate.
  private static func writingOutPairs(_ text: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    var rest = text[...]
    while let start = rest.firstIndex(of: UInt8(ascii: "\\")) {
      result += rest[..<start]
      rest = rest[start...]
      if let character = pair(in: rest.prefix(12)) {
        result += character.utf8
        rest = rest.dropFirst(12)
      } else {
        result += rest.prefix(2)
        rest = rest.dropFirst(2)
      }
    }
    return result.isEmpty ? text : result + rest
  }

  /// The character that `\uD8xx\uDCxx` stands for.
  private static func pair(in escapes: ArraySlice<UInt8>) -> String? {
    guard escapes.count == 12, escapes.dropFirst(2).first.map({ $0 | 0x20 }) == UInt8(ascii: "d"),
      let lead = unit(in: escapes.prefix(6)), UTF16.isLeadSurrogate(lead),
      let trail = unit(in: escapes.dropFirst(6)), UTF16.isTrailSurrogate(trail)
    else { return nil }
    return String(decoding: [lead, trail], as: UTF16.self)
  }

  /// The code unit that `\uXXXX` stands for.
  private static func unit(in escape: ArraySlice<UInt8>) -> UInt16? {
    guard escape.starts(with: "\\u".utf8) else { return nil }
    return UInt16(String(decoding: escape.dropFirst(2), as: UTF8.self), radix: 16)
  }
}

extension JSONC.Value {
  /// What the value is.
  ///
  /// The C function is json_object_get_type.
  var kind: JSONC.Kind {
    switch json_object_get_type(handle) {
    case json_type_boolean: .bool
    case json_type_double: .number
    case json_type_int: .integer
    case json_type_string: .string
    case json_type_array: .array
    case json_type_object: .object
    default: .null
    }
  }

  /// The truth value.
  ///
  /// The C function is json_object_get_boolean.
  var bool: Bool { json_object_get_boolean(handle) != 0 }
  /// The number.
  ///
  /// The C function is json_object_get_double.
  var number: Double { json_object_get_double(handle) }
  /// The integer, the nearest one when 64 bits do not hold it.
  ///
  /// The C function is json_object_get_int64.
  var clampedInteger: Int64 { json_object_get_int64(handle) }

  /// The string, when it is one.
  ///
  /// The C functions are json_object_get_string and …_len.
  var string: String? {
    guard kind == .string, let start = json_object_get_string(handle) else { return nil }
    let count = Int(json_object_get_string_len(handle))
    return start.withMemoryRebound(to: UInt8.self, capacity: count) {
      String(decoding: UnsafeBufferPointer(start: $0, count: count), as: UTF8.self)
    }
  }

  /// The number of elements of an array.
  ///
  /// The C function is json_object_array_length.
  var elementCount: Int { Int(clamping: json_object_array_length(handle)) }
  /// An element of an array.
  ///
  /// The C function is json_object_array_get_idx.
  func element(_ index: Int) -> JSONC.Value {
    JSONC.Value(handle: json_object_array_get_idx(handle, index))
  }

  /// The number of members of an object.
  ///
  /// The C function is json_object_object_length.
  var memberCount: Int { Int(json_object_object_length(handle)) }
  /// Visits the members of an object in order.
  ///
  /// The C functions are json_object_iter_….
  func forEachMember<Failure: Error>(
    _ body: (String, JSONC.Value) throws(Failure) -> Void
  ) throws(Failure) {
    var iterator = json_object_iter_begin(handle)
    var end = json_object_iter_end(handle)
    while json_object_iter_equal(&iterator, &end) == 0 {
      let key = json_object_iter_peek_name(&iterator).map { String(cString: $0) } ?? ""
      try body(key, JSONC.Value(handle: json_object_iter_peek_value(&iterator)))
      json_object_iter_next(&iterator)
    }
  }
}
