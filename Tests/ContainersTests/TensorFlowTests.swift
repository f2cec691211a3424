import Diagnostics
import Documents
import Foundation
import Tensors
import TestSupport
import Testing

@testable import Containers

@Suite struct TensorFlowTests {
  static let files = Expectation.all(of: "tensorflow")

  @Test(arguments: files) func `checkpoints of TensorFlow are read or refused`(file: Expectation)
    throws
  {
    try file.check { () throws(CrosswalkError) in
      let checkpoint = try Checkpoint(opening: file.path)
      #expect(checkpoint.container == "TensorFlow")
      // What is damaged in a shard shows when the tensors are read.
      for (name, tensor) in checkpoint.contents.tensors {
        do throws(CrosswalkError) { _ = try tensor.bytes() } catch {
          throw error.inside(.tensor(name)).inFile(file.path)
        }
      }
      return checkpoint.contents
    }
  }

  @Test func `there are files`() { #expect(Self.files.count >= 12) }

  @Test func `texts are told of, and the name without its ending will do`() throws {
    let contents = try Checkpoint(opening: Shelf.fixture("containers/tensorflow/objects")).contents
    let skipped = contents.metadata["skipped"]?.objectValue
    #expect(skipped?.keys == ["note/.ATTRIBUTES/VARIABLE_VALUE"])
    let bundle = contents.metadata["bundle"]
    #expect(bundle?["shards"] == 1 && bundle?["object_graph"] == true)
    #expect(bundle?["full_names"]?.objectValue?.count == 4)
    for name in contents.tensors.names {
      #expect(TensorFlowCheckpoint.storage(of: name, in: contents) == "Variable")
    }
  }

  @Test func `a checkpoint of a big-endian machine is refused in words`() throws {
    try Scratch.withFolder { folder in
      let (index, _) = try Self.copy("objects", to: folder)
      var bytes = try FileReader(index).head(.max)
      // The header is the first value: one shard, as field 1; here field 2, the order of bytes.
      #expect(Array(bytes[..<5]) == [0, 0, 6, 8, 1])
      func sum(_ bytes: [UInt8]) -> [UInt8] {
        var sum: [UInt8] = []
        sum.append(littleEndian: MaskedChecksum.of(bytes))
        return sum
      }
      let end = try #require(
        bytes.indices.dropLast(4).first { Array(bytes[$0..<$0 + 4]) == sum(Array(bytes[..<$0])) })
      bytes[3] = 0x10
      bytes.replaceSubrange(end..<end + 4, with: sum(Array(bytes[..<end])))
      try Data(bytes).write(to: URL(filePath: index))
      let error = #expect(throws: CrosswalkError.self) { try Checkpoint(opening: index) }
      #expect(error?.kind == .unsupported && error?.message.contains("big-endian") == true)
      #expect(error?.remedy?.isEmpty == false)
    }
  }

  @Test func `a damaged graph of objects does no harm`() throws {
    let index = try FileReader(Shelf.fixture("containers/tensorflow/objects.index"))
    let data = try FileReader(Shelf.fixture("containers/tensorflow/objects.data-00000-of-00001"))
    let entries = try BundleTable(of: index).entries
    let graph = try BundleEntry(
      #require(entries.first { $0.key == Array(ObjectGraph.key.utf8) }).value)
    let bytes = try data.bytes(at: graph.offset, count: graph.size)
    #expect(try ObjectGraph(tensor: bytes).names.count == 4)
    var random = Mutations(seed: 7)
    for _ in 0..<2000 { _ = try? ObjectGraph(tensor: random.mutated(bytes)) }
    for count in bytes.indices {
      #expect(throws: CrosswalkError.self) { try ObjectGraph(tensor: Array(bytes[..<count])) }
    }
  }

  /// A copy of a checkpoint of TensorFlow's, to be damaged.
  static func copy(_ name: String, to folder: String) throws -> (index: String, data: String) {
    let names = ["\(name).index", "\(name).data-00000-of-00001"]
    for name in names {
      let bytes = try FileReader(Shelf.fixture("containers/tensorflow/\(name)")).head(.max)
      try Data(bytes).write(to: URL(filePath: "\(folder)/\(name)"))
    }
    return ("\(folder)/\(names[0])", "\(folder)/\(names[1])")
  }

  @Test(arguments: ["objects", "compressed"])
  func `an index cut at any byte is refused`(name: String) throws {
    try Scratch.withFolder { folder in
      let (index, _) = try Self.copy(name, to: folder)
      let bytes = try FileReader(index).head(.max)
      for count in bytes.indices {
        try Data(bytes[..<count]).write(to: URL(filePath: index))
        #expect(throws: CrosswalkError.self) { try Checkpoint(opening: index) }
      }
    }
  }

  @Test(arguments: ["objects", "compressed"])
  func `an index with one byte changed is refused, or tells the same`(name: String) throws {
    try Scratch.withFolder { folder in
      let (index, _) = try Self.copy(name, to: folder)
      let bytes = try FileReader(index).head(.max)
      let names = try Checkpoint(opening: index).contents.tensors.names
      for place in bytes.indices {
        for change: UInt8 in [1, 0x80, 0xFF] {
          var changed = bytes
          changed[place] ^= change
          try Data(changed).write(to: URL(filePath: index))
          // Only what no one reads has no checksum: the footer's filling.
          if let checkpoint = try? Checkpoint(opening: index) {
            #expect(checkpoint.contents.tensors.names == names)
            #expect(place >= bytes.count - BundleTable.footerSize)
          }
        }
      }
    }
  }

  @Test func `a shard with one byte changed is refused when it is read`() throws {
    try Scratch.withFolder { folder in
      let (index, data) = try Self.copy("shapes", to: folder)
      let bytes = try FileReader(data).head(.max)
      for place in bytes.indices {
        var changed = bytes
        changed[place] ^= 0x10
        try Data(changed).write(to: URL(filePath: data))
        let tensors = try Checkpoint(opening: index).contents.tensors
        #expect(throws: CrosswalkError.self) {
          for (_, tensor) in tensors { _ = try tensor.bytes() }
        }
      }
    }
  }

