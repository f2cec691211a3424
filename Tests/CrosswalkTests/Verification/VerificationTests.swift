import Architectures
import Crosswalk
import Diagnostics
import Documents
import Engine
import Reports
import Tensors
import TestSupport
import Testing

@Suite struct VerificationTests {
  private func model() throws -> Model {
    let text = """
      {"inputs": {"x": {"dtype": "floating", "axes": ["batch", 2]}},
       "nodes": [{"name": "up", "operation": "linear", "input": "x", "width": 2, "bias": false},
                 {"name": "down", "operation": "linear", "input": "up", "width": 2, "bias": false}],
       "outputs": {"y": "down"}}
      """
    let weight = try StoredTensor([Float(1), 2, 3, 4], shape: [2, 2])
    return try Model(Architecture(Document(parsing: text))) { _ in weight }
  }

  private func fixture(_ change: (inout Trace) throws -> Void = { _ in }) throws -> Fixture {
    var trace = Trace()
    try trace.inputs.append("x", StoredTensor([Float(1), 1], shape: [1, 2]))
    try trace.outputs.append("y", StoredTensor([Float(17), 37], shape: [1, 2]))
    try trace.nodes.append("up", StoredTensor([Float(3), 7], shape: [1, 2]))
    try change(&trace)
    return Fixture(trace)
  }

  private func verify(_ fixture: Fixture, tolerance: Tolerance? = nil) throws -> DifferenceReport {
    try Verification.verify(model(), crossing: nil, against: fixture, tolerance: tolerance)
  }

  @Test func `what was recorded and computed alike passes, in graph order`() throws {
    let report = try verify(fixture())
    #expect(report.verdict == .identical)
    #expect(report.rows.map(\.name) == ["up", "y"])
    #expect(report.rows.map(\.role) == ["node", "output"])
  }

  @Test func `the first node that diverges is named, with its worst place`() throws {
    let report = try verify(
      fixture { trace in
        trace.nodes = TensorTable()
        try trace.nodes.append("down", StoredTensor([Float(17), 36], shape: [1, 2]))
        try trace.nodes.append("up", StoredTensor([Float(3), 6], shape: [1, 2]))
      })
    #expect(report.verdict == .differs)
    #expect(report.rows.map(\.name) == ["up", "down", "y"])
    #expect(report.divergingRow?.name == "up")
    #expect(report.divergingRow?.worst.last?.index == 1)
  }

  @Test(arguments: ["u", "up.1", "UP", "up@1", "layers.0"])
  func `a recorded node that ours has not fails, however near its name`(name: String) throws {
    let report = try verify(
      fixture { try $0.nodes.append(name, StoredTensor([Float(3), 7], shape: [1, 2])) })
    #expect(report.verdict == .incomparable)
    #expect(report.missing == ["nodes/\(name)"])
    #expect(report.notes.contains { $0.contains("1 recorded value has no counterpart") })
  }

  @Test(arguments: [1, 2])
  func `positions are compared with each row that was recorded of them`(rows: Int) throws {
    let text = """
      {"inputs": {"x": {"dtype": "floating", "axes": ["batch", "sequence", 2]}},
       "nodes": [{"name": "p", "operation": "learned_positions", "input": "x", "rows": 2, "width": 2},
                 {"name": "sum", "operation": "add", "input": ["x", "p"]}],
       "outputs": {"y": "sum"}}
      """
    let weight = try StoredTensor([Float(1), 2, 3, 4], shape: [2, 2])
    let model = try Model(Architecture(Document(parsing: text))) { _ in weight }
    var trace = Trace()
    try trace.inputs.append("x", StoredTensor([Float](repeating: 0, count: 8), shape: [2, 2, 2]))
    let sum: [Float] = [1, 2, 3, 4, 1, 2, 3, 4]
    try trace.outputs.append("y", StoredTensor(sum, shape: [2, 2, 2]))
    try trace.nodes.append("p", StoredTensor(Array(sum.prefix(4 * rows)), shape: [rows, 2, 2]))
    let report = try Verification.verify(model, crossing: nil, against: Fixture(trace))
    #expect(report.verdict == .identical)
  }

  @Test func `recorded attention and outputs that ours has not fail`() throws {
    let report = try verify(
      fixture {
        try $0.attention.append("up", StoredTensor([Float(1)], shape: [1, 1, 1, 1]))
        try $0.outputs.append("up", StoredTensor([Float(3), 7], shape: [1, 2]))
      })
    #expect(report.verdict == .incomparable)
    #expect(Set(report.missing) == ["attention/up", "outputs/up"])
  }

  @Test func `inputs that the model does not take are refused`() throws {
    let fixture = try fixture {
      try $0.inputs.append("ids", StoredTensor([Int64(1)], shape: [1, 1]))
    }
    let error = #expect(throws: CrosswalkError.self) { try verify(fixture) }
    #expect(error?.kind == .invalidInput)
  }

  @Test(arguments: ["bert-bare", "transformer-pre-norm"])
  func `a fixture that names no dialect may bear the framework's names`(name: String) throws {
    let model = try ModelCheckpoint(opening: Shelf.fixture("models/\(name)"))
    var trace = try Fixture(reading: Shelf.fixture("models/\(name)/fixture.h5")).trace
    trace.metadata["dialect"] = nil
    let report = try Verification.verify(model, against: Fixture(trace))
    #expect(report.verdict == .close)
    #expect(report.missing.isEmpty)
  }
}
