import Diagnostics
import Documents
import Tensors

/// What `torch.save` wrote before PyTorch 1.6: five pickles in a row, then the storages.
///
/// The pickles are a magic number, a version, facts of the machine, the object, and the list of
/// storage keys; in its order each storage follows as its count and its bytes.
struct TorchLegacy: TorchStorages {
  private let file: FileReader
  private var extents: [String: Extent] = [:]
  private(set) var objects: [PickleObject] = []
  private(set) var root = PickleValue.none

  /// Where a storage's bytes are.
  private struct Extent {
    let offset: Int
    let byteCount: Int
  }

  /// How many bytes are tried first as those of the pickles, whose length nothing tells.
  private static let firstGuess = 1 << 20

  /// Whether the file begins with the magic number.
  static func recognises(_ file: FileReader) -> Bool {
    file.head(TorchPickles.magic.count) == TorchPickles.magic
  }

  init(_ file: FileReader) throws(CrosswalkError) {
    self.file = file
    var guess = TorchLegacy.firstGuess
    while true {
      do throws(CrosswalkError) {
        try readPickles(file.bytes(at: 0, count: min(guess, file.size)))
        return
      } catch {
        let isWhole = guess >= min(file.size, TorchArchive.maximumPickleSize)
        guard error.kind == .truncated, !isWhole else { throw error }
        guess *= 4
      }
    }
  }

  func storage(_ key: String, _ dtype: DType, byteCount: Int) throws(CrosswalkError)
    -> StoredTensor
  {
    guard let place = extents[key], place.byteCount == byteCount else {
      throw CrosswalkError(
        .malformed, "the storage '\(key)' is not as long as the pickle says",
        expected: "\(byteCount) bytes", found: extents[key].map { "\($0.byteCount)" } ?? "none")
    }
    return try StoredTensor(
      dtype, [byteCount / dtype.byteCount], source: FileSource(file, at: place.offset, of: dtype))
  }

  private mutating func readPickles(_ bytes: [UInt8]) throws(CrosswalkError) {
    extents = [:]
    let pickles = try TorchPickles(bytes)
    (objects, root) = (pickles.objects, pickles.root)
    try locate(pickles.keys, from: pickles.end)
  }

  /// Finds each storage: its count, then its bytes.
  private mutating func locate(_ keys: [PickleValue], from start: Int) throws(CrosswalkError) {
    let sizes = try elementSizes()
    var position = start
    for key in keys {
      guard case .string(let key) = key, let size = sizes[key], extents[key] == nil else {
        throw CrosswalkError(.malformed, "a storage that no tensor has, or that comes twice")
      }
      var cursor = ByteCursor(try file.bytes(at: position, count: 8), origin: position)
      let (count, overflow) = try cursor.size(UInt64.self).multipliedReportingOverflow(by: size)
      position += 8
      guard !overflow, count <= file.size - position else {
        throw CrosswalkError(
          .truncated, "the storage '\(key)' leaves the file",
          at: Place(.byte(UInt64(position))), expected: "\(count) bytes",
          found: "\(file.size - position)")
      }
      extents[key] = Extent(offset: position, byteCount: count)
      position += count
    }
    guard position == file.size else {
      throw CrosswalkError(
        .malformed, "bytes after the last storage",
        at: Place(.byte(UInt64(position))))
    }
  }

  /// The size of each storage's elements, which only the object's pickle tells.
  private func elementSizes() throws(CrosswalkError) -> [String: Int] {
    var sizes: [String: Int] = [:]
    for object in objects where object.kind == .storage {
      guard case .global(.storage(let name)) = object.items[0],
        case .string(let key) = object.items[1]
      else { continue }
      if object.items.count > 4 {
        guard case .none = object.items[4] else {
          throw CrosswalkError(.unsupported, "a storage that is a part of another")
        }
      }
      let dtype = TorchTypes.storages[name] ?? nil
      guard let size = name == "UntypedStorage" ? 1 : dtype?.byteCount else {
        throw CrosswalkError(
          .unsupported, "torch.\(name) is not supported",
          remedy: "convert the tensor in torch first")
      }
      sizes[key] = size
    }
    return sizes
  }
}
