import Diagnostics

extension PickleMachine {
  /// The value of an opcode that only pushes one; nil for other opcodes.
  mutating func constant(_ code: UInt8) throws(CrosswalkError) -> PickleValue? {
    switch code {
    case UInt8(ascii: "N"): .none.self as PickleValue
    case 0x88: .bool(true)  // NEWTRUE
    case 0x89: .bool(false)  // NEWFALSE
    case UInt8(ascii: "J"): .integer(Int64(try cursor.number(Int32.self)))
    case UInt8(ascii: "K"): .integer(Int64(try cursor.number(UInt8.self)))
    case UInt8(ascii: "M"): .integer(Int64(try cursor.number(UInt16.self)))
    case 0x8A: try long(try cursor.size(UInt8.self))  // LONG1
    case 0x8B: try long(try cursor.size(UInt32.self))  // LONG4
    case UInt8(ascii: "G"):
      .double(Double(bitPattern: try cursor.number(UInt64.self).byteSwapped))
    case UInt8(ascii: "X"): .string(try cursor.text(try cursor.size(UInt32.self)))
    case 0x8C: .string(try cursor.text(try cursor.size(UInt8.self)))  // SHORT_BINUNICODE
    case 0x8D: .string(try cursor.text(try cursor.size(UInt64.self)))  // BINUNICODE8
    case UInt8(ascii: "U"): try byteString(try cursor.size(UInt8.self))
    case UInt8(ascii: "T"): try byteString(try cursor.size(UInt32.self))
    case UInt8(ascii: "C"): .bytes(Array(try cursor.take(try cursor.size(UInt8.self))))
    case UInt8(ascii: "B"): .bytes(Array(try cursor.take(try cursor.size(UInt32.self))))
    case 0x8E, 0x96: .bytes(Array(try cursor.take(try cursor.size(UInt64.self))))
    case UInt8(ascii: ")"): try make(.tuple)
    case UInt8(ascii: "]"): try make(.list)
    case UInt8(ascii: "}"): try make(.dictionary)
    case 0x8F: try make(.set)  // EMPTY_SET
    case UInt8(ascii: "c"): try global(try cursor.line(), try cursor.line())
    default: nil
    }
  }

  /// A little-endian integer in two's complement.
  private mutating func long(_ count: Int) throws(CrosswalkError) -> PickleValue {
    let bytes = try cursor.take(count)
    let isNegative = bytes.last.map { $0 >= 0x80 } ?? false
    let significant = bytes.reversed().drop { $0 == (isNegative ? 0xFF : 0) }
    if significant.count > 8 { return .long(Array(bytes)) }
    let filler: UInt64 = isNegative ? .max : 0
    let value = significant.reduce(filler) { $0 << 8 | UInt64($1) }
    if isNegative == (Int64(bitPattern: value) < 0) { return .integer(Int64(bitPattern: value)) }
    return isNegative ? .long(Array(bytes)) : .unsigned(value)
  }

  /// A Python 2 string: text where it is UTF-8.
  private mutating func byteString(_ count: Int) throws(CrosswalkError) -> PickleValue {
    let bytes = try cursor.take(count)
    return String(validating: bytes, as: UTF8.self).map { .string($0) } ?? .bytes(Array(bytes))
  }

  /// Does what an opcode says that works on the stack.
  mutating func perform(_ code: UInt8) throws(CrosswalkError) {
    switch code {
    case 0x80: try checkProtocol(try cursor.number(UInt8.self))
    case 0x95: _ = try cursor.take(8)  // FRAME
    case UInt8(ascii: "("): mark()
    case UInt8(ascii: "t"): stack.append(try make(.tuple, try popToMark()))
    case 0x85, 0x86, 0x87: try tuple(Int(code) - 0x84)  // TUPLE1 … TUPLE3
    case UInt8(ascii: "l"): stack.append(try make(.list, try popToMark()))
    case UInt8(ascii: "d"):
      let items = try popToMark()
      stack.append(try make(.dictionary))
      try extend(.dictionary, by: items)
    case 0x91: stack.append(try make(.set, try popToMark()))  // FROZENSET
    case UInt8(ascii: "a"): try extend(.list, by: [try pop()])
    case UInt8(ascii: "e"): try extend(.list, by: try popToMark())
    case 0x90: try extend(.set, by: try popToMark())  // ADDITEMS
    case UInt8(ascii: "s"):
      let (value, key) = (try pop(), try pop())
      try extend(.dictionary, by: [key, value])
    case UInt8(ascii: "u"): try extend(.dictionary, by: try popToMark())
    default: try performOther(code)
    }
  }

  private mutating func performOther(_ code: UInt8) throws(CrosswalkError) {
    switch code {
    case UInt8(ascii: "q"): try remember(try cursor.size(UInt8.self))
    case UInt8(ascii: "r"): try remember(try cursor.size(UInt32.self))
    case 0x94: try remember(memoCount)  // MEMOIZE
    case UInt8(ascii: "h"): try recall(try cursor.size(UInt8.self))
    case UInt8(ascii: "j"): try recall(try cursor.size(UInt32.self))
    case UInt8(ascii: "0"): _ = try pop()
    case UInt8(ascii: "1"): _ = try popToMark()
    case UInt8(ascii: "2"):
      let value = try pop()
      stack += [value, value]
    case 0x93: try stackGlobal()
    case UInt8(ascii: "Q"): stack.append(try storage(try pop()))
    case UInt8(ascii: "R"), 0x81:  // REDUCE, NEWOBJ
      let (arguments, callee) = (try pop(), try pop())
      stack.append(try call(callee, try items(arguments, .tuple)))
    case 0x92:  // NEWOBJ_EX
      let (named, arguments, callee) = (try pop(), try pop(), try pop())
      stack.append(try call(callee, try items(arguments, .tuple) + [named]))
    case UInt8(ascii: "b"): try build()
    default:
      throw refusal(
        .unsupported, "the pickle uses opcode 0x\(String(code, radix: 16)), which torch does not",
        remedy: "save the checkpoint with torch.save")
    }
  }

  private func checkProtocol(_ version: UInt8) throws(CrosswalkError) {
    guard (2...5).contains(version) else {
      throw refusal(.unsupported, "a pickle of protocol \(version); protocols 2 to 5 are read")
    }
  }

  private mutating func tuple(_ count: Int) throws(CrosswalkError) {
    var items: [PickleValue] = []
    for _ in 0..<count { items.insert(try pop(), at: 0) }
    stack.append(try make(.tuple, items))
  }

  private mutating func stackGlobal() throws(CrosswalkError) {
    guard case (.string(let name), .string(let module)) = (try pop(), try pop()) else {
      throw refusal(.malformed, "a name that is no text")
    }
    stack.append(try global(module, name))
  }
}
