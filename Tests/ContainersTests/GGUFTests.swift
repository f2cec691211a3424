import Diagnostics
import Documents
import Tensors
import TestSupport
import Testing

@testable import Containers

@Suite struct GGUFTests {
  static let files = Expectation.all(of: "gguf")

  static func open(_ name: String) throws -> Contents {
    try GGUF.open(try FileReader(Shelf.fixture("containers/gguf/\(name).gguf")))
  }

  @Test(arguments: files) func `files of GGUF are read or refused`(file: Expectation) throws {
    try file.check { () throws(CrosswalkError) in
      #expect(GGUF.recognises(try FileReader(file.path)))
      return try Checkpoint(opening: file.path).contents
    }
  }

  @Test func `there are files`() { #expect(Self.files.count > 25) }

  @Test(arguments: ["quantised", "big-endian"])
  func `any part of a quantised tensor is that part of the whole`(name: String) throws {
    for (_, tensor) in try Self.open(name).tensors where tensor.dtype == .f32 && tensor.count > 64 {
      let whole = try tensor.bytes()
      for range in [0..<1, 31..<33, 7..<tensor.count, 60..<61, 32..<64] {
        #expect(
          try tensor.bytes(range) == Array(whole[range.lowerBound * 4..<range.upperBound * 4]))
      }
    }
  }

  @Test func `metadata keeps its values, and the types that they do not tell`() throws {
    let metadata = try Self.open("metadata").metadata
    #expect(metadata["tiny.u64"] == .unsigned(.max))
    #expect(metadata["tiny.text"] == "Grüße")
    #expect(metadata["tiny.words"] == ["a", "b", ""])
    #expect(metadata[GGUF.typesKey]?["tiny.kinds"] == "[i32]")
    #expect(metadata[GGUF.typesKey]?["tiny.u32"] == nil)
  }

  @Test(arguments: ["plain", "metadata", "aligned", "bfloat16"])
  func `what is written again is the same file`(name: String) throws {
    try Scratch.withFolder { folder in
      let path = "\(folder)/again.gguf"
      _ = try Scratch.write(try Self.open(name), as: GGUF.self, to: path)
      let source = Shelf.fixture("containers/gguf/\(name).gguf")
      #expect(try FileReader(path).head(.max) == FileReader(source).head(.max))
    }
  }

  @Test func `eight bits a number stay eight bits, other quantised tensors become binary32`() throws
  {
    let contents = try Self.open("quantised")
    try Scratch.withFolder { folder in
      let written = try Scratch.write(contents, as: GGUF.self, to: "\(folder)/again.gguf")
      #expect(written.metadata[GGUF.tensorTypesKey] == ["Q8_0": "Q8_0"])
      for (name, tensor) in contents.tensors where name != "Q8_0" {
        #expect(try written.tensors[name]?.bytes() == tensor.bytes())
      }
    }
  }

  @Test
  func `matrices become eight bits a number where rows fit, and stay so until told otherwise`()
    throws
  {
    var contents = Contents(tensors: TensorTable())
    let values = (0..<128).map { Float($0) / 7 - 9 }
    try contents.tensors.append("matrix", StoredTensor(values, shape: [4, 32]))
    try contents.tensors.append("half", StoredTensor(values, shape: [2, 64]).cast(to: .f16))
    try contents.tensors.append("norm", StoredTensor(values, shape: [128]).cast(to: .bf16))
    try contents.tensors.append("odd", StoredTensor(values, shape: [32, 4]))
    try contents.tensors.append("ids", StoredTensor([Int32](0..<32), shape: [1, 32]))
    try Scratch.withFolder { folder in
      let written = try Scratch.write(
        try GGUF.quantised(contents), as: GGUF.self, to: "\(folder)/a.gguf")
      #expect(written.metadata[GGUF.tensorTypesKey] == ["matrix": "Q8_0", "half": "Q8_0"])
      #expect(written.metadata["general.file_type"] == 7)
      let dtypes = written.tensors.map { "\($0.0) \($0.1.dtype.rawValue)" }
      #expect(dtypes == ["matrix f32", "half f32", "norm f32", "odd f16", "ids i32"])
      let plain = Contents(
        tensors: written.tensors, metadata: GGUF.withoutQuantising(written.metadata))
      let again = try Scratch.write(plain, as: GGUF.self, to: "\(folder)/b.gguf")
      #expect(again.metadata[GGUF.tensorTypesKey] == nil)
      #expect(try again.tensors["matrix"]?.bytes() == written.tensors["matrix"]?.bytes())
    }
  }

