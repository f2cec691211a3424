import Architectures
import Diagnostics
import Documents
import Engine
import Tensors
import Testing

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A model of hand-written nodes over an input `x` and a mask.
func model(
  _ nodes: String, outputs: String, axes: String = #"["batch", "sequence", 4]"#,
  precision: Precision = .float32, parameters: [String: StoredTensor] = [:]
) throws -> Model {
  let text = """
    {"inputs": {"x": {"dtype": "floating", "axes": \(axes)},
                "keys": {"dtype": "mask", "axes": ["batch", "sequence"], "optional": true},
                "pairs": {"dtype": "mask", "axes": ["sequence", "sequence"], "optional": true}},
     "nodes": \(nodes), "outputs": {"y": "\(outputs)"}}
    """
  return try Model(Architecture(Document(parsing: text)), precision: precision) {
    (name) throws(CrosswalkError) in
    guard let tensor = parameters[name] else {
      throw CrosswalkError(.missingTensor, "no '\(name)'")
    }
    return tensor
  }
}

func table(_ tensors: [(String, StoredTensor)]) throws -> TensorTable {
  var table = TensorTable()
  for (name, tensor) in tensors { try table.append(name, tensor) }
  return table
}

@Suite struct ActivationTests {
  private static let formulas: [(String, @Sendable (Double) -> Double)] = [
    ("gelu", { 0.5 * $0 * (1 + erf($0 / 2.0.squareRoot())) }),
    (
      "gelu_tanh",
      { 0.5 * $0 * (1 + tanh((2 / Double.pi).squareRoot() * ($0 + 0.044715 * $0 * $0 * $0))) }
    ),
    ("quick_gelu", { $0 / (1 + exp(-1.702 * $0)) }),
    ("silu", { $0 / (1 + exp(-$0)) }),
    ("relu", { max($0, 0) }), ("relu6", { min(max($0, 0), 6) }),
    ("relu_squared", { max($0, 0) * max($0, 0) }),
    ("leaky_relu", { $0 < 0 ? 0.01 * $0 : $0 }),
    ("tanh", { tanh($0) }), ("sigmoid", { 1 / (1 + exp(-$0)) }),
    ("mish", { $0 * tanh(log1p(exp($0))) }), ("identity", { $0 }),
    ("hard_swish", { $0 * min(max($0 + 3, 0), 6) / 6 }),
    ("softplus", { $0 > 20 ? $0 : log1p(exp($0)) }), ("elu", { $0 > 0 ? $0 : expm1($0) }),
    ("exp", { exp($0) }),
    ("sqrt_softplus", { log1p(exp($0)).squareRoot() }),
    ("gelu_clipped", { min(max(0.5 * $0 * (1 + erf($0 / 2.0.squareRoot())), -10), 10) }),
    ("laplace", { 0.5 * (1 + erf(($0 - 0.707107) / (0.282095 * 2.0.squareRoot()))) }),
  ]

  @Test func `every function is right to the last places over its whole range`() throws {
    let points = stride(from: -20.0, through: 20.0, by: 0.0037).map { Double(Float($0)) }
    let padded = points + Array(repeating: 0, count: (4 - points.count % 4) % 4)
    for (name, formula) in Self.formulas {
      for precision in Precision.allCases {
        let model = try model(
          #"[{"name": "f", "operation": "activation", "input": "x", "function": "\#(name)"}]"#,
          outputs: "f", precision: precision)
        let x = try StoredTensor(padded.map(Float.init), shape: [1, padded.count / 4, 4])
        let y = try #require(model.run(table([("x", x)])).outputs["y"]).doubles()
        let limit = precision == .float32 ? 2.5e-7 : 1e-15
        for (point, value) in zip(padded, y) {
          let exact = formula(point)
          #expect(
            abs(value - exact) <= limit * max(1, abs(exact), abs(point)),
            "\(name)(\(point)) = \(value), not \(exact)")
        }
      }
    }
  }
}

@Suite struct LayerTests {
  @Test(arguments: Precision.allCases)
  func `linear and layer norm agree with plain loops`(precision: Precision) throws {
    var random = SystemRandomNumberGenerator()
    func numbers(_ count: Int) -> [Float] {
      (0..<count).map { _ in .random(in: -2...2, using: &random) }
    }
    let (x, w, b) = (numbers(3 * 4), numbers(5 * 4), numbers(5))
    let (g, s) = (numbers(5), numbers(5))
    let model = try model(
      """
      [{"name": "l", "operation": "linear", "input": "x", "width": 5},
       {"name": "n", "operation": "layer_norm", "input": "l", "epsilon": 0.001}]
      """, outputs: "n", precision: precision,
      parameters: [
        "l.weight": StoredTensor(w, shape: [5, 4]), "l.bias": StoredTensor(b, shape: [5]),
        "n.weight": StoredTensor(g, shape: [5]), "n.bias": StoredTensor(s, shape: [5]),
      ])
    let y = try #require(
      model.run(table([("x", StoredTensor(x, shape: [1, 3, 4]))])).outputs["y"]
    ).doubles()
    for row in 0..<3 {
      let line = (0..<5).map { column in
        (0..<4).reduce(Double(b[column])) {
          $0 + Double(x[row * 4 + $1]) * Double(w[column * 4 + $1])
        }
      }
      let mean = line.reduce(0, +) / 5
      let variance = line.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 5
      for column in 0..<5 {
        let exact =
          (line[column] - mean) / (variance + 0.001).squareRoot() * Double(g[column])
          + Double(s[column])
        #expect(abs(y[row * 5 + column] - exact) < (precision == .float32 ? 2e-5 : 1e-12))
      }
    }
  }
}

