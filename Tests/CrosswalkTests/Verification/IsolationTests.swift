import Architectures
import Crosswalk
import Diagnostics
import Documents
import Engine
import Reports
import Tensors
import TestSupport
import Testing

@Suite struct IsolationTests {
  /// A recorded model with one of its parameters changed, verified and isolated.
  private func report(
    _ name: String, changing parameter: String? = nil, exact: Bool = true,
    _ change: (StoredTensor) throws(CrosswalkError) -> StoredTensor = { $0 }
  ) throws -> DifferenceReport {
    let folder = Shelf.fixture("models/\(name)")
    let checkpoint = try ModelCheckpoint(opening: folder)
    let recorded = try Fixture(reading: folder + "/fixture.h5")
    let fixture = Fixture(recorded.trace, exact: exact ? recorded.exact : nil)
    func model(_ precision: Precision) throws -> Model {
      try Model(checkpoint.architecture, precision: precision) { (name) throws(CrosswalkError) in
        guard let tensor = checkpoint.parameters[name] else {
          throw CrosswalkError(.missingTensor, name)
        }
        return name == parameter ? try change(tensor) : tensor
      }
    }
    return try Verification.verify(
      model(.float32), crossing: checkpoint.crossing, against: fixture,
      isolating: model(exact ? .float64 : .float32))
  }

  @Test(arguments: [true, false])
  func `a transposed value weight is one failure by itself, and many in all`(exact: Bool) throws {
    let report = try report(
      "bert-bare", changing: "encoder.layers.0.attention.value.weight", exact: exact
    ) { (tensor) throws(CrosswalkError) in try tensor.transposed() }
    let alone = report.rows.filter { $0.isolated?.verdict.passes == false }
    #expect(alone.map(\.name) == ["encoder.layers.0.attention.value"])
    #expect(report.rows.count { !$0.verdict.passes } > 20)
    #expect(report.source.map { report.rows[$0].name } == "encoder.layers.0.attention.value")
    #expect(report.suspects == ["encoder.layers.0.attention.value"])
  }

  @Test(arguments: [
    "bert-bare", "bert-masked-lm", "gpt2-lm", "gpt2-left-padding", "transformer-translator",
    "transformer-batch-second", "transformer-post-norm",
  ])
  func `nothing of a correct port is wrong by itself`(name: String) throws {
    let report = try report(name)
    #expect(report.verdict == .close)
    #expect(report.source == nil)
    for row in report.rows {
      // In float64 each node gives what was recorded, to the last bits of float64.
      #expect(row.isolated?.metrics?.relativeRMS ?? 1 < 1e-12, "\(row.name)")
    }
  }

  @Test func `what was not recorded between two values is named`() throws {
    let report = try report(
      "gpt2-lm", changing: "decoder.layers.1.attention.value.weight"
    ) { (tensor) throws(CrosswalkError) in try tensor.transposed() }
    let source = try #require(report.source)
    #expect(report.rows[source].name.contains("decoder.layers.1.attention"))
    #expect(report.suspects.contains("decoder.layers.1.attention.value"))
    #expect(report.text().contains("source: "))
  }
}
