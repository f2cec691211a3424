import Architectures
import Crosswalk
import Diagnostics
import Documents
import Engine
import Reports
import Tensors
import TestSupport
import Testing

@Suite struct DiagnosisTests {
  /// A recorded model with its architecture or its parameters changed, and diagnosed.
  private func causes(
    of name: String, exact: Bool = true, architecture: (JSON) -> JSON = { $0 },
    parameters: (String, TensorTable) throws(CrosswalkError) -> StoredTensor? = { $1[$0] }
  ) throws -> DiagnosisReport? {
    let folder = Shelf.fixture("models/\(name)")
    let checkpoint = try ModelCheckpoint(opening: folder)
    let recorded = try Fixture(reading: folder + "/fixture.h5")
    let graph = try Architecture(Document(architecture(checkpoint.architecture.source)))
    var table = TensorTable()
    for (name, _) in checkpoint.parameters {
      if let tensor = try parameters(name, checkpoint.parameters) { try table.append(name, tensor) }
    }
    func model(_ precision: Precision) throws -> Model {
      try Model(graph, precision: precision) { (name) throws(CrosswalkError) in
        guard let tensor = table[name] else { throw CrosswalkError(.missingTensor, name) }
        return tensor
      }
    }
    return try Verification.verify(
      model(.float32), crossing: checkpoint.crossing,
      against: Fixture(recorded.trace, exact: exact ? recorded.exact : nil),
      isolating: model(exact ? .float64 : .float32), diagnosing: table
    ).diagnosis
  }

  @Test func `a healthy model has no cause`() throws {
    #expect(try causes(of: "bert-bare") == nil)
    #expect(try causes(of: "gpt2-lm", exact: false) == nil)
  }

  @Test(arguments: [true, false]) func `an epsilon is named at every norm`(exact: Bool) throws {
    let report = try #require(
      try causes(
        of: "bert-bare", exact: exact, architecture: { $0.setting("epsilon", to: 1e-3, of: nil) }))
    #expect(report.causes.map(\.cause) == ["epsilon"])
    #expect(report.causes.first?.nodes.count == 5)
    #expect(report.unexplained.isEmpty)
  }

  @Test func `a transposed weight is named where it is`() throws {
    let name = "encoder.layers.1.attention.output.weight"
    let report = try #require(
      try causes(
        of: "bert-bare",
        parameters: { (wanted, table) throws(CrosswalkError) in
          wanted == name ? try table[wanted]?.transposed() : table[wanted]
        }))
    #expect(report.causes.map(\.cause) == ["transposed"])
    #expect(report.causes.first?.nodes == ["encoder.layers.1.attention.output"])
  }

  @Test func `two faults are two causes`() throws {
    let report = try #require(
      try causes(
        of: "bert-bare", architecture: { $0.setting("function", to: "silu", of: "gelu") },
        parameters: { (wanted, table) throws(CrosswalkError) in
          let (a, b) = (
            "encoder.layers.0.attention.query.weight", "encoder.layers.0.attention.key.weight"
          )
          return table[wanted == a ? b : wanted == b ? a : wanted]
        }))
    #expect(Set(report.causes.map(\.cause)) == ["activation", "exchanged"])
    #expect(report.unexplained.isEmpty)
  }

  @Test func `what nothing explains is said`() throws {
    let name = "encoder.layers.0.feed_forward.output.weight"
    let report = try #require(
      try causes(
        of: "bert-bare",
        parameters: { (wanted, table) throws(CrosswalkError) in
          guard wanted == name, let tensor = table[wanted] else { return table[wanted] }
          let values = try tensor.doubles().enumerated().map {
            $0.offset % 3 == 0 ? -$0.element : $0.element
          }
          return try StoredTensor(values, shape: tensor.shape)
        }))
    #expect(report.causes.isEmpty)
    #expect(!report.unexplained.isEmpty)
  }
}
