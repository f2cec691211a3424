import Diagnostics
import Documents
import Tensors

/// The pickles with which torch's older form begins: a magic number, a version, facts of the
/// machine, the object, and the list of storage keys.
struct TorchPickles {
  let objects: [PickleObject]
  let root: PickleValue
  let keys: [PickleValue]
  /// Where the storages begin.
  let end: Int

  /// The pickle of the magic number.
  static let magic: [UInt8] = [
    0x80, 2, 0x8A, 10, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19,
    UInt8(ascii: "."),
  ]

  /// Reads them from bytes that begin with the magic number.
  init(_ bytes: [UInt8], isNested: Bool = false) throws(CrosswalkError) {
    var position = Self.magic.count
    func next() throws(CrosswalkError) -> (PickleMachine, PickleValue) {
      var machine = PickleMachine(
        Array(bytes[min(position, bytes.count)...]), origin: position, isNested: isNested)
      let value = try machine.run()
      position += machine.cursor.position
      return (machine, value)
    }
    guard case (_, .integer(1001)) = try next() else {
      throw CrosswalkError(.unsupported, "a version of torch's older format that is not 1001")
    }
    let (facts, system) = try next()
    var tree = TorchTree(facts.objects, storages: NoStorages())
    guard try tree.walk(system).values?["little_endian"]?.boolValue == true else {
      throw CrosswalkError(.unsupported, "a checkpoint of a big-endian machine")
    }
    let (machine, value) = try next()
    (objects, root) = (machine.objects, value)
    let (list, keys) = try next()
    self.keys = try list.items(keys, .list)
    end = position
  }
}

/// The storages of a pickle that has none beside it.
struct NoStorages: TorchStorages {
  func storage(_ key: String, _ dtype: DType, byteCount: Int) throws(CrosswalkError)
    -> StoredTensor
  {
    throw CrosswalkError(.malformed, "a tensor whose storage '\(key)' is nowhere")
  }
}

extension PickleMachine {
  /// A storage that stands in the pickle as a file of torch's older form: so torch pickles a tensor
  /// where `torch.save` is not asked.
  mutating func embeddedStorage(_ arguments: [PickleValue]) throws(CrosswalkError) -> PickleValue {
    guard !isNested, case .bytes(let bytes)? = arguments.first,
      bytes.starts(with: TorchPickles.magic)
    else { throw refusal(.malformed, "bytes that are no storage of torch") }
    let pickles = try TorchPickles(bytes, isNested: true)
    guard case .object(let index) = pickles.root, pickles.objects[index].kind == .storage,
      pickles.keys.count == 1, bytes.count - pickles.end >= 8
    else { throw refusal(.malformed, "bytes that are not just one storage of torch") }
    let items = pickles.objects[index].items
    // The count of elements; what the pickle says is held to the bytes that follow.
    return try make(
      .storage, [items[0], .bytes(Array(bytes[(pickles.end + 8)...])), .none, items[3]])
  }
}