  @Test(arguments: [300, 1000]) func `parts are counted as llama.cpp counts them`(size: Int) throws
  {
    let contents = try Checkpoint(
      opening: Shelf.fixture("containers/gguf/split-00002-of-00003.gguf")
    ).contents
    #expect(contents.metadata[GGUFSplit.countKey] == nil)
    #expect(contents.metadata["tiny.text"] == "Grüße")
    #expect(contents.metadata[GGUF.tensorTypesKey] == ["blk.5.weight": "Q8_0"])
    try Scratch.withFolder { folder in
      let files = try Shards.write(
        contents, as: GGUF.self, to: "\(folder)/m.gguf", ofAtMost: size
      ).files
      #expect(files.count > 1 && files.allSatisfy { $0.hasSuffix(".gguf") })
      for (number, file) in files.enumerated() {
        let part = try GGUF.open(try FileReader(file))
        #expect(part.metadata[GGUFSplit.numberKey]?.intValue == number)
        #expect(part.metadata[GGUFSplit.tensorsKey]?.intValue == contents.tensors.count)
        #expect((part.metadata["tiny.text"] == nil) == (number > 0))
      }
      for path in files + [folder] {
        let again = try Checkpoint(opening: path)
        #expect(again.files == files)
        #expect(again.contents.tensors.names == contents.tensors.names)
        #expect(again.contents.metadata == contents.metadata)
      }
      let whole = try Scratch.write(contents, as: GGUF.self, to: "\(folder)/whole.gguf")
      let isSame = whole.metadata == contents.metadata
      #expect(isSame)
    }
  }

  @Test(arguments: [300, 1000, 1 << 20])
  func `parts that are replaced leave none behind`(size: Int) throws {
    let contents = try Checkpoint(
      opening: Shelf.fixture("containers/gguf/split-00002-of-00003.gguf")
    ).contents
    try Scratch.withFolder { folder in
      let path = "\(folder)/m.gguf"
      try Shards.write(contents, as: GGUF.self, to: path, ofAtMost: 500)
      let other = try Scratch.write(contents, as: GGUF.self, to: "\(folder)/m-other.gguf")
      let error = #expect(throws: CrosswalkError.self) {
        try Shards.write(contents, as: GGUF.self, to: path, ofAtMost: size)
      }
      #expect(error?.kind == .outputExists)
      let files = try Shards.write(
        contents, as: GGUF.self, to: path, ofAtMost: size, replacing: true
      ).files
      let names = (files + ["\(folder)/m-other.gguf"]).map(Folder.lastComponent)
      #expect(Scratch.names(in: folder) == names.sorted())
      #expect(try Checkpoint(opening: files[0]).contents.tensors.names == other.tensors.names)
    }
  }

  @Test func `arrays within arrays come back`() throws {
    let metadata: JSON = ["nested": [[1, 2], ["a"], [[true]]], "text": .object(JSONObject())]
    try Scratch.withFolder { folder in
      let contents = Contents(tensors: TensorTable(), metadata: metadata)
      let written = try Scratch.write(contents, as: GGUF.self, to: "\(folder)/nested.gguf")
      #expect(written.metadata["nested"] == metadata["nested"])
      #expect(written.metadata["text"] == "{}")
    }
  }

  @Test func `numbers that eight bits cannot hold are refused`() throws {
    for number: Float in [.nan, .infinity, 1e9] {
      var bytes: [UInt8] = []
      #expect(!Quants.appendQ8([Float](repeating: number, count: 32), to: &bytes))
    }
    var bytes: [UInt8] = []
    #expect(Quants.appendQ8([Float](repeating: .leastNonzeroMagnitude, count: 32), to: &bytes))
    #expect(bytes == [UInt8](repeating: 0, count: 34))
  }

  @Test func `what GGUF cannot hold is refused`() throws {
    let tensor = try StoredTensor([UInt8(1)], shape: [1])
    let deep = try StoredTensor([Float(1)], shape: [1, 1, 1, 1, 1])
    let long = String(repeating: "n", count: 64)
    for (name, tensor) in [("bytes", tensor), ("deep", deep), (long, try deep.reshaped([1]))] {
      var contents = Contents(tensors: TensorTable())
      try contents.tensors.append(name, tensor)
      try Scratch.withFolder { folder in
        _ = #expect(throws: CrosswalkError.self) {
          try Scratch.write(contents, as: GGUF.self, to: "\(folder)/refused.gguf")
        }
      }
    }
  }
}
