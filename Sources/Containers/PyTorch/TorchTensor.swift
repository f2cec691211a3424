import Diagnostics
import Tensors

/// Where a checkpoint's storages are.
protocol TorchStorages: Sendable {
  /// A storage as a tensor of one axis.
  ///
  /// - Parameters:
  ///   - key: the storage's name in the checkpoint.
  ///   - byteCount: how many bytes the pickle says it has; what is there must have just so many.
  func storage(_ key: String, _ dtype: DType, byteCount: Int) throws(CrosswalkError) -> StoredTensor
}

/// A tensor as a pickle describes it: a strided view of a storage.
struct TorchTensor {
  private let home: Home
  let dtype: DType
  let storageByteCount: Int
  let offset: Int
  let shape: [Int]
  let strides: [Int]
  private let signs: TorchSigns

  /// Where its storage is.
  private enum Home {
    case key(String)
    /// In the pickle itself.
    case pickle([UInt8])
  }

  /// The most by which a view may be larger than its storage, once it is large.
  ///
  /// A stride of 0 repeats elements, so that a file of some bytes could ask for any size.
  private static let maximumRepetition = 1000
  private static let repetitionFloor = 1 << 30

  init(_ object: PickleObject, in objects: [PickleObject]) throws(CrosswalkError) {
    let items = object.items
    guard case .object(let storage) = items[0], objects[storage].items.count >= 4,
      case .global(.storage(let kind)) = objects[storage].items[0],
      case .integer(let count) = objects[storage].items[3],
      case .integer(let offset) = items[1],
      let shape = TorchTensor.integers(items[2], objects),
      let strides = TorchTensor.integers(items[3], objects)
    else { throw CrosswalkError(.malformed, "a tensor that is not described by integers") }
    home =
      switch objects[storage].items[1] {
      case .string(let key): .key(key)
      case .bytes(let bytes): .pickle(bytes)
      default: throw CrosswalkError(.malformed, "a storage without a key")
      }
    self.shape = shape
    self.strides = strides
    self.offset = Int(offset)
    dtype = try TorchTensor.dtype(kind, items[4])
    signs = try TorchSigns(items[5], in: objects, dtype)
    let isUntyped = kind == "UntypedStorage"
    let (bytes, overflow) = Int(count).multipliedReportingOverflow(
      by: isUntyped ? 1 : dtype.byteCount)
    guard !overflow else { throw CrosswalkError(.tooLarge, "a storage of \(count) elements") }
    storageByteCount = bytes
  }

  private static func integers(_ value: PickleValue, _ objects: [PickleObject]) -> [Int]? {
    guard case .object(let index) = value, objects[index].kind == .tuple else { return nil }
    var integers: [Int] = []
    for item in objects[index].items {
      guard case .integer(let number) = item else { return nil }
      integers.append(Int(number))
    }
    return integers
  }

  private static func dtype(_ storage: String, _ named: PickleValue) throws(CrosswalkError) -> DType
  {
    let (name, dtype) =
      if case .global(.dtype(let name)) = named {
        ("torch.\(name)", TorchTypes.dtypes[name] ?? nil)
      } else {
        ("torch.\(storage)", TorchTypes.storages[storage] ?? nil)
      }
    guard let dtype else {
      throw CrosswalkError(
        .unsupported, "\(name) is not supported", remedy: "convert the tensor in torch first")
    }
    return dtype
  }

  private func storage(in storages: any TorchStorages) throws(CrosswalkError) -> (
    key: String?, StoredTensor
  ) {
    switch home {
    case .key(let key):
      return (key, try storages.storage(key, dtype, byteCount: storageByteCount))
    case .pickle(let bytes):
      guard bytes.count == storageByteCount else {
        throw CrosswalkError(
          .malformed, "the storage is not as long as the pickle says",
          expected: "\(storageByteCount) bytes", found: "\(bytes.count)")
      }
      let count = bytes.count / dtype.byteCount
      return (nil, try StoredTensor(dtype, [count], source: MemorySource(bytes, of: dtype)))
    }
  }

  /// The tensor, its view checked against its storage.
  func stored(in storages: any TorchStorages) throws(CrosswalkError) -> StoredTensor {
    let (key, storage) = try storage(in: storages)
    let bytes = try Shape.byteCount(shape, dtype)
    guard
      bytes <= TorchTensor.repetitionFloor
        || bytes / TorchTensor.maximumRepetition <= storageByteCount
    else {
      throw CrosswalkError(
        .tooLarge, "a view that repeats its storage too often",
        expected: "at most \(TorchTensor.maximumRepetition) times \(storageByteCount) bytes",
        found: "\(bytes)")
    }
    var tensor = try storage.strided(shape, strides: strides, offset: offset)
    if signs.areFlipped {
      tensor = try StoredTensor(
        dtype, shape, source: SignSource(base: tensor, signs: signs, dtype: dtype))
    }
    tensor.storage = key.map {
      StoredTensor.Storage(key: $0, view: [offset] + shape + strides + signs.view)
    }
    return tensor
  }
}
