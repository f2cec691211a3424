import Crosswalk
import Diagnostics
import Reports
import Tensors
import TestSupport
import Testing

@Suite struct RelationTests {
  typealias Kind = DifferenceReport.Relation.Kind

  /// Numbers that look like no others, the same for the same seed.
  private func numbers(_ shape: [Int], seed: UInt64) throws -> StoredTensor {
    try StoredTensor(values(shape.reduce(1, *), seed: seed), shape: shape)
  }

  private func values(_ count: Int, seed: UInt64) -> [Float] {
    var state = seed &* 0x9E37_79B9_7F4A_7C15
    return (0..<count).map { _ in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Float(Int32(truncatingIfNeeded: state >> 32)) / 0x1p31
    }
  }

  private func diff(_ a: [(String, StoredTensor)], _ b: [(String, StoredTensor)]) throws
    -> DifferenceReport
  {
    try Scratch.withCheckpoint(a) { a in
      try Scratch.withCheckpoint(b) { b in try Difference.diff(a, b, isRaw: true) }
    }
  }

  /// The relation of one tensor to another, of one name or of two.
  private func relation(_ a: StoredTensor, _ b: StoredTensor, isNamed: Bool = true) throws
    -> DifferenceReport.Relation
  {
    let report = try diff([("x", a)], [(isNamed ? "x" : "y", b)])
    #expect(!report.verdict.passes)
    #expect(report.missing.isEmpty && report.unexpected.isEmpty)
    return try #require(report.rows.first?.relation)
  }

  private func rows(_ tensor: StoredTensor, _ order: [Int]) throws -> StoredTensor {
    try StoredTensor.concatenated(
      order.map { try tensor.sliced(axis: 0, range: $0..<$0 + 1) }, axis: 0)
  }

  @Test(arguments: [true, false])
  func `the same values otherwise are told by what was done to them`(isNamed: Bool) throws {
    let x = try numbers([12, 5], seed: 1)
    let transposed = try relation(x.transposed(), x, isNamed: isNamed)
    #expect(transposed.kind == .transposed)
    let reshaped = try relation(x.reshaped([3, 4, 5]), x, isNamed: isNamed)
    #expect(reshaped.kind == .reshaped)
    let both = try relation(x.reshaped([3, 4, 5]), x.transposed(), isNamed: isNamed)
    #expect(both.kind == .transposed)
    let axes = try relation(x.reshaped([3, 4, 5]).permuted([2, 0, 1]), x.reshaped([3, 4, 5]))
    #expect(axes.kind == .transposed)
    #expect(axes.detail == "axes 2, 0, 1 of the reference's")
    if !isNamed {
      #expect(try relation(x, x, isNamed: false).kind == .moved)
    }
  }

