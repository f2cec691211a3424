import Containers
import Crosswalk
import Diagnostics
import Foundation
import Reports
import Synchronization
import Tensors
import TestSupport
import Testing

@Suite struct InspectionTests {
  private func statistics(_ tensors: [(String, StoredTensor)]) throws -> [InspectReport.Tensor] {
    var inspection = Inspection()
    inspection.statistics = true
    return try Scratch.withCheckpoint(tensors) { try inspection.inspect($0).tensors }
  }

  @Test func `a real checkpoint is described, its family named`() throws {
    let report = try Inspection().inspect(Shelf.fixture("models/bert-bare"))
    #expect(report.container == "safetensors")
    #expect(report.family == "bert")
    let tensor = try #require(
      report.tensors.first { $0.name == "embeddings.word_embeddings.weight" })
    #expect(tensor.dtype == "f32")
    #expect(tensor.bytes == tensor.elements * 4)
    #expect(tensor.statistics == nil && tensor.values == nil)
  }

  @Test func `what no family knows is described too`() throws {
    let tensors = try Scratch.withCheckpoint([("x", StoredTensor([1, 2] as [Float], shape: [2]))]) {
      let report = try Inspection().inspect($0)
      #expect(report.family == nil)
      return report.tensors
    }
    #expect(tensors.map(\.shape) == [[2]])
  }

  @Test func `statistics are those of the numbers, what is not finite left out`() throws {
    let numbers: [Float] = [1, 2, 3, 4, 0, -.infinity, .nan, .infinity]
    let tensor = try #require(
      try statistics([("x", StoredTensor(numbers, shape: [2, 4]))]).first)
    let found = try #require(tensor.statistics)
    #expect(found.minimum == 0 && found.maximum == 4 && found.mean == 2)
    #expect(found.standardDeviation == 2.0.squareRoot())
    #expect(abs((found.norm ?? 0) - 30.0.squareRoot()) < 1e-15)
    #expect(found.zeros == 1 && found.nans == 1 && found.infinities == 2)
    #expect(found.quantiles.first { $0.fraction == 0.5 }?.value == 2)
    #expect(found.quantiles.first { $0.fraction == 0.25 }?.value == 1)
    #expect(found.histogram?.counts.reduce(0, +) == 5)
    #expect(tensor.note == "contains NaN; contains infinities")
  }

  /// Numbers without order in them, each a whole number of eighths.
  private func scattered(_ count: Int) -> [Float] {
    (0..<count).map { Float(($0 &* 2_654_435_761) % 80_000 - 40_000) / 8 }
  }

  @Test(arguments: [1000, 65_536, 65_537, 300_001])
  func `quantiles are exact however large the tensor`(count: Int) throws {
    let numbers = scattered(count)
    let tensors = try statistics([
      ("f32", StoredTensor(numbers, shape: [count])),
      ("f64", StoredTensor(numbers.map { Double($0) * 1e-300 }, shape: [count])),
      ("i32", StoredTensor(numbers.map { Int32($0 * 8) }, shape: [count])),
    ])
    let sorted = numbers.map(Double.init).sorted()
    for tensor in tensors {
      let scale: Double = tensor.name == "f64" ? 1e-300 : tensor.name == "i32" ? 8 : 1
      for quantile in try #require(tensor.statistics).quantiles {
        let position = quantile.fraction * Double(count - 1)
        let (lower, share) = (Int(position), position - position.rounded(.down))
        let upper = min(lower + 1, count - 1)
        let expected: Double = (sorted[lower] * (1 - share) + sorted[upper] * share) * scale
        #expect(abs(quantile.value - expected) <= abs(expected) * 1e-14, "\(tensor.name)")
      }
      let counts = tensor.statistics?.histogram?.counts ?? []
      #expect(counts.count == 32 && counts.reduce(0, +) == count)
    }
  }

  @Test func `a small spread far from zero does not cancel`() throws {
    let numbers = (0..<100_000).map { 1e9 + Double($0 % 2) }
    let found = try #require(
      try statistics([("x", StoredTensor(numbers, shape: [100_000]))]).first?.statistics)
    #expect(found.mean == 1e9 + 0.5)
    #expect(found.standardDeviation == 0.5)
  }

  @Test func `what the numbers give reason to say is said`() throws {
    let rounded = try StoredTensor((0..<4096).map { sin(Float($0)) }, shape: [4096])
    let found = try statistics([
      ("zero", .filled(.f32, [4], value: 0)),
      ("constant", .filled(.f32, [70_000], value: 0.1)),
      ("empty", .filled(.f32, [0, 3], value: 0)),
      ("bf16", rounded.cast(to: .bf16).cast(to: .f32)),
      ("f16", rounded.cast(to: .f16).cast(to: .f32)),
      ("f32", rounded.cast(to: .f64)),
      ("own", rounded),
      ("complex", .filled(.c64, [2], value: 1)),
    ])
    let byName = Dictionary(found.map { ($0.name, $0.note) }, uniquingKeysWith: { a, _ in a })
    #expect(byName["zero"] == "all zero")
    #expect(byName["constant"] == "constant")
    #expect(byName["empty"] == "no elements")
    #expect(byName["bf16"] == "f32 that holds bf16 numbers only")
    #expect(byName["f16"] == "f32 that holds f16 numbers only")
    #expect(byName["f32"] == "f64 that holds f32 numbers only")
    #expect(byName["own"] == .some(nil))
    #expect(byName["complex"] == "complex numbers: no statistics")
    let narrower = found.filter { $0.statistics?.narrowerDType != nil }
    #expect(
      Set(narrower.map { "\($0.name) \($0.statistics?.narrowerDType ?? "")" })
        == ["bf16 bf16", "f16 f16", "f32 f32"])
    let constant = found.filter { $0.statistics?.isConstant == true }
    #expect(Set(constant.map(\.name)) == ["zero", "constant"])
  }

  @Test func `what is stored once is said to be shared, and measured once`() throws {
    var inspection = Inspection()
    inspection.statistics = true
    let tensors = try inspection.inspect(Shelf.fixture("containers/pytorch/views.pt")).tensors
    let notes = tensors.compactMap(\.note)
    #expect(notes.contains { $0.contains("another view of the storage of '") }, "\(notes)")
    let twins = tensors.filter { $0.note?.contains("the same stored numbers as '") == true }
    #expect(!twins.isEmpty && twins.map(\.name) == tensors.filter { $0.twin != nil }.map(\.name))
    for twin in twins {
      let first = try #require(tensors.first { $0.name == twin.twin })
      #expect(first.name != twin.name && first.statistics == twin.statistics)
    }
  }

  @Test func `how a file keeps a tensor is said of it`() throws {
    let tensors = try Inspection().inspect(Shelf.fixture("containers/hdf5/chunks.h5")).tensors
    let notes = Dictionary(tensors.map { ($0.name, $0.note) }, uniquingKeysWith: { a, _ in a })
    #expect(notes["contiguous"] == .some(nil))
    #expect(notes["implicit"] == "chunks 7×8")
    #expect(notes["fixed_array"] == "chunks 7×8, shuffle, deflate:4, 3.5 times smaller")
  }

  @Test func `what torch says of its archive is not cut`() throws {
    let report = try Inspection().inspect(Shelf.fixture("containers/pytorch/checkpoint.pt"))
    let text = report.text()
    for fact in ["byteorder little", "version 3", "serialization_id 1237761040869445806704246"] {
      #expect(text.contains(fact))
    }
  }

  @Test func `extremes of binary64 trap nowhere`() throws {
    let most = Double.greatestFiniteMagnitude
    let found = try statistics([
      ("huge", StoredTensor([most, -most, 0, most], shape: [4])),
      (
        "tiny",
        StoredTensor([Double.leastNonzeroMagnitude, 0, 2 * .leastNonzeroMagnitude], shape: [3])
      ),
    ])
    #expect(found[0].statistics?.histogram?.counts.reduce(0, +) == 4)
    #expect(found[0].statistics?.quantiles.last?.value.isFinite == true)
    #expect(found[1].statistics?.maximum == 2 * .leastNonzeroMagnitude)
  }

  @Test func `values come on request, the first or all`() throws {
    var inspection = Inspection()
    inspection.names = Glob("pooler.*.bias")
    inspection.values = .first(3)
    let some = try inspection.inspect(Shelf.fixture("models/bert-bare")).tensors
    inspection.values = .all
    let all = try inspection.inspect(Shelf.fixture("models/bert-bare")).tensors
    #expect(some.map(\.name) == ["pooler.dense.bias"])
    #expect(some[0].values == Array(all[0].values?.prefix(3) ?? []))
    #expect(some[0].note == "the first 3 of \(all[0].elements) values")
    #expect(all[0].values?.count == all[0].elements && all[0].note == nil)
  }

  @Test func `a name that fits nothing is refused`() throws {
    var inspection = Inspection()
    inspection.names = Glob("nothing*")
    let error = #expect(throws: CrosswalkError.self) {
      try inspection.inspect(Shelf.fixture("models/bert-bare"))
    }
    #expect(error?.kind == .missingTensor)
  }

  @Test func `progress adds up to what was announced, and events can be awaited`() async throws {
    let events = EventStream()
    async let report = events.following { (events) throws(CrosswalkError) in
      var inspection = Inspection()
      inspection.statistics = true
      return try inspection.inspect(Shelf.fixture("models/bert-bare"), observer: events)
    }
    var (announced, done) = (0, 0)
    for await event in events {
      if case .began(_, let total, .bytes) = event { announced += total }
      if case .advanced(let count, _) = event { done += count }
    }
    #expect(announced > 0 && announced == done)
    #expect(try await report.tensors.count > 10)
  }
}
