import Containers
import Crosswalk
import Diagnostics
import Documents
import TestSupport
import Tensors
import Testing

/// Between all pairs of containers each thing is kept exactly, or refused by its name.
@Suite struct CarryingTests {
  /// Keras's archives hold a model's config, too; they have tests of their own.
  static let writable = ContainerRegistry.all.compactMap { $0 as? any WritableContainer.Type }
    .filter { $0 != Keras.self }
  static let pairs = writable.flatMap { from in writable.map { (from.name, $0.name) } }

  /// The dtypes that a container has no place for.
  static let unheld: [String: [DType]] = [
    "safetensors": [.c128], "PyTorch": [], "HDF5": [], "NumPy": [.bf16, .f8e4m3, .f8e5m2],
    "GGUF": [.f8e4m3, .f8e5m2, .u64, .u32, .u16, .u8, .bool, .c64, .c128],
  ]

  static func container(_ name: String) throws -> any WritableContainer.Type {
    try #require(writable.first { $0.name == name })
  }

  /// Contents in a file of a container, and the conversion of it.
  static func convert(
    _ contents: Contents, as from: String, to other: String, allowing: Bool = false
  ) throws -> (Checkpoint, Conversion.Result) {
    try Scratch.withFolder { folder in
      let first = try container(from)
      let source = "\(folder)/source.\(first.fileExtensions[0])"
      try Shards.write(contents, as: first, to: source, ofAtMost: .max)
      return try convert(file: source, to: other, allowing: allowing)
    }
  }

  /// What was written stays open, so that it can be read when its folder is gone.
  static func convert(file: String, to other: String, allowing: Bool = false) throws
    -> (Checkpoint, Conversion.Result)
  {
    try Scratch.withFolder { folder in
      var conversion = Conversion()
      conversion.target = .same
      conversion.source.allowsUnmapped = allowing
      let path = "\(folder)/copy.\(try container(other).fileExtensions[0])"
      do {
        let result = try conversion.convert(file, to: path)
        return (try Checkpoint(opening: path), result)
      } catch {
        #expect(Scratch.names(in: folder) == [])
        throw error
      }
    }
  }

  @Test(arguments: pairs) func `every dtype is kept to the bit or refused by its name`(
    from: String, other: String
  ) throws {
    for dtype in DType.allCases where Self.unheld[from]?.contains(dtype) == false {
      let bytes = (0..<6 * dtype.byteCount).map {
        dtype == .bool ? UInt8($0 % 2) : UInt8($0 * 37 % 251)
      }
      let tensor = try StoredTensor(dtype, [2, 3], source: MemorySource(bytes, of: dtype))
      var contents = Contents(tensors: TensorTable())
      try contents.tensors.append("block/größe.weight", tensor)
      try contents.tensors.append("scalar", StoredTensor([Float(2)], shape: []))
      try contents.tensors.append("empty", StoredTensor([Float](), shape: [0, 4]))
      guard Self.unheld[other]?.contains(dtype) == false else {
        let error = #expect(throws: CrosswalkError.self) {
          try Self.convert(contents, as: from, to: other)
        }
        #expect(error?.kind == .unsupported)
        #expect(error?.description.contains("block/größe.weight") == true)
        #expect(error?.message.contains(dtype.rawValue) == true)
        #expect(error?.remedy != nil)
        continue
      }
      let copy = try Self.convert(contents, as: from, to: other).0.contents.tensors
      #expect(Set(copy.names) == Set(contents.tensors.names))
      for (name, tensor) in contents.tensors {
        #expect(copy[name]?.dtype == tensor.dtype && copy[name]?.shape == tensor.shape)
        #expect(try copy[name]?.bytes() == tensor.bytes(), "\(from) to \(other): \(dtype)")
      }
    }
  }

  /// One tensor, and facts in the terms of a container.
  static func facts(in name: String) throws -> Contents {
    var contents = Contents(tensors: TensorTable())
    try contents.tensors.append("w", StoredTensor([Float(1)], shape: [1]))
    switch name {
    case "safetensors": contents.metadata = ["note": "größer", "format": "pt"]
    case "GGUF": contents.metadata = ["note": "größer"]
    case "HDF5": contents.metadata = ["attributes": ["note": "größer"]]
    case "PyTorch": contents.metadata = ["values": ["note": "größer"]]
    default: break
    }
    return contents
  }

  @Test(arguments: pairs.filter { $0.0 != "NumPy" && $0.1 != "NumPy" })
  func `a text goes along`(from: String, other: String) throws {
    let (copy, result) = try Self.convert(Self.facts(in: from), as: from, to: other)
    let metadata = copy.contents.metadata
    let found = ["attributes", "values"].compactMap { metadata[$0]?["note"] }.first
    #expect((found ?? metadata["note"]) == "größer", "\(metadata.text(indented: false))")
    #expect(result.notes.allSatisfy { $0.contains("describes only the source") })
  }

  @Test(arguments: ["safetensors", "HDF5", "PyTorch"])
  func `what NumPy has no place for is refused by its name, unless it may go`(from: String) throws {
    let contents = try Self.facts(in: from)
    let error = #expect(throws: CrosswalkError.self) {
      try Self.convert(contents, as: from, to: "NumPy")
    }
    #expect(error?.kind == .unsupported)
    #expect(error?.message.hasSuffix(": note") == true)
    #expect(error?.remedy?.contains("--allow-unmapped") == true)
    let (copy, result) = try Self.convert(contents, as: from, to: "NumPy", allowing: true)
    #expect(copy.contents.tensors.names == ["w"])
    #expect(result.notes.contains { $0.contains("NumPy cannot hold it: note") })
  }

  @Test(arguments: ["safetensors", "HDF5", "NumPy"])
  func `a training checkpoint loses nothing silently`(other: String) throws {
    let file = Shelf.fixture("containers/pytorch/checkpoint.pt")
    let error = #expect(throws: CrosswalkError.self) { try Self.convert(file: file, to: other) }
    #expect(error?.message.contains("history") == true)
    let result = try Self.convert(file: file, to: other, allowing: true).1
    #expect(result.notes.contains { $0.contains("history") })
  }

  @Test(arguments: ["safetensors", "HDF5", "PyTorch", "NumPy"])
  func `what HDF5 holds beside numbers is not dropped silently`(other: String) throws {
    let file = Shelf.fixture("containers/hdf5/latest.h5")
    let skipped = try #require(
      try Checkpoint(opening: file).contents.metadata["skipped"]?.objectValue)
    let error = #expect(throws: CrosswalkError.self) { try Self.convert(file: file, to: other) }
    #expect(skipped.keys.contains { error?.message.contains($0) == true })
  }
}
