import Crosswalk
import Diagnostics
import Documents
import Engine
import Foundation
import Reports
import Tensors
import Testing

@Suite struct TraceDifferenceTests {
  private func trace(
    _ values: [Float], shape: [Int]? = nil, named name: String = "logits"
  ) throws -> Trace {
    var trace = Trace()
    try trace.outputs.append(name, StoredTensor(values, shape: shape ?? [values.count]))
    return trace
  }

  private func diff(
    _ a: [Float], _ b: [Float], shape: [Int]? = nil, exact: [Double]? = nil,
    tolerance: Tolerance? = nil
  ) throws -> DifferenceReport {
    var twin: Trace?
    if let exact {
      twin = Trace()
      try twin?.outputs.append("logits", StoredTensor(exact, shape: shape ?? [exact.count]))
    }
    return try Difference.diff(
      Fixture(trace(a, shape: shape)), Fixture(trace(b, shape: shape), exact: twin),
      tolerance: tolerance)
  }

  @Test func `equal traces are identical`() throws {
    let report = try diff([1, -2, .infinity], [1, -2, .infinity])
    #expect(report.verdict == .identical)
    #expect(report.rows[0].metrics?.signalToNoise == .infinity)
    #expect(report.rows[0].metrics?.cosine == 1)
    #expect(report.rows[0].worst.isEmpty)
  }

  @Test func `the metrics are what their names say`() throws {
    let report = try diff([3, 4.5], [3, 4])
    let metrics = try #require(report.rows[0].metrics)
    #expect(metrics.maximumAbsolute == 0.5)
    #expect(metrics.maximumRelative == 0.125)
    #expect(abs(metrics.relativeRMS - 0.1) < 1e-15)
    #expect(abs(metrics.signalToNoise - 20) < 1e-12)
    #expect(abs(metrics.cosine - 27 / (5 * 29.25.squareRoot())) < 1e-15)
    #expect(report.verdict == .differs)
  }

  @Test func `units of the last place are counted in the coarser dtype`() throws {
    let reference = (0..<100).map { 1 + Float($0) / 100 }
    let values = reference.enumerated().map { index, value in
      index == 99 ? value * 1.5 : Float(bitPattern: value.bitPattern + 3)
    }
    let metrics = try #require(diff(values, reference).rows[0].metrics)
    #expect(metrics.medianULP == 3)
    #expect(metrics.highULP == 3)
    let few = try #require(diff([1, -0x1p-149], [1.5, 0x1p-149]).rows[0].metrics)
    #expect(few.medianULP == 2, "across zero, over the numbers between")
    let high = try #require(few.highULP)
    #expect(abs(high / 0x1p22 - 1) < 1.0 / 32)
    var (a, b) = (Trace(), Trace())
    try a.outputs.append("logits", StoredTensor([Float(1), 3], shape: [2]).cast(to: .bf16))
    try b.outputs.append("logits", StoredTensor([Float(1.001), 3], shape: [2]))
    let coarse = try Difference.diff(Fixture(a), Fixture(b)).rows[0].metrics
    #expect(coarse?.highULP == 0)
  }

  @Test func `logits are compared as predictions, too`() throws {
    let report = try diff([0, 1, 2, 5, 4, 3], [0, 1, 2, 3, 4, 5], shape: [2, 3])
    let classes = try #require(report.rows[0].metrics?.classes)
    #expect((classes.first, classes.most, classes.shared) == (0.5, 3, 1))
    func probabilities(_ scores: [Double]) -> [Double] {
      let sum = scores.reduce(0) { $0 + exp($1) }
      return scores.map { exp($0) / sum }
    }
    let (p, q) = (probabilities([3, 4, 5]), probabilities([5, 4, 3]))
    let divergence = zip(p, q).reduce(0) { $0 + $1.0 * log($1.0 / $1.1) }
    #expect(abs(classes.largestDivergence - divergence) < 1e-6)
    #expect(abs(classes.divergence - divergence / 2) < 1e-6)
    let other = try Fixture(trace([1, 2], named: "pooler_output"))
    #expect(try Difference.diff(other, other).rows[0].metrics?.classes == nil)
  }

