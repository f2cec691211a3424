import Containers
import Crosswalk
import Diagnostics
import Documents
import Foundation
import TestSupport
import Tensors
import Testing

/// Between all pairs of containers each thing is kept exactly, or refused by its name.
@Suite struct CarryingTests {
  /// All but word vectors, which hold a table and its words, and nothing else.
  static let writable = ContainerRegistry.all.compactMap { $0 as? any WritableContainer.Type }
    .filter { $0 != WordVectors.self }
  static let pairs = writable.flatMap { from in writable.map { (from.name, $0.name) } }

  /// The dtypes that a container has no place for.
  static let unheld: [String: [DType]] = [
    "safetensors": [.c128], "PyTorch": [], "HDF5": [], "Keras": [],
    "NumPy": [.bf16, .f8e4m3, .f8e5m2, .f8e4m3fnuz, .f8e5m2fnuz, .f8e8m0],
    "GGUF": [
      .f8e4m3, .f8e5m2, .f8e4m3fnuz, .f8e5m2fnuz, .f8e8m0, .u64, .u32, .u16, .u8, .bool, .c64,
      .c128,
    ],
  ]

  static func container(_ name: String) throws -> any WritableContainer.Type {
    try #require(writable.first { $0.name == name })
  }

  /// The config of a model of Keras, which its archives cannot be without.
  static let config: JSON = ["class_name": "Sequential", "config": ["name": "größer"]]

  /// Contents in a file of a container, and the conversion of it.
  static func convert(
    _ contents: Contents, as from: String, to other: String, allowing: Bool = false
  ) throws -> (Checkpoint, Conversion.Result) {
    try Scratch.withFolder { folder in
      let first = try container(from)
      let source = "\(folder)/source.\(first.fileExtensions[0])"
      var contents = contents
      if first == Keras.self { contents.metadata = first.adding(try given, to: contents.metadata) }
      try Shards.write(contents, as: first, to: source, ofAtMost: .max)
      return try convert(file: source, to: other, allowing: allowing)
    }
  }

