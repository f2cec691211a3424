import Architectures
import Diagnostics
import Documents
import Engine
import Tensors
import Testing

/// A graph from tokens to scores, and whether what is new in it can be computed by itself.
private struct Growing: CustomTestStringConvertible {
  let testDescription: String
  let isIncremental: Bool
  /// Nodes from `e`, the tokens' vectors, to the last, from which scores are made.
  let nodes: String

  init(_ name: String, _ isIncremental: Bool, _ nodes: String) {
    testDescription = name
    self.isIncremental = isIncremental
    self.nodes = nodes
  }

  static func attention(_ settings: String) -> String {
    """
    {"name": "q", "operation": "linear", "input": "e", "width": 8},
    {"name": "k", "operation": "linear", "input": "e", "width": 4},
    {"name": "v", "operation": "linear", "input": "e", "width": 4},
    {"name": "a", "operation": "attention", "query": "q", "key": "k", "value": "v", "heads": 4,
     "key_value_heads": 2, \(settings)},
    {"name": "y", "operation": "add", "input": ["a", "e"]}
    """
  }

  static let hidden = """
    {"name": "hidden", "operation": "attention_mask", "input": "mask", "nonzero": "visible"},
    """

  static let all: [Growing] = [
    Growing(
      "positions", true,
      """
      {"name": "p", "operation": "learned_positions", "input": "e", "rows": 9, "width":
      8},
      {"name": "y", "operation": "add", "input": ["e", "p"]}
      """),
    Growing(
      "waves", true,
      """
      {"name": "p", "operation": "sinusoidal_positions", "input": "e", "width": 8},
      {"name": "y", "operation": "multiply", "input": ["e", "p"]}
      """),
    Growing(
      "counted", true,
      """
      {"name": "c", "operation": "count_positions", "input": "mask"},
      {"name": "p", "operation": "learned_positions", "input": "e", "ids": "c", "rows": 9,
      "width": 8},
      {"name": "y", "operation": "add", "input": ["e", "p"]}
      """),
    Growing("causal", true, hidden + attention(#""key_mask": "hidden", "causal": true"#)),
    Growing("window", true, attention(#""causal": true, "before": 2"#)),
    Growing(
      "biases of distance", true,
      """
      {"name": "b", "operation": "alibi", "query": "e", "key": "e", "heads": 4},
      {"name": "bias", "operation": "scale", "input": "b", "by": 0.5},
      """ + attention(#""mask": "bias", "causal": true"#)),
    Growing(
      "buckets", true,
      """
      {"name": "bias", "operation": "relative_bias", "query": "e", "key": "e", "heads": 4,
      "buckets": 4, "max_distance": 5, "bidirectional": false},
      """ + attention(#""mask": "bias", "causal": true"#)),
    Growing(
      "rows of distances", true,
      """
      {"name": "bias", "operation": "relative_scores", "query": "e", "key": "e", "heads": 4,
      "reach": 2, "by": "both"},
      """ + attention(#""mask": "bias", "causal": true"#)),
    Growing(
      "rows of distances that flow in", false,
      """
      {"name": "d", "operation": "distances", "query": "e", "key": "e"},
      {"name": "w", "operation": "sinusoidal_positions", "input": "d", "ids": "d", "width": 8},
      {"name": "bias", "operation": "relative_scores", "query": "e", "key": "e", "rows": "w", "heads": 4},
      """ + attention(#""mask": "bias", "causal": true"#)),
    Growing(
      "pairs that hide", true,
      """
      {"name": "pairs", "operation": "pair_mask", "query": "e", "key": "e", "key_mask":
      "mask", "after": 0},
      """ + attention(#""mask": "pairs""#)),
    Growing(
      "pairs that hide, and a bias", true,
      """
      {"name": "b", "operation": "alibi", "query": "e", "key": "e", "heads": 4},
      {"name": "p", "operation": "pair_mask", "query": "e", "key": "e", "after": 0},
      {"name": "pairs", "operation": "add", "input": ["p", "b"]},
      """ + attention(#""mask": "pairs""#)),
    Growing(
      "rotary", true,
      """
      {"name": "r", "operation": "rotary", "input": "e", "heads": 2},
      {"name": "a", "operation": "attention", "query": "r", "key": "r", "value": "e",
      "heads": 2, "causal": true},
      {"name": "y", "operation": "rms_norm", "input": "a", "epsilon": 1e-5}
      """),
    Growing(
      "across", true,
      """
      {"name": "s", "operation": "linear", "input": "source", "width": 8},
      {"name": "a", "operation": "attention", "query": "e", "key": "s", "value": "s",
      "heads": 2},
      {"name": "y", "operation": "activation", "function": "gelu", "input": "a"}
      """),
    Growing(
      "sums", true,
      """
      {"name": "s", "operation": "cumsum", "input": "e", "axis": 1},
      {"name": "y", "operation": "concat", "input": ["s", "e"], "axis": -1}
      """),
    Growing(
      "axes", true,
      """
      {"name": "p", "operation": "permute", "input": "e", "axes": [0, 2, 1]},
      {"name": "h", "operation": "slice", "input": "p", "axis": 1, "start": 2, "end": 6},
      {"name": "y", "operation": "permute", "input": "h", "axes": [0, 2, 1]}
      """),
    Growing("both ways", false, attention(#""after": 1"#)),
    Growing("all ways", false, hidden + attention(#""key_mask": "hidden""#)),
    Growing(
      "pairs that do not hide", false,
      """
      {"name": "pairs", "operation": "pair_mask", "query": "e", "key": "e", "after": 1},
      """ + attention(#""mask": "pairs""#)),
    Growing(
      "means", false,
      """
      {"name": "m", "operation": "reduce", "function": "mean", "axes": [1], "keep": true,
      "input": "e"},
      {"name": "y", "operation": "add", "input": ["e", "m"]}
      """),
    Growing(
      "along the sequence", false,
      """
      {"name": "y", "operation": "softmax", "input": "e", "axis": 1}
      """),
    Growing(
      "gates", false,
      """
      {"name": "g", "operation": "recurrent", "kind": "gru", "input": "e", "width": 8},
      {"name": "y", "operation": "add", "input": ["g", "e"]}
      """),
    Growing(
      "steps", false,
      """
      {"name": "zero", "operation": "reduce", "function": "sum", "axes": [1], "keep":
      true, "input": "e"},
      {"name": "start", "operation": "scale", "by": 0, "input": "zero"},
      {"name": "y", "steps": {"x": "e"}, "input": {"sum": "start"}, "output": {"sum":
      "next"}, "nodes": [{"name": "next", "operation": "add", "input": ["sum", "x"]}]}
      """),
    Growing(
      "steps over the source", true,
      """
      {"name": "zero", "operation": "reduce", "function": "sum", "axes": [1], "keep":
      true, "input": "source"},
      {"name": "loop", "steps": {"x": "source"}, "input": {"sum": "zero"}, "output":
      {"sum": "next"}, "nodes": [{"name": "next", "operation": "add", "input": ["sum",
      "x"]}]},
      {"name": "s", "operation": "linear", "input": "loop", "width": 8},
      {"name": "y", "operation": "attention", "query": "e", "key": "s", "value": "s",
      "heads": 2}
      """),
  ]

  func model(_ precision: Precision) throws -> Model {
    let text = """
      {"inputs": {"ids": {"dtype": "integer", "axes": ["batch", "sequence"]},
                  "mask": {"dtype": "mask", "axes": ["batch", "sequence"], "default": 1,
                           "like": "ids"},
                  "source": {"dtype": "floating", "axes": ["batch", "places", 4]}},
       "nodes": [{"name": "e", "operation": "embedding", "input": "ids", "rows": 9, "width": 8},
                 \(nodes), {"name": "scores", "operation": "linear", "input": "y", "width": 9}],
       "outputs": {"scores": "scores"}}
      """
    let architecture = try Architecture(Document(parsing: text))
    let shapes = Dictionary(
      uniqueKeysWithValues: architecture.parameters.map { ($0.name, $0.shape) })
    return try Model(architecture, precision: precision) { (name) throws(CrosswalkError) in
      let shape = shapes[name] ?? []
      var state = UInt64(name.utf8.reduce(7) { $0 &* 31 &+ UInt64($1) })
      let values = (0..<shape.reduce(1, *)).map { _ in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Float(Int64(bitPattern: state) >> 40) / Float(1 << 23)
      }
      return try StoredTensor(values, shape: shape)
    }
  }
}

@Suite struct GrowingRunTests {
  private let ids = [[3, 1, 4, 1, 5, 2, 6], [2, 7, 1, 8, 2, 8, 1], [1, 6, 1, 8, 0, 3, 3]]
  private let mask = [[1, 1, 1, 1, 1, 1, 1], [0, 1, 1, 1, 1, 1, 1], [0, 0, 1, 1, 1, 1, 1]]

  private func inputs(_ rows: [Int], _ length: Int) throws -> TensorTable {
    let source = rows.flatMap { row in (0..<20).map { Float(($0 * (row + 3)) % 7) / 7 } }
    func part(_ table: [[Int]]) throws -> StoredTensor {
      let numbers = rows.flatMap { table[$0].prefix(length).map(Int64.init) }
      return try StoredTensor(numbers, shape: [rows.count, length])
    }
    return try table([
      ("ids", part(ids)), ("mask", part(mask)),
      ("source", StoredTensor(source, shape: [rows.count, 5, 4])),
    ])
  }

  private func expect(
    _ run: GrowingRun, _ model: Model, _ rows: [Int], _ length: Int, within bound: Float
  ) throws {
    let (count, width, numbers) = try run.last()
    #expect(count == rows.count && width == 9)
    let scores = try #require(try model.run(inputs(rows, length)).outputs["scores"]).floats()
    for row in rows.indices {
      let whole = scores[((row + 1) * length - 1) * 9..<(row + 1) * length * 9]
      let difference = zip(whole, numbers[(row * 9)..<(row * 9 + 9)]).map { abs(Float($0) - $1) }
        .max()
      #expect(difference ?? 1 < bound, "row \(row) of \(length)")
    }
  }

  @Test(arguments: Growing.all)
  fileprivate func `what grows is what one pass over all of it gives`(_ graph: Growing) throws {
    for precision in [Precision.float32, .float64] {
      let model = try graph.model(precision)
      for usesCache in [true, false] {
        let run = try GrowingRun(
          model, inputs: inputs([0, 1, 2], 3), growing: "ids", output: "scores", capacity: 4,
          usesCache: usesCache)
        #expect(run.isIncremental == (usesCache && graph.isIncremental))
        for length in 3...7 {
          if length > 3 {
            try run.grow(["ids": ids.map { $0[length - 1] }, "mask": mask.map { $0[length - 1] }])
          }
          try expect(run, model, [0, 1, 2], length, within: precision == .float32 ? 2e-5 : 1e-6)
        }
      }
    }
  }

  @Test(arguments: Growing.all)
  fileprivate func `rows are selected, repeated and left out`(_ graph: Growing) throws {
    let model = try graph.model(.float32)
    let run = try GrowingRun(
      model, inputs: inputs([0, 1, 2], 3), growing: "ids", output: "scores", capacity: 4)
    #expect(run.canSelect)
    try expect(run, model, [0, 1, 2], 3, within: 2e-5)
    var rows = [0, 1, 2]
    for (length, chosen) in zip(4..., [[0, 0, 1, 2], [3, 1, 1, 0], [1, 2], [1, 0]]) {
      try run.select(chosen, of: rows.count)
      rows = chosen.map { rows[$0] }
      try run.grow([
        "ids": rows.map { ids[$0][length - 1] }, "mask": rows.map { mask[$0][length - 1] },
      ])
      try expect(run, model, rows, length, within: 2e-5)
    }
  }

  @Test func `what cannot grow is refused`() throws {
    let model = try Growing.all[0].model(.float32)
    let inputs = try inputs([0], 3)
    for (growing, output) in [("source", "scores"), ("none", "scores"), ("ids", "none")] {
      let error = #expect(throws: CrosswalkError.self) {
        try GrowingRun(model, inputs: inputs, growing: growing, output: output, capacity: 4)
      }
      #expect(error?.kind == .unsupported)
    }
    let run = try GrowingRun(model, inputs: inputs, growing: "ids", output: "scores", capacity: 4)
    let error = #expect(throws: CrosswalkError.self) { try run.grow(["mask": [1]]) }
    #expect(error?.kind == .invalidInput)
  }
}
