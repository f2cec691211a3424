import Crosswalk
import Diagnostics
import Engine
import Reports
import Tensors
import TestSupport
import Testing

@Suite struct EquivalenceTests {
  private func report(
    _ name: String = "bert-bare", isolating: Bool = false,
    _ change: (String, StoredTensor) throws(CrosswalkError) -> StoredTensor
  ) throws -> DifferenceReport {
    let folder = Shelf.fixture("models/\(name)")
    let checkpoint = try ModelCheckpoint(opening: folder)
    let model = try Model(checkpoint.architecture) { (name) throws(CrosswalkError) in
      guard let tensor = checkpoint.parameters[name] else {
        throw CrosswalkError(.missingTensor, name)
      }
      return try change(name, tensor)
    }
    return try Verification.verify(
      model, crossing: checkpoint.crossing, against: Fixture(reading: folder + "/fixture.h5"),
      isolating: isolating ? model : nil)
  }

  private func reversed(_ tensor: StoredTensor, axis: Int) throws(CrosswalkError) -> StoredTensor {
    var parts: [StoredTensor] = []
    for place in (0..<tensor.shape[axis]).reversed() {
      parts.append(try tensor.sliced(axis: axis, range: place..<(place + 1)))
    }
    return try StoredTensor.concatenated(parts, axis: axis)
  }

  @Test(arguments: [false, true])
  func `a dropped key bias is equivalent, not equal`(isolating: Bool) throws {
    let report = try report(isolating: isolating) { (name, tensor) throws(CrosswalkError) in
      name == "encoder.layers.0.attention.key.bias"
        ? try .filled(tensor.dtype, tensor.shape, value: 0) : tensor
    }
    #expect(report.verdict == .equivalent)
    #expect(report.source == nil)
    let rows = report.rows.filter { $0.verdict == .equivalent }
    #expect(Set(rows.map(\.name)) == ["encoder.layers.0.attention.key"])
    #expect(rows.allSatisfy { $0.note?.contains("softmax") ?? false })
  }

  @Test func `hidden units in another order are equivalent`() throws {
    let report = try report { (name, tensor) throws(CrosswalkError) in
      switch name {
      case "encoder.layers.0.feed_forward.inner.weight", "encoder.layers.0.feed_forward.inner.bias":
        try reversed(tensor, axis: 0)
      case "encoder.layers.0.feed_forward.output.weight": try reversed(tensor, axis: 1)
      default: tensor
      }
    }
    #expect(report.verdict == .equivalent)
    #expect(
      Set(report.rows.filter { $0.verdict == .equivalent }.map(\.name)) == [
        "encoder.layers.0.feed_forward.inner", "encoder.layers.0.feed_forward.activation",
      ])
  }

  @Test(arguments: ["query", "value"])
  func `a dropped bias of anything else is a fault`(role: String) throws {
    let report = try report { (name, tensor) throws(CrosswalkError) in
      name == "encoder.layers.0.attention.\(role).bias"
        ? try .filled(tensor.dtype, tensor.shape, value: 0) : tensor
    }
    #expect(report.verdict == .differs)
    #expect(!report.rows.contains { $0.verdict == .equivalent })
  }

  /// The recorded outputs changed at some places.
  private func verify(
    _ name: String, output: String, adding change: ([Int]) -> Double
  ) throws -> DifferenceReport {
    let folder = Shelf.fixture("models/\(name)")
    let recorded = try Fixture(reading: folder + "/fixture.h5")
    var trace = Trace()
    trace.inputs = recorded.trace.inputs
    trace.metadata = recorded.trace.metadata
    let tensor = try #require(recorded.trace.outputs[output])
    let (tokens, width) = (tensor.shape[1], tensor.shape[2])
    let values = try tensor.doubles().enumerated().map { index, value in
      Float(value + change([index / (tokens * width), index / width % tokens, index % width]))
    }
    try trace.outputs.append(output, StoredTensor(values, shape: tensor.shape))
    return try Verification.verify(ModelCheckpoint(opening: folder), against: Fixture(trace))
  }

  @Test func `padded positions may be anything`() throws {
    let folder = Shelf.fixture("models/bert-bare")
    let recorded = try Fixture(reading: folder + "/fixture.h5").trace.inputs["attention_mask"]
    let mask = try #require(recorded)
    let (values, tokens) = (try mask.doubles(), mask.shape[1])
    try #require(values.contains(0))
    let padding = try verify("bert-bare", output: "last_hidden_state") {
      values[$0[0] * tokens + $0[1]] == 0 ? 1 : 0
    }
    #expect(padding.verdict == .equivalent)
    let token = try verify("bert-bare", output: "last_hidden_state") { $0[1] == 0 ? 1 : 0 }
    #expect(token.verdict == .differs)
  }

  @Test func `logits may have one number more in each row`() throws {
    let rows = try verify("gpt2-lm", output: "logits") { Double($0[1]) }
    #expect(rows.verdict == .equivalent)
    let columns = try verify("gpt2-lm", output: "logits") { Double($0[2]) }
    #expect(columns.verdict == .differs)
  }

  @Test func `what nobody recorded of keys is said`() throws {
    let report = try verify("bert-bare", output: "last_hidden_state") { _ in 0 }
    #expect(report.verdict.passes)
    #expect(report.notes.contains { $0.contains("biases of 2 keys") })
  }
}
