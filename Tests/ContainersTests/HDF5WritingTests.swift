import Diagnostics
import Documents
import Tensors
import TestSupport
import Testing

@testable import Containers

@Suite struct HDF5WritingTests {
  @Test(arguments: [nil, 1], 0..<6)
  func `random tensors come back`(compression: Int?, seed: Int) throws {
    var random = SplitMix(state: UInt64(seed) &+ 1)
    var contents = Contents(tensors: TensorTable())
    for dtype in DType.allCases {
      let shape = (0..<Int.random(in: 0...4, using: &random)).map { _ in
        Int.random(in: seed == 0 ? 0...3 : 1...(3 + 3 * seed), using: &random)
      }
      let tensor = try Self.tensor(dtype, shape, using: &random)
      try contents.tensors.append("group/\(seed)/\(dtype)", tensor)
    }
    try Self.expectReturn(of: contents, compression: compression)
  }

  @Test(arguments: [[700, 300], [3, 300, 300], [150_000], [1, 2, 140_000], [513, 1]])
  func `chunks cover tensors of any shape`(shape: [Int]) throws {
    var random = SplitMix(state: 7)
    var contents = Contents(tensors: TensorTable())
    try contents.tensors.append("large", Self.tensor(.f64, shape, using: &random))
    try Self.expectReturn(of: contents, compression: 1)
  }

  @Test func `attributes come back as they were`() throws {
    let attributes: JSONObject = JSONObject([
      ("count", 12), ("empty", .null), ("large", .unsigned(.max)), ("names", ["a", "größer", ""]),
      ("none", []), ("number", 0.1), ("table", [[1, 2], [3, 4], [5, 6]]),
      ("text", .string(String(repeating: "architecture ", count: 20_000))), ("true", true),
      ("truths", [true, false]),
    ])
    var contents = Contents(
      tensors: TensorTable(),
      metadata: [
        "attributes": .object(attributes),
        "objects": ["/group/weight": ["unit": "m"], "/group": ["note": "here"], "/alone": [:]],
      ])
    try contents.tensors.append("group/weight", StoredTensor([Float(1), 2], shape: [2]))
    try Scratch.withFolder { folder in
      let again = try HDF5Tests.write(contents, to: folder + "/file.h5")
      #expect(again.metadata["attributes"] == .object(attributes))
      #expect(again.metadata["objects"]?["/group"] == ["note": "here"])
      #expect(again.metadata["objects"]?["/group/weight"] == ["unit": "m"])
      #expect(again.metadata["objects"]?["/alone"] == [:])
    }
  }

  @Test func `more names than a header holds are one attribute`() throws {
    let names = JSON.array((0..<9000).map { .string("layer_\($0)/kernel:0") })
    let contents = Contents(tensors: TensorTable(), metadata: ["names": names, "format": "pt"])
    try Scratch.withFolder { folder in
      let again = try HDF5Tests.write(contents, to: folder + "/file.h5")
      #expect(again.metadata["attributes"] == ["format": "pt", "names": names])
    }
  }

  @Test func `what HDF5 has no form for is kept as its text`() throws {
    let contents = Contents(tensors: TensorTable(), metadata: ["mixed": [1, "a"], "object": [:]])
    try Scratch.withFolder { folder in
      let again = try HDF5Tests.write(contents, to: folder + "/file.h5")
      #expect(again.metadata["attributes"] == ["mixed": #"[1,"a"]"#, "object": "{}"])
    }
  }

  @Test func `tensors of one storage are stored once`() throws {
    var contents = Contents(tensors: TensorTable())
    var tensor = try StoredTensor([Float](repeating: 1, count: 4096), shape: [64, 64])
    tensor.storage = .init(key: "tied", view: [])
    try contents.tensors.append("embeddings/weight", tensor)
    try contents.tensors.append("head/weight", tensor)
    try Scratch.withFolder { folder in
      let again = try HDF5Tests.write(contents, to: folder + "/file.h5")
      #expect(again.tensors["head/weight"]?.storage == again.tensors["embeddings/weight"]?.storage)
      #expect(try FileReader(folder + "/file.h5").size < 2 * 4096 * 4)
    }
  }

  @Test func `equal contents are equal bytes`() throws {
    var contents = Contents(tensors: TensorTable(), metadata: ["note": "same"])
    for index in 0..<1200 {
      try contents.tensors.append("many/\(index)", StoredTensor([Double(index)], shape: []))
    }
    try Scratch.withFolder { folder in
      let again = try HDF5Tests.write(contents, to: folder + "/one.h5")
      #expect(again.tensors.names == contents.tensors.names)
      _ = try HDF5Tests.write(contents, to: folder + "/two.h5")
      let files = try ["/one.h5", "/two.h5"].map { try FileReader(folder + $0).head(.max) }
      #expect(files[0] == files[1])
    }
  }

  @Test(arguments: [["a", "a/b"], ["a/b", "a"], [""], ["a//b"], ["/a"], ["a/."], ["a\0"]])
  func `names that HDF5 cannot hold are refused`(names: [String]) throws {
    var contents = Contents(tensors: TensorTable())
    for name in names { try contents.tensors.append(name, StoredTensor([Float(1)], shape: [])) }
    try Scratch.withFolder { folder in
      let error = #expect(throws: CrosswalkError.self) {
        try HDF5Tests.write(contents, to: folder + "/file.h5")
      }
      #expect(error?.kind == .unsupported)
    }
  }

  private static func tensor(
    _ dtype: DType, _ shape: [Int], using random: inout SplitMix
  ) throws -> StoredTensor {
    let byteCount = try Shape.byteCount(shape, dtype)
    let words = (0..<(byteCount / 8 + 1)).map { _ in
      dtype == .bool ? random.next() & 0x0101_0101_0101_0101 : random.next()
    }
    let bytes = words.withUnsafeBytes { Array($0.prefix(byteCount)) }
    return try StoredTensor(dtype, shape, source: MemorySource(bytes, of: dtype))
  }

  private static func expectReturn(of contents: Contents, compression: Int?) throws {
    try Scratch.withFolder { folder in
      let again = try HDF5Tests.write(
        contents, to: folder + "/file.h5", compression: compression)
      #expect(again.tensors.names == contents.tensors.names)
      for (name, tensor) in contents.tensors {
        let read = try #require(again.tensors[name])
        #expect(read.dtype == tensor.dtype && read.shape == tensor.shape)
        #expect(try read.bytes() == tensor.bytes())
        let part = tensor.count / 3..<tensor.count
        #expect(try read.bytes(part) == tensor.bytes(part))
      }
    }
  }
}

/// Random numbers that are the same each time.
struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}
