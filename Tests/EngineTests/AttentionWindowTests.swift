import Architectures
import Diagnostics
import Documents
import Engine
import Tensors
import Testing

/// Attention within windows, made stretch by stretch, against what it is of all pairs at once.
@Suite struct AttentionWindowTests {
  private static let length = 210

  private func numbers(_ seed: Int, _ shape: [Int]) throws -> StoredTensor {
    let count = shape.reduce(1, *)
    return try StoredTensor(
      (0..<count).map { Float(($0 * (2 * seed + 7) + seed) % 61 - 30) / 30 }, shape: shape)
  }

  /// The second row hides all that queries of its later half see, and a part of the first.
  private func inputs(_ names: [String]) throws -> TensorTable {
    let mask = (0..<2).flatMap { row in
      (0..<Self.length).map { Int64(row == 1 && $0 > 100 || $0 == 7 ? 0 : 1) }
    }
    let all = [
      ("x", try numbers(1, [2, Self.length, 8])), ("few", try numbers(2, [2, 100, 8])),
      ("mask", try StoredTensor(mask, shape: [2, Self.length])),
      ("bias", try numbers(3, [1, 4, Self.length, Self.length])),
    ]
    return try table(all.filter { names.contains($0.0) })
  }

  private func model(_ text: String, _ precision: Precision) throws -> Model {
    let architecture = try Architecture(Document(parsing: text))
    var parameters: [String: StoredTensor] = [:]
    for (seed, parameter) in architecture.parameters.enumerated() {
      parameters[parameter.name] = try numbers(seed, parameter.shape)
    }
    return try Model(architecture, precision: precision) { (name) throws(CrosswalkError) in
      guard let tensor = parameters[name] else {
        throw CrosswalkError(.missingTensor, "no '\(name)'")
      }
      return tensor
    }
  }

  @Test(
    arguments: [
      #""before": 3, "after": 2"#,
      #""before": 3, "causal": true, "soft_cap": 2"#,
      #""before": 0, "after": 0, "mask": "bias""#,
      #""before": 9, "after": 1, "sinks": true"#,
      #""before": 5, "after": 5, "fully_masked": "zero""#,
      #""before": 5, "causal": true, "score": "bilinear", "score_bias": true"#,
      #""before": 4, "after": 4, "score": "additive", "score_weight": "vector""#,
      #""before": 4, "after": 4, "score_weight": "vector""#,
      #""before": 1099511627776, "after": 1099511627776"#,
      #""causal": true"#,
    ], Precision.allCases)
  func `windows are what they are among all pairs`(_ settings: String, _ precision: Precision)
    throws
  {
    let model = try model(
      """
      {"inputs": {"x": {"dtype": "floating", "axes": ["batch", "sequence", 8]},
       "mask": {"dtype": "mask", "axes": ["batch", "sequence"]},
       "bias": {"dtype": "floating", "axes": [{"one": 1}, {"heads": 4}, "sequence", "sequence"]}},
       "nodes": [
        {"name": "q", "operation": "linear", "input": "x", "width": 8, "bias": false},
        {"name": "k", "operation": "linear", "input": "x", "width": 4, "bias": false},
        {"name": "hidden", "operation": "attention_mask", "input": "mask", "nonzero": "visible"},
        {"name": "y", "operation": "attention", "query": "q", "key": "k", "value": "k", "heads": 4,
         "key_value_heads": 2, "key_mask": "hidden", \(settings)}],
       "outputs": {"y": "y"}}
      """, precision)
    try compare(model, inputs(["x", "mask", "bias"]), precision)
  }

  @Test(arguments: ["x", "few"], ["x", "few"])
  func `the last query stands at the last key`(_ query: String, _ key: String) throws {
    let model = try model(
      """
      {"inputs": {"x": {"dtype": "floating", "axes": ["batch", "sequence", 8]},
       "few": {"dtype": "floating", "axes": ["batch", "others", 8]}},
       "nodes": [{"name": "y", "operation": "attention", "query": "\(query)", "key": "\(key)",
        "value": "\(key)", "heads": 4, "before": 3, "after": 2}],
       "outputs": {"y": "y"}}
      """, .float64)
    try compare(model, inputs(["x", "few"]), .float64)
  }

  /// What is captured is of all pairs at once.
  private func compare(_ model: Model, _ inputs: TensorTable, _ precision: Precision) throws {
    let whole = try #require(try model.run(inputs, capture: .all).outputs["y"]).doubles()
    let parts = try #require(try model.run(inputs).outputs["y"]).doubles()
    let difference = zip(whole, parts).map { abs($0 - $1) }.max { $1.isNaN || $0 < $1 }
    #expect(difference ?? 1 < (precision == .float32 ? 1e-5 : 1e-13))
    #expect(whole.contains { $0 != 0 })
  }
}
