import Documents
import Tensors

/// Writes a pickle of protocol 2 with the opcodes that torch's own restricted reader knows.
struct PickleWriter {
  var bytes: [UInt8] = [0x80, 2]
  /// Where the memo keeps names that were written before.
  private var memo: [String: Int] = [:]

  /// Ends the pickle.
  mutating func finish() -> [UInt8] { bytes + [UInt8(ascii: ".")] }

  mutating func mark() { put("(") }
  mutating func tuple() { put("t") }

  /// A dictionary's members since the mark, set at once.
  mutating func setItems() { put("u") }

  mutating func string(_ text: String) {
    put("X")
    bytes.append(littleEndian: UInt32(clamping: text.utf8.count))
    bytes += Array(text.utf8)
  }

  mutating func integer(_ value: Int) {
    if let short = Int32(exactly: value) {
      put("J")
      bytes.append(littleEndian: short)
    } else {
      bytes += [0x8A, 8]
      bytes.append(littleEndian: Int64(value))
    }
  }

  /// An integer of any size, in two's complement, the lowest byte first.
  mutating func long(_ value: [UInt8]) {
    if let count = UInt8(exactly: value.count) {
      bytes += [0x8A, count]
    } else {
      bytes.append(0x8B)
      bytes.append(littleEndian: Int32(clamping: value.count))
    }
    bytes += value
  }

  /// An empty `collections.OrderedDict`.
  mutating func orderedDictionary() {
    global("collections", "OrderedDict")
    put(")")
    put("R")
  }

  /// A name, and after the first time a memo's number.
  mutating func global(_ module: String, _ name: String) {
    let key = "\(module)\n\(name)\n"
    if let index = memo[key] {
      bytes += [UInt8(ascii: "h"), UInt8(truncatingIfNeeded: index)]
      return
    }
    put("c")
    bytes += Array(key.utf8)
    // Fewer names are ever written than the short form can number.
    bytes += [UInt8(ascii: "q"), UInt8(truncatingIfNeeded: memo.count)]
    memo[key] = memo.count
  }

  /// A tensor that fills a storage, rebuilt as torch does.
  mutating func tensor(_ tensor: StoredTensor, storage key: String) {
    let kind = TorchTypes.storage(of: tensor.dtype)
    global("torch._utils", kind == nil ? "_rebuild_tensor_v3" : "_rebuild_tensor_v2")
    mark()
    mark()
    string("storage")
    if let kind { global("torch", kind) } else { global("torch.storage", "UntypedStorage") }
    string(key)
    string("cpu")
    integer(kind == nil ? tensor.byteCount : tensor.count)
    tuple()
    put("Q")
    integer(0)
    integers(tensor.shape)
    integers(Shape.strides(tensor.shape))
    bytes.append(0x89)  // requires no gradient
    orderedDictionary()
    if kind == nil { global("torch", TorchTypes.name(of: tensor.dtype)) }
    tuple()
    put("R")
  }

  private mutating func integers(_ values: [Int]) {
    mark()
    for value in values { integer(value) }
    tuple()
  }

  /// A JSON value as Python's plain containers; as deep as the value is.
  mutating func value(_ json: JSON) {
    switch json {
    case .null: put("N")
    case .bool(let value): bytes.append(value ? 0x88 : 0x89)
    case .integer(let value): integer(Int(value))
    case .unsigned(let value):
      // A zero byte keeps the sign positive.
      bytes += [0x8A, 9]
      bytes.append(littleEndian: value)
      bytes.append(0)
    case .number(let value):
      put("G")
      bytes.append(littleEndian: value.bitPattern.byteSwapped)
    case .string(let text): string(text)
    case .array(let elements):
      put("]")
      mark()
      for element in elements { value(element) }
      put("e")
    case .object(let object):
      put("}")
      mark()
      for (key, member) in object.members {
        string(key)
        value(member)
      }
      setItems()
    }
  }

  mutating func put(_ opcode: Unicode.Scalar) { bytes.append(UInt8(ascii: opcode)) }
}