  @Test func `checksums are checked in pieces, too`() throws {
    let bytes = [UInt8](0..<64)
    for isSound in [true, false] {
      let source = CheckedSource(
        MemorySource(bytes, of: .u8), count: 64,
        checksum: MaskedChecksum.of(bytes) ^ (isSound ? 0 : 1))
      let tensor = try StoredTensor(.u8, [64], source: source)
      func stream() throws(CrosswalkError) {
        try tensor.forEachPiece(ofAtMost: 7) { (_, _) throws(CrosswalkError) in }
      }
      if isSound { try stream() } else { #expect(throws: CrosswalkError.self) { try stream() } }
      // What is read here and there is given as it is.
      #expect(try tensor.bytes(5..<9) == [5, 6, 7, 8])
    }
  }

  @Test func `the checksum is Castagnoli's, masked`() {
    // 0xE3069283 is the check value of CRC-32C.
    let plain: UInt32 = 0xE306_9283
    #expect(
      MaskedChecksum.of(Array("123456789".utf8))
        == (plain >> 15 | plain << 17) &+ 0xA282_EAD8)
  }

  static let snappy: [([UInt8], String?)] = [
    ([0], ""), ([3, 8, 97, 98, 99], "abc"),
    // A literal, then a copy that repeats what it writes.
    ([10, 0, 97, 0x15, 1], "aaaaaaaaaa"), ([6, 4, 97, 98, 0x0E, 2, 0], "ababab"),
    ([6, 4, 97, 98, 0x0F, 2, 0, 0, 0], "ababab"),
    ([], nil), ([3, 8, 97, 98], nil), ([3, 8, 97, 98, 99, 0], nil), ([4, 8, 97, 98, 99], nil),
    ([10, 0, 97, 0x15, 2], nil), ([10, 0, 97, 0x15, 0], nil), ([5, 0, 97, 0x15, 1], nil),
    ([0xFF, 0xFF, 0xFF, 0xFF, 0x7F], nil), ([1, 0xFC, 0xFF, 0xFF, 0xFF, 0xFF], nil),
  ]

  @Test(arguments: snappy) func `snappy is undone or refused`(block: [UInt8], text: String?) {
    let expanded = try? Snappy.expand(block, atMost: 100)
    #expect(expanded.map { String(decoding: $0, as: UTF8.self) } == text)
  }

  @Test(arguments: ["bert", "objects"])
  func `tables and messages changed at random do no harm`(name: String) throws {
    let index = try FileReader(Shelf.fixture("containers/tensorflow/\(name).index"))
    var random = Mutations(seed: UInt64(index.size))
    for entry in try BundleTable(of: index).entries.prefix(20) {
      for _ in 0..<200 { _ = try? BundleEntry(random.mutated(entry.value)) }
    }
    for _ in 0..<2000 {
      _ = try? Snappy.expand(random.mutated([10, 0, 97, 0x15, 1]), atMost: 1000)
    }
  }
}
