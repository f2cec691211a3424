import Containers
import Crosswalk
import Diagnostics
import Documents
import Reports
import Tensors
import TestSupport
import Testing

@Suite struct CheckpointDifferenceTests {
  private func diff(
    _ a: [(String, StoredTensor)], _ b: [(String, StoredTensor)], tolerance: Tolerance? = nil
  ) throws -> DifferenceReport {
    try Scratch.withCheckpoint(a) { a in
      try Scratch.withCheckpoint(b) { b in try Difference.diff(a, b, tolerance: tolerance) }
    }
  }

  private func numbers(_ values: [Float], _ shape: [Int]) throws -> StoredTensor {
    try StoredTensor(values, shape: shape)
  }

  @Test func `tensors of no family are compared by their own names`() throws {
    let x = try numbers([1, 2, 3, 4], [2, 2])
    let same = try diff([("x", x), ("y", x)], [("y", x), ("x", x)])
    #expect(same.verdict == .identical)
    #expect(same.rows.allSatisfy { $0.role == "tensor" })
    #expect(same.notes.contains { $0.contains("by the names in the files") })
    let other = try diff([("x", x)], [("x.1", numbers([1, 2, 3, 5], [2, 2]))])
    #expect(other.verdict == .incomparable)
    #expect((other.missing, other.unexpected) == (["x.1"], ["x"]))
    let transposed = try diff([("x", x.transposed())], [("x", x)])
    #expect(transposed.verdict == .differs)
    #expect(transposed.divergingRow?.worst == [.init("row", 0), .init("column", 1)])
    #expect(transposed.rows[0].relation?.kind == .transposed)
    let reshaped = try diff([("x", x)], [("x", x.reshaped([4]))])
    #expect(reshaped.verdict == .differs)
    #expect(reshaped.rows[0].relation?.kind == .reshaped)
    #expect(try diff([("x", x)], [("x", numbers([1, 2, 3], [3]))]).verdict == .incomparable)
  }

  @Test func `bits count, not likeness`() throws {
    let zero = try diff([("x", numbers([0], [1]))], [("x", numbers([-0.0], [1]))])
    #expect(zero.divergingRow?.note == "only signs of zeros differ")
    let tiny = try diff([("x", numbers([1e-20], [1]))], [("x", numbers([2e-20], [1]))])
    #expect(tiny.verdict == .differs)
    let nan = try numbers([.nan], [1])
    #expect(try diff([("x", nan)], [("x", nan)]).verdict == .identical)
    #expect(try diff([("x", nan)], [("x", numbers([1], [1]))]).verdict == .incomparable)
    let large = try StoredTensor([Int64.max], shape: [1])
    let larger = try StoredTensor([Int64.max - 1], shape: [1])
    #expect(try diff([("x", large)], [("x", larger)]).verdict == .differs)
  }

  @Test func `another dtype of the same numbers is a cast, told and equal`() throws {
    let x = try numbers([0.5, -3], [2])
    let widened = try diff([("x", x.cast(to: .bf16))], [("x", x)])
    #expect(widened.verdict == .identical)
    #expect(widened.rows[0].note == "cast: bf16 against f32")
    let y = try numbers([0.1, -3], [2])
    let rounded = try diff([("x", y.cast(to: .bf16))], [("x", y)])
    #expect(rounded.verdict == .differs)
    #expect(rounded.rows[0].note == "cast: the f32 rounded to bf16, otherwise equal")
    let tolerance = Tolerance(relative: 0x1p-8)
    #expect(
      try diff([("x", y.cast(to: .bf16))], [("x", y)], tolerance: tolerance).verdict == .close)
    let ids = try StoredTensor([Int64(3)], shape: [1])
    #expect(try diff([("x", ids)], [("x", ids.cast(to: .i32))]).verdict == .identical)
  }

  @Test(arguments: ["h5", "safetensors"])
  func `a model equals itself in another dialect and container`(ending: String) throws {
    try Scratch.withFolder { folder in
      let source = Shelf.fixture("models/gpt2-lm")
      var conversion = Conversion()
      conversion.target = .native
      _ = try conversion.convert(source, to: folder + "/native.\(ending)")
      let report = try Difference.diff(folder + "/native.\(ending)", source)
      #expect(report.verdict == .identical, "\(report.missing) \(report.notes)")
      #expect(report.rows.allSatisfy { $0.role == "parameter" })
      #expect(report.rows.contains { $0.name == "decoder.layers.1.attention.query.weight" })
    }
  }

  @Test func `models of the same weights that compute otherwise differ`() throws {
    let path = Shelf.fixture("models/bert-bare")
    var options = ModelCheckpoint.Options()
    options.overrides = JSONObject([("layer_norm_eps", 1e-5)])
    let report = try Difference.diff(
      ModelCheckpoint(opening: path), ModelCheckpoint(opening: path, options: options))
    #expect(report.verdict == .differs)
    #expect(report.rows.allSatisfy { $0.verdict == .identical })
    #expect(report.notes.contains { $0.contains("/epsilon is 1e-12 against 1e-05") })
  }

  @Test func `a head that one model has and the other lacks is missing`() throws {
    let report = try Difference.diff(
      Shelf.fixture("models/bert-no-pooler"), Shelf.fixture("models/bert-bare"))
    #expect(!report.verdict.passes)
    #expect(report.missing.contains("pooler.dense.weight"))
  }

  @Test func `a tied copy that one file leaves out is no difference`() throws {
    let bin = try Checkpoint(opening: Shelf.fixture("models/bert-old-style/pytorch_model.bin"))
    let storages = bin.contents.tensors.compactMap { $0.1.storage }
    #expect(Set(storages).count < storages.count, "the fixture has tied weights")
    try Scratch.withFolder { folder in
      let copy = folder + "/copy.bin"
      let file = try FileWriter(copy)
      try PyTorch.write(bin.contents, to: file, options: WriteOptions(), observer: Silence())
      try file.commit()
      var bare = bin.contents
      bare.tensors = TensorTable()
      var seen: Set<StoredTensor.Storage> = []
      for (name, tensor) in bin.contents.tensors
      where tensor.storage.map({ seen.insert($0).inserted }) ?? true {
        try bare.tensors.append(name, tensor)
      }
      let without = try FileWriter(folder + "/without.safetensors")
      try Safetensors.write(bare, to: without, options: WriteOptions(), observer: Silence())
      try without.commit()
      let report = try Difference.diff(folder + "/without.safetensors", copy)
      #expect(report.verdict == .identical, "\(report.missing) \(report.notes)")
    }
  }
}