@Suite struct AttentionTests {
  private let nodes = """
    [{"name": "keys_mask", "operation": "attention_mask", "input": "keys", "nonzero": "visible"},
     {"name": "pairs_mask", "operation": "attention_mask", "input": "pairs", "nonzero": "hidden",
      "additive": true},
     {"name": "a", "operation": "attention", "query": "x", "key": "x", "value": "x", "heads": 2,
      "key_mask": "keys_mask", "mask": "pairs_mask", "causal": CAUSAL, "fully_masked": "MASKED"}]
    """

  private func run(
    causal: Bool = false, masked: String = "uniform", _ masks: [(String, StoredTensor)] = []
  ) throws -> Trace {
    let text = nodes.split(separator: "CAUSAL").joined(separator: "\(causal)")
      .split(separator: "MASKED").joined(separator: masked)
    let x = try StoredTensor((0..<12).map { Float($0 % 5) - 2 }, shape: [1, 3, 4])
    return try model(text, outputs: "a").run(table([("x", x)] + masks), capture: .all)
  }

  @Test func `each row of a table sums to one, and hidden keys get nothing`() throws {
    let keys = try StoredTensor([Int64(1), 1, 0], shape: [1, 3])
    let table = try #require(run([("keys", keys)]).attention["a"]).floats()
    for row in 0..<6 {
      #expect(abs(table[(row * 3)..<(row * 3 + 3)].reduce(0, +) - 1) < 1e-6)
      #expect(table[row * 3 + 2] == 0)
    }
  }

  @Test func `a causal query sees no later key`() throws {
    let table = try #require(run(causal: true).attention["a"]).floats()
    #expect(table[0] == 1)
    #expect(table[1] == 0 && table[2] == 0 && table[5] == 0)
  }

  @Test func `a row that may see nothing is uniform or zero, never NaN`() throws {
    let pairs = try StoredTensor([UInt8(1), 1, 1, 0, 0, 0, 0, 0, 0], shape: [3, 3])
    let uniform = try #require(run([("pairs", pairs)]).attention["a"]).floats()
    #expect(uniform[0..<3].allSatisfy { abs($0 - 1 / 3) < 1e-7 })
    let zero = try run(masked: "zero", [("pairs", pairs)])
    #expect(try #require(zero.attention["a"]).floats()[0..<3].allSatisfy { $0 == 0 })
    #expect(try #require(zero.outputs["y"]).floats().allSatisfy { !$0.isNaN })
  }

  @Test func `a mask of numbers is added to the scores`() throws {
    let none = try #require(run().attention["a"]).floats()
    let zeros = try StoredTensor([Float](repeating: 0, count: 9), shape: [3, 3])
    #expect(try #require(run([("pairs", zeros)]).attention["a"]).floats() == none)
    var shifted = [Float](repeating: 0, count: 9)
    shifted[1] = 50
    let table = try #require(run([("pairs", StoredTensor(shifted, shape: [3, 3]))]).attention["a"])
    #expect(try table.floats()[1] > 0.999)
  }
}

@Suite struct PickTokenTests {
  @Test func `a row without the token is refused`() throws {
    let model = try model(
      #"[{"name": "p", "operation": "pick_token", "input": "x", "ids": "keys", "where": "last", "token": 7}]"#,
      outputs: "p")
    let x = try StoredTensor([Float](repeating: 0, count: 16), shape: [2, 2, 4])
    let ids = try StoredTensor([Int64(7), 1, 1, 1], shape: [2, 2])
    let error = #expect(throws: CrosswalkError.self) {
      try model.run(table([("x", x), ("keys", ids)]))
    }
    #expect(error?.description.contains("expected the id 7, found none in row 1") == true)
  }

  @Test func `a row without a token that is not required gives its first vector`() throws {
    let model = try model(
      #"[{"name": "p", "operation": "pick_token", "input": "x", "ids": "keys", "where": "last", "token": 7, "required": false}]"#,
      outputs: "p")
    let x = try StoredTensor((0..<16).map(Float.init), shape: [2, 2, 4])
    let ids = try StoredTensor([Int64(1), 7, 1, 1], shape: [2, 2])
    let picked = try #require(model.run(table([("x", x), ("keys", ids)])).outputs["y"])
    #expect(try picked.floats() == [4, 5, 6, 7, 8, 9, 10, 11])
  }
}