  @Test func `orders of rows and columns have names`() throws {
    let x = try numbers([16, 5], seed: 2)
    func detail(_ order: [Int]) throws -> String? {
      let relation = try relation(rows(x, order), x)
      #expect(relation.kind == .permuted)
      return relation.detail
    }
    let halves = (0..<16).map { $0 / 8 * 8 + ($0 % 2) * 4 + $0 % 8 / 2 }
    #expect(
      try detail(halves) == "rows interleaved here, in rotary halves there in each head of 8")
    let pairs = (0..<16).map { $0 / 8 * 8 + 2 * ($0 % 4) + $0 % 8 / 4 }
    #expect(try detail(pairs) == "rows in rotary halves here, interleaved there in each head of 8")
    #expect(try detail(Array((0..<16).reversed())) == "rows in reverse")
    #expect(try detail((0..<16).map { ($0 + 2) % 16 }) == "rows moved on by 2, the first ones last")
    let gates = [0, 2, 1, 3].flatMap { ($0 * 4..<$0 * 4 + 4) }
    #expect(try detail(gates) == "blocks of 4 rows by 2×2 here, by 2×2 there")
    let heads = [3, 0, 2, 1].flatMap { ($0 * 4..<$0 * 4 + 4) }
    #expect(try detail(heads) == "blocks of 4 rows in the reference's order 3, 0, 2, 1")
    let columns = try relation(rows(x, heads).transposed(), x.transposed())
    #expect(columns.kind == .permuted)
    #expect(columns.detail == "blocks of 4 columns in the reference's order 3, 0, 2, 1")
    let any = try StoredTensor(Array(values(80, seed: 2).reversed()), shape: [16, 5])
    #expect(try relation(any, x).kind == .permuted)
  }

  @Test func `factors and casts are told`() throws {
    let x = values(64, seed: 3)
    let tensor = try StoredTensor(x, shape: [8, 8])
    let scaled = try relation(StoredTensor(x.map { $0 * 8 }, shape: [8, 8]), tensor)
    #expect(scaled.kind == .scaled)
    #expect(scaled.factor == 8)
    let root = try relation(
      StoredTensor(x.map { $0 * Float(48).squareRoot() }, shape: [8, 8]), tensor)
    #expect(root.kind == .scaled)
    #expect(root.detail?.hasSuffix("(√48)") == true)
    let cast = try relation(tensor.cast(to: .bf16).cast(to: .f32), tensor)
    #expect(cast.kind == .cast)
    #expect(cast.detail == "rounded to bf16 here, kept as f32")
    let half = try relation(tensor.cast(to: .f16), tensor.transposed(), isNamed: false)
    #expect(half.kind == .transposed)
    #expect(half.detail == "rounded to f16 on one side")
    #expect(try relation(tensor, numbers([8, 8], seed: 4)).kind == .changed)
    let shifted = try relation(
      StoredTensor([Float(1.5), 2.25, -1], shape: [3]),
      StoredTensor([Float(0.5), 1.25, -2], shape: [3]))
    #expect(shifted.kind == .changed)
    #expect(shifted.detail == "each element is larger by 1")
  }

  @Test func `a changed size is told by the rows that are equal`() throws {
    let x = try numbers([6, 4], seed: 5)
    let report = try diff([("x", x)], [("x", x.sliced(axis: 0, range: 0..<5))])
    #expect(report.verdict == .incomparable)
    #expect(report.rows[0].note == "shape 6×4 against 5×4; the first 5 rows are equal; 1 more here")
  }

  @Test func `fused and apart are known by their sums, and the order of parts is told`() throws {
    let parts = try (0..<3).map { try numbers([4, 6], seed: 10 + UInt64($0)) }
    let names = ["z.query.kernel", "z.key.kernel", "z.value.kernel"]
    let apart = Array(zip(names, parts))
    let beside = try StoredTensor.concatenated(parts, axis: 1)
    let merged = try #require(diff([("fused", beside)], apart).rows.first?.relation)
    #expect(merged.kind == .merged)
    #expect(merged.theirs == names)
    #expect(merged.detail == "columns side by side")
    let split = try #require(diff(apart, [("fused", beside.transposed())]).rows.first?.relation)
    #expect(split.kind == .split)
    #expect(split.ours == names)
    #expect(split.detail == "transposed, rows side by side")
    // Three parts that take turns in heads of two columns, as GPT-NeoX has them in rows.
    let heads = try (0..<3).flatMap { head in
      try parts.map { try $0.sliced(axis: 1, range: 2 * head..<2 * head + 2) }
    }
    let turns = try diff([("fused", StoredTensor.concatenated(heads, axis: 1))], apart)
    let detail = try #require(turns.rows.first?.relation?.detail)
    #expect(detail == "blocks of 2 columns by 3×3 here, by 3×3 there, of the parts side by side")
    // Whatever the names.
    let strange = try diff([("a", parts[2]), ("b", parts[0]), ("cc", parts[1])], [("d", beside)])
    #expect(strange.rows.first?.relation?.ours == ["b", "cc", "a"])
    // Stacked layers.
    let layers = try (0..<12).map { try numbers([3, 4], seed: 30 + UInt64($0)) }
    let stack = try StoredTensor.concatenated(layers.map { try $0.reshaped([1, 3, 4]) }, axis: 0)
    let stacked = try diff(
      layers.enumerated().map { ("layers.\($0.offset).w", $0.element) }, [("stack.w", stack)])
    #expect(stacked.rows.first?.relation?.kind == .split)
    #expect(stacked.rows.first?.relation?.ours.count == 12)
  }

  @Test func `what lies under another's name is named`() throws {
    let (q, k) = (try numbers([4, 4], seed: 6), try numbers([4, 4], seed: 7))
    let report = try diff([("q", q), ("k", k)], [("q", k), ("k", q)])
    #expect(report.rows.map { $0.relation?.kind } == [.moved, .moved])
    #expect(report.rows.first { $0.name == "q" }?.counterpart == "k")
  }

  @Test func `what might be several is said, and relatives come first`() throws {
    let zeros = try StoredTensor([Float](repeating: 0, count: 4), shape: [4])
    let (x, y) = (try numbers([4, 4], seed: 8), try numbers([4, 4], seed: 9))
    let report = try diff(
      [("a.w", x), ("a.b", zeros), ("c.w", y), ("c.b", zeros), ("rest", zeros)],
      [("m.kernel", y), ("m.bias", zeros), ("n.kernel", x), ("n.bias", zeros), ("o", zeros)])
    let names = Dictionary(
      uniqueKeysWithValues: report.rows.map { ($0.name, $0.counterpart ?? "") })
    #expect(
      names == [
        "a.w": "n.kernel", "a.b": "n.bias", "c.w": "m.kernel", "c.b": "m.bias", "rest": "o",
      ])
    let twins = try diff([("a", x), ("b", x)], [("p", x), ("q", x)])
    #expect(twins.rows.allSatisfy { $0.relation?.isAmbiguous == true })
    #expect(twins.notes.contains { $0.contains("might as well be others") })
  }

  @Test func `a copy that one side alone has is missing, and said to be one`() throws {
    let x = try numbers([4, 4], seed: 12)
    let report = try diff([("wte", x)], [("wte", x), ("lm_head", x)])
    #expect(report.verdict == .incomparable)
    #expect(report.missing == ["lm_head"])
    #expect(report.notes.contains { $0.hasPrefix("'lm_head' holds what 'wte' holds") })
  }

  @Test func `blocks tell where a model has moved`() throws {
    func model(_ off: Float) throws -> [(String, StoredTensor)] {
      try (0..<3).flatMap { layer in
        try ["q.weight", "k.weight"].map { name in
          var numbers = values(16, seed: UInt64(layer) * 2 + (name == "q.weight" ? 1 : 2))
          if layer == 1, name == "k.weight" { numbers[0] += off }
          return ("net.layers.\(layer).\(name)", try StoredTensor(numbers, shape: [4, 4]))
        }
      }
    }
    let report = try diff(model(0.25), model(0))
    #expect(report.blocks.map(\.name) == ["net.layers.0", "net.layers.1", "net.layers.2"])
    #expect(report.blocks.map(\.changed) == [0, 1, 0])
    #expect(report.blocks[1].most == "net.layers.1.k.weight")
    let changed = try #require(report.rows.first { $0.relation?.kind == .changed }?.metrics)
    #expect(report.blocks[1].relativeRMS > 0)
    #expect(report.blocks[1].relativeRMS < changed.relativeRMS)
    #expect(report.sorted(by: .size).rows[0].name == "net.layers.1.k.weight")
    #expect(try diff(model(0), model(0)).blocks.isEmpty)
  }
}
