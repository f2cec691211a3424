import Architectures
import Crosswalk
import Diagnostics
import Documents
import Engine
import Reports
import Tensors
import TestSupport
import Testing

@Suite struct PrecisionClassTests {
  private let folder = Shelf.fixture("models/bert-bare")

  /// The recorded model with other parameters, verified.
  private func report(
    diagnosing: Bool = false, epsilon: Double? = nil,
    _ change: (String, StoredTensor) throws(CrosswalkError) -> StoredTensor
  ) throws -> DifferenceReport {
    let checkpoint = try ModelCheckpoint(opening: folder)
    var parameters = TensorTable()
    for (name, tensor) in checkpoint.parameters {
      try parameters.append(name, change(name, tensor))
    }
    var json = checkpoint.architecture.source
    if let epsilon { json = json.setting("epsilon", to: .number(epsilon), of: nil) }
    let architecture = try Architecture(Document(json, file: "changed.json"))
    func model(_ precision: Precision) throws -> Model {
      try Model(architecture, precision: precision) { (name) throws(CrosswalkError) in
        guard let tensor = parameters[name] else { throw CrosswalkError(.missingTensor, name) }
        return tensor
      }
    }
    return try Verification.verify(
      model(.float32), crossing: checkpoint.crossing,
      against: Fixture(reading: folder + "/fixture.h5"),
      isolating: diagnosing ? model(.float64) : nil, diagnosing: diagnosing ? parameters : nil)
  }

  @Test func `a correct port is of float32, and each row says how near it is`() throws {
    let report = try Verification.verify(
      ModelCheckpoint(opening: folder), against: Fixture(reading: folder + "/fixture.h5"))
    #expect(report.precision == .float32)
    #expect(report.rows.allSatisfy { $0.precision == .exact || $0.ratio ?? 99 < 10 })
  }

  @Test(arguments: [DType.bf16, .f16])
  func `rounded weights are said to be that, and nothing else`(dtype: DType) throws {
    let report = try report(diagnosing: true) { (_, tensor) throws(CrosswalkError) in
      try tensor.cast(to: dtype).cast(to: .f32)
    }
    let word: DifferenceReport.PrecisionClass = dtype == .bf16 ? .bfloat16 : .float16
    #expect(report.verdict == .differs)
    #expect(report.precision == word)
    #expect(report.diagnosis?.causes.map(\.cause) == ["rounded-weights"])
  }

  @Test func `rounded weights do not hide another fault`() throws {
    let report = try report(diagnosing: true, epsilon: 0.1) { (_, tensor) throws(CrosswalkError) in
      try tensor.cast(to: .bf16).cast(to: .f32)
    }
    #expect(report.precision == .wrong)
    #expect(report.diagnosis?.causes.first?.cause == "rounded-weights")
    #expect(report.diagnosis?.causes.contains { $0.cause == "epsilon" } == true)
  }

  @Test func `a fault as small as a rounding is wrong`() throws {
    let report = try report(epsilon: 1e-3) { (_, tensor) in tensor }
    #expect(report.precision == .wrong)
    #expect(!report.rows.contains { $0.precision?.isRounded ?? false })
  }

  @Test func `one rounded table is said to be that`() throws {
    let report = try report(diagnosing: true) { (name, tensor) throws(CrosswalkError) in
      name == "embeddings.token.weight"
        ? try tensor.cast(to: .bf16).cast(to: .f32) : tensor
    }
    #expect(report.verdict == .differs)
    #expect(report.diagnosis?.causes.map(\.cause) == ["rounded"])
  }
}
