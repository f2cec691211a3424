import Diagnostics

/// Undoes snappy, within a limit.
///
/// Source: format_description.txt of google/snappy.
enum Snappy {
  /// Expands a whole block.
  ///
  /// - Throws: `tooLarge` beyond the limit, `truncated`, or `malformed` when it is damaged.
  static func expand(_ block: [UInt8], atMost limit: Int) throws(CrosswalkError) -> [UInt8] {
    var cursor = ByteCursor(block)
    let size = try cursor.varint()
    guard size <= UInt64(limit) else {
      throw CrosswalkError(
        .tooLarge, "the block is too large when expanded", expected: "at most \(limit) bytes",
        found: "\(size)")
    }
    var output: [UInt8] = []
    while cursor.rest > 0 {
      let tag = Int(try cursor.number(UInt8.self))
      if tag & 3 == 0 {
        let count = try literalSize(tag >> 2, &cursor)
        try check(output.count, adding: count, to: Int(size))
        output += try cursor.take(count)
      } else {
        let (count, distance) = try copy(tag, &cursor)
        try check(output.count, adding: count, to: Int(size))
        guard distance > 0, distance <= output.count else { throw damaged }
        // Byte by byte: a copy may repeat what it writes itself.
        for _ in 0..<count { output.append(output[output.count - distance]) }
      }
    }
    guard output.count == Int(size) else { throw damaged }
    return output
  }

  private static func literalSize(_ code: Int, _ cursor: inout ByteCursor) throws(CrosswalkError)
    -> Int
  {
    guard code >= 60 else { return code + 1 }
    let bytes = try cursor.take(code - 59)
    return bytes.reversed().reduce(0) { $0 << 8 | Int($1) } + 1
  }

  /// The count and distance of a copy.
  private static func copy(_ tag: Int, _ cursor: inout ByteCursor) throws(CrosswalkError) -> (
    Int, Int
  ) {
    switch tag & 3 {
    case 1: (tag >> 2 & 7 + 4, (tag >> 5) << 8 | Int(try cursor.number(UInt8.self)))
    case 2: (tag >> 2 + 1, Int(try cursor.number(UInt16.self)))
    default: (tag >> 2 + 1, Int(try cursor.number(UInt32.self)))
    }
  }

  private static func check(_ count: Int, adding more: Int, to size: Int) throws(CrosswalkError) {
    guard more <= size - count else { throw damaged }
  }

  private static var damaged: CrosswalkError { CrosswalkError(.malformed, "damaged snappy data") }
}