  @Test func `the worst index is named by axis`() throws {
    var values = [Float](repeating: 1, count: 24)
    let reference = values
    values[17] = 2
    let report = try diff(values, reference, shape: [2, 3, 4])
    #expect(
      report.divergingRow?.worst == [.init("batch", 1), .init("sequence", 1), .init("width", 1)])
  }

  @Test(
    arguments: [
      ([Float.nan, 1], [Float.nan, 1]), ([.nan, 1], [0, 1]), ([1, 1], [.nan, 1]),
      ([.infinity, 1], [1, 1]), ([.infinity, 1], [-.infinity, 1]),
    ] as [([Float], [Float])])
  func `NaN fails, and so does an infinity on one side`(a: [Float], b: [Float]) throws {
    for tolerance in [nil, Tolerance(absolute: 1e9, relative: 1e9)] {
      let report = try diff(a, b, tolerance: tolerance)
      #expect(report.verdict == .incomparable)
      #expect(report.rows[0].note?.hasPrefix("1 element is NaN") == true)
    }
  }

  @Test func `a tolerance is one inequality for every element`() throws {
    let tolerance = Tolerance(absolute: 0.5, relative: 0.25)
    #expect(try diff([2.5, 1], [2, 1], tolerance: tolerance).verdict == .close)
    #expect(try diff([3, 1], [2, 1], tolerance: tolerance).verdict == .close)
    #expect(try diff([3.01, 1], [2, 1], tolerance: tolerance).verdict == .differs)
    let tiny = Tolerance(absolute: 0, relative: 1e-6)
    #expect(try diff([1e-20, 1], [2e-20, 1], tolerance: tiny).verdict == .differs)
  }

  @Test func `without a tolerance rounding passes and little more does not`() throws {
    let reference = (0..<100).map { Float($0) / 10 }
    func scaled(by factor: Float) -> [Float] { reference.map { $0 * factor } }
    #expect(try diff(scaled(by: 1 + 0x1p-20), reference).verdict == .close)
    #expect(try diff(scaled(by: 1 + 0x1p-16), reference).verdict == .differs)
  }

  @Test func `a float64 recording sets the limit`() throws {
    let exact = (0..<100).map { 1 + Double($0) / 7 }
    let recorded = exact.map(Float.init)
    let off = recorded.map { $0 * (1 + 0x1p-19) }
    #expect(try diff(off, recorded).verdict == .close)
    #expect(try diff(off, recorded, exact: exact).verdict == .differs)
    let nearly = recorded.map { $0.nextUp }
    #expect(try diff(nearly, recorded, exact: exact).verdict == .close)
  }

  @Test func `a float64 recording of something else is no excuse`() throws {
    let recorded = (0..<100).map { 1 + Float($0) }
    let exact = recorded.map { Double($0) * 2 }
    let report = try diff(recorded.map { $0 * 1.1 }, recorded, exact: exact)
    #expect(report.verdict == .differs)
    #expect(report.rows[0].tolerance?.origin.contains("too far off") == true)
  }

  @Test func `shapes, missing names and empty comparisons fail`() throws {
    let a = try Fixture(trace([1, 2, 3, 4, 5, 6], shape: [2, 3]))
    let b = try Fixture(trace([1, 2, 3, 4, 5, 6], shape: [3, 2]))
    let shapes = try Difference.diff(a, b)
    #expect(shapes.verdict == .incomparable)
    #expect(shapes.rows[0].note == "shape 2×3 against 3×2")
    let names = try Difference.diff(a, Fixture(trace([1], named: "layer.1")))
    #expect(names.verdict == .incomparable)
    #expect(names.missing == ["outputs/layer.1"])
    #expect(names.unexpected == ["outputs/logits"])
    #expect(try Difference.diff(Fixture(Trace()), Fixture(Trace())).verdict == .incomparable)
    #expect(try diff([], []).verdict == .incomparable)
  }

  @Test func `rows come in the order of layers, and the first that diverges is named`() throws {
    func trace(_ off: Float) throws -> Fixture {
      var trace = Trace()
      for layer in ["10", "2", "1"] {
        let value = layer == "1" ? 1 : 1 + off
        try trace.nodes.append("layers.\(layer)", StoredTensor([value], shape: [1]))
      }
      try trace.outputs.append("a", StoredTensor([1 + off], shape: [1]))
      return Fixture(trace)
    }
    let report = try Difference.diff(trace(0.1), trace(0))
    #expect(report.rows.map(\.name) == ["layers.1", "layers.2", "layers.10", "a"])
    #expect(report.divergingRow?.name == "layers.2")
  }

  @Test func `rows come in graph order where a trace carries its architecture`() throws {
    var trace = Trace()
    trace.metadata["architecture"] = .string(
      """
      {"inputs": {"x": {"dtype": "floating", "axes": ["batch", 1]}},
       "nodes": [{"name": "b", "operation": "scale", "input": "x", "by": 2},
                 {"name": "a", "operation": "scale", "input": "b", "by": 2}],
       "outputs": {"y": "a"}}
      """)
    for name in ["a", "b"] {
      try trace.nodes.append(name, StoredTensor([Float(1)], shape: [1, 1]))
    }
    try trace.outputs.append("y", StoredTensor([Float(1)], shape: [1, 1]))
    let report = try Difference.diff(Fixture(trace), Fixture(trace))
    #expect(report.rows.map(\.name) == ["b", "a", "y"])
    #expect(!report.notes.contains { $0.contains("order of names") })
  }

  @Test func `other inputs are a difference`() throws {
    var (a, b) = (try trace([1]), try trace([1]))
    try a.inputs.append("input_ids", StoredTensor([Int64(7)], shape: [1]))
    try b.inputs.append("input_ids", StoredTensor([Int64(8)], shape: [1]))
    let report = try Difference.diff(Fixture(a), Fixture(b))
    #expect(report.verdict == .differs)
    #expect(report.divergingRow?.role == "input")
  }
}
