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
  static func parse(terminated text: [UInt8], depth: Int) throws(Refusal) -> Tree {
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