@Suite struct GivenTests {
  @Test(arguments: [true, false])
  func `an optional input decides which of two values flows on`(isThere: Bool) throws {
    let model = try model(
      """
      [{"name": "mask", "operation": "attention_mask", "input": "keys", "nonzero": "visible"},
       {"name": "twice", "operation": "scale", "input": "x", "by": 2},
       {"name": "g", "operation": "given", "input": "mask", "yes": "twice", "no": "x"}]
      """, outputs: "g")
    var inputs = [("x", try StoredTensor([Float(1), 2, 3, 4], shape: [1, 1, 4]))]
    if isThere { inputs.append(("keys", try StoredTensor([Int64(1)], shape: [1, 1]))) }
    let found = try #require(try model.run(table(inputs)).outputs["y"]).floats()
    #expect(found == (isThere ? [2, 4, 6, 8] : [1, 2, 3, 4]))
  }

  @Test func `two values of different kinds are refused`() throws {
    let error = #expect(throws: CrosswalkError.self) {
      try model(
        #"[{"name": "g", "operation": "given", "input": "keys", "yes": "keys", "no": "x"}]"#,
        outputs: "g")
    }
    #expect(error?.description.contains("expected 3 axes, floating") == true)
  }
}

@Suite struct MemoryTests {
  @Test func `what the machine cannot hold is refused before it is asked for`() throws {
    let model = try model(
      #"[{"name": "p", "operation": "sinusoidal_positions", "input": "x", "width": 1099511627776}]"#,
      outputs: "p")
    let x = try StoredTensor([Float](repeating: 0, count: 8), shape: [1, 2, 4])
    let error = #expect(throws: CrosswalkError.self) { try model.run(table([("x", x)])) }
    #expect(error?.kind == .tooLarge)
  }
}

@Suite struct InputTests {
  private func refusal(_ inputs: [(String, StoredTensor)]) throws -> String {
    let model = try model(
      #"[{"name": "s", "operation": "scale", "input": "x", "by": 2}]"#, outputs: "s")
    let error = #expect(throws: CrosswalkError.self) { try model.run(table(inputs)) }
    return error?.description ?? ""
  }

  @Test func `inputs that do not fit are refused by name`() throws {
    let x = try StoredTensor([Float](repeating: 0, count: 8), shape: [1, 2, 4])
    #expect(try refusal([]).contains("tensor 'x': the input is missing"))
    #expect(try refusal([("x", x), ("z", x)]).contains("its inputs: x, keys, pairs"))
    #expect(try refusal([("x", StoredTensor([Float(0)], shape: [1]))]).contains("number of axes"))
    #expect(
      try refusal([("x", StoredTensor([Float](repeating: 0, count: 6), shape: [1, 2, 3]))])
        .contains("wrong width"))
    let mask = try StoredTensor([Int64(1), 1, 1], shape: [1, 3])
    #expect(try refusal([("x", x), ("keys", mask)]).contains("expected 2, as in x, found 3"))
  }
}

@Suite struct FourierTests {
  @Test(arguments: [Precision.float32, .float64])
  func `matrices along both axes make the real part of a transform`(precision: Precision) throws {
    // numpy.fft.fft2([[1, 2, 0, -1], [0.5, -3, 4, 2]]).real
    let expected: [Double] = [5.5, -2.5, 5.5, -2.5, -1.5, 4.5, -5.5, 4.5]
    let model = try model(
      """
      [{"name": "c1", "operation": "fourier", "input": "x", "axis": 1},
       {"name": "s1", "operation": "fourier", "input": "x", "axis": 1, "part": "imaginary"},
       {"name": "c2", "operation": "fourier", "input": "x", "axis": -1, "part": "real"},
       {"name": "s2", "operation": "fourier", "input": "x", "axis": -1, "part": "imaginary"},
       {"name": "even", "operation": "einsum", "input": ["x", "c2", "c1"], "equation": "bsw,wv,st->btv"},
       {"name": "odd", "operation": "einsum", "input": ["x", "s2", "s1"], "equation": "bsw,wv,st->btv"},
       {"name": "sum", "operation": "arithmetic", "input": ["even", "odd"], "function": "subtract"}]
      """, outputs: "sum", precision: precision)
    let x = try StoredTensor([Float(1), 2, 0, -1, 0.5, -3, 4, 2], shape: [1, 2, 4])
    let found = try #require(model.run(table([("x", x)])).outputs["y"]).floats()
    for (ours, theirs) in zip(found, expected) { #expect(abs(Double(ours) - theirs) < 1e-5) }
  }
}