  private static var given: Document {
    get throws { try Document(parsing: Array(config.text(indented: false).utf8)) }
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
      if other == Keras.name, !file.hasSuffix(".keras") {
        conversion.source.config = folder + "/config.json"
        try Data(config.text(indented: false).utf8).write(
          to: URL(filePath: folder + "/config.json"))
      }
      do {
        let result = try conversion.convert(file, to: path)
        return (try Checkpoint(opening: path), result)
      } catch {
        #expect(Scratch.names(in: folder).filter { $0 != "config.json" } == [])
        throw error
      }
    }
  }

  @Test(arguments: pairs) func `every dtype is kept to the bit or refused by its name`(
    from: String, other: String
  ) throws {
    for dtype in DType.allCases where Self.unheld[from]?.contains(dtype) == false {
      let bytes = Self.bytes(of: dtype)
      let count = bytes.count / dtype.byteCount
      let tensor = try StoredTensor(dtype, [2, count / 2], source: MemorySource(bytes, of: dtype))
      var contents = Contents(tensors: TensorTable())
      try contents.tensors.append("block/größe.weight", tensor)
      try contents.tensors.append("scalar", StoredTensor([Float(2)], shape: []))
      try contents.tensors.append("empty", StoredTensor([Float](), shape: [0, 4]))
      guard Self.unheld[other]?.contains(dtype) == false else {
        let error = #expect(throws: CrosswalkError.self) {
          try Self.convert(contents, as: from, to: other, allowing: from == Keras.name)
        }
        #expect(error?.kind == .unsupported)
        #expect(error?.description.contains("block/größe.weight") == true)
        #expect(error?.message.contains(dtype.rawValue) == true)
        #expect(error?.remedy != nil)
        continue
      }
      // Of Keras's archives the config has no other place, which is told elsewhere.
      let copy = try Self.convert(contents, as: from, to: other, allowing: from == Keras.name)
        .0.contents.tensors
      #expect(Set(copy.names) == Set(contents.tensors.names))
      for (name, tensor) in contents.tensors {
        #expect(copy[name]?.dtype == tensor.dtype && copy[name]?.shape == tensor.shape)
        #expect(try copy[name]?.bytes() == tensor.bytes(), "\(from) to \(other): \(dtype)")
      }
    }
  }

  /// Elements of a dtype that a careless copy changes: infinities, both zeros, the least numbers, the
  /// extreme integers, quiet and signalling NaNs of several payloads; and some of any bits.
  static func bytes(of dtype: DType) -> [UInt8] {
    if dtype == .bool { return [0, 1, 1, 0, 0, 1] }
    let patterns: [UInt64] =
      switch dtype {
      case .f64, .c128, .i64, .u64:
        [0x7FF0 << 48, 0xFFF0 << 48, 0x7FF8 << 48, 0x7FF0 << 48 | 1, 0xFFFD << 48 | 0xBEEF, .max]
      case .f32, .c64, .i32, .u32:
        [0x7F80_0000, 0xFF80_0000, 0x7FC0_0000, 0x7F80_0001, 0xFFAB_CDEF]
      case .bf16: [0x7F80, 0xFF80, 0x7FC0, 0x7F81, 0xFFAB]
      case .f16, .i16, .u16: [0x7C00, 0xFC00, 0x7E00, 0x7C01, 0xFDEF]
      case .f8e4m3, .f8e5m2, .f8e4m3fnuz, .f8e5m2fnuz, .f8e8m0, .i8, .u8, .bool:
        [0x7F, 0xFF, 0x7C, 0xFC, 0x7D, 0xFE]
      }
    let isComplex = dtype.category == .complex
    let width = dtype.byteCount / (isComplex ? 2 : 1)
    let sign = UInt64(1) << UInt64(8 * width - 1)
    let parts =
      patterns + [0, sign, 1, sign | 1, sign - 1, .max] + (1...5).map { $0 &* 0x9E37_79B9 }
    return (parts + (parts.count.isMultiple(of: 4) ? [] : [7, 8, 9].prefix(4 - parts.count % 4)))
      .flatMap { part in (0..<width).map { UInt8(truncatingIfNeeded: part >> UInt64(8 * $0)) } }
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

  @Test(arguments: pairs.filter { ![$0.0, $0.1].contains("NumPy") && $0.0 != "Keras" })
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

  @Test func `a training checkpoint loses nothing silently`() throws {
    let file = Shelf.fixture("containers/pytorch/checkpoint.pt")
    let error = #expect(throws: CrosswalkError.self) { try Self.convert(file: file, to: "NumPy") }
    #expect(error?.message.contains("history") == true)
    let result = try Self.convert(file: file, to: "NumPy", allowing: true).1
    #expect(result.notes.contains { $0.contains("history") })
  }

  @Test(arguments: ["safetensors", "HDF5", "PyTorch"])
  func `a training checkpoint comes back with its dictionaries, lists and tuples`(other: String)
    throws
  {
    try Scratch.withFolder { folder in
      let source = Shelf.fixture("containers/pytorch/checkpoint.pt")
      let path = "\(folder)/a.\(try Self.container(other).fileExtensions[0])"
      var conversion = Conversion()
      conversion.target = .same
      _ = try conversion.convert(source, to: path)
      _ = try conversion.convert(path, to: folder + "/b.pt")
      let (before, after) = (
        try Checkpoint(opening: source).contents, try Checkpoint(opening: folder + "/b.pt").contents
      )
      for key in ["crosswalk.structure", "values"] {
        #expect(before.metadata[key] != nil && before.metadata[key] == after.metadata[key])
      }
      #expect(Set(before.tensors.names) == Set(after.tensors.names))
    }
  }

  @Test(arguments: ["namespace.pt", "whole-module.pt"])
  func `an object that is only described is not written without leave`(name: String) throws {
    let file = Shelf.fixture("containers/pytorch/" + name)
    let error = #expect(throws: CrosswalkError.self) { try Self.convert(file: file, to: "PyTorch") }
    #expect(error?.kind == .unsupported)
    #expect(error?.message.contains("of which a description stays") == true)
    #expect(error?.remedy?.contains("--allow-unmapped") == true)
    let (copy, result) = try Self.convert(file: file, to: "PyTorch", allowing: true)
    #expect(result.notes.contains { $0.contains("of which a description stays") })
    #expect(
      copy.contents.metadata["values"]
        == (try Checkpoint(opening: file)).contents.metadata["values"])
  }

  @Test(arguments: ["safetensors", "HDF5", "PyTorch", "NumPy"])
  func `what HDF5 holds beside numbers is not dropped silently`(other: String) throws {
    let file = Shelf.fixture("containers/hdf5/latest.h5")
    let skipped = try #require(
      try Checkpoint(opening: file).contents.metadata["skipped"]?.objectValue)
    let error = #expect(throws: CrosswalkError.self) { try Self.convert(file: file, to: other) }
    #expect(skipped.keys.contains { error?.message.contains($0) == true })
  }

  @Test(arguments: writable.map { $0.name }.filter { !["Keras", "PyTorch"].contains($0) })
  func `a model's config is not dropped silently`(other: String) throws {
    let contents = try Self.facts(in: "Keras")
    let error = #expect(throws: CrosswalkError.self) {
      try Self.convert(contents, as: "Keras", to: other)
    }
    #expect(error?.kind == .unsupported)
    #expect(error?.message.hasSuffix(": config") == true)
    let result = try Self.convert(contents, as: "Keras", to: other, allowing: true).1
    #expect(result.notes.contains { $0.contains("cannot hold it: config") })
  }

  @Test func `an archive of Keras comes back from a PyTorch file`() throws {
    try Scratch.withFolder { folder in
      var conversion = Conversion()
      conversion.target = .same
      let source = Shelf.fixture("containers/keras/functional.keras")
      _ = try conversion.convert(source, to: folder + "/a.pt")
      _ = try conversion.convert(folder + "/a.pt", to: folder + "/b.keras")
      let (before, after) = (
        try Checkpoint(opening: source), try Checkpoint(opening: folder + "/b.keras")
      )
      let isSame = before.config?.root == after.config?.root
      #expect(isSame)
      #expect(before.contents.tensors.names == after.contents.tensors.names)
    }
  }

  @Test(arguments: writable.map { $0.name }.filter { $0 != "GGUF" })
  func `only GGUF holds quantised numbers`(other: String) throws {
    try Scratch.withFolder { folder in
      var conversion = Conversion()
      (conversion.target, conversion.quantises) = (.same, true)
      let path = "\(folder)/copy.\(try Self.container(other).fileExtensions[0])"
      let source = Shelf.fixture("containers/safetensors/shapes.safetensors")
      let error = #expect(throws: CrosswalkError.self) {
        try conversion.convert(source, to: path)
      }
      #expect(error?.kind == .unsupported)
      #expect(error?.message.hasPrefix(other) == true)
      #expect(error?.remedy?.contains(".gguf") == true)
      #expect(Scratch.names(in: folder).isEmpty)
    }
  }
}
