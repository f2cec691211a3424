import Containers
import Crosswalk
import Diagnostics
import Documents
import Engine
import Reports
import Tensors
import Testing

@Suite struct SampledPositionsTests {
  private func fixture(
    _ values: [Float], _ shape: [Int], positions: String
  ) throws -> Fixture {
    var contents = Contents(tensors: TensorTable())
    try contents.tensors.append("nodes/a", StoredTensor(values, shape: shape))
    try contents.tensors.append("outputs/b", StoredTensor([Float(1)], shape: [1]))
    contents.metadata = .object(
      JSONObject([
        ("format", "crosswalk.trace"), ("version", 1), ("positions", .string(positions)),
      ]))
    return try Fixture(contents)
  }

  private func whole() throws -> Fixture {
    var trace = Trace()
    try trace.nodes.append("a", StoredTensor((0..<8).map(Float.init), shape: [1, 4, 2]))
    try trace.outputs.append("b", StoredTensor([Float(1)], shape: [1]))
    return Fixture(trace)
  }

  private let sample = #"[{"axis": 1, "of": 4, "kept": [0, 3], "names": ["nodes/a"]}]"#

  @Test func `a whole value is compared where positions were kept`() throws {
    let kept = try fixture([0, 1, 6, 7], [1, 2, 2], positions: sample)
    #expect(try Difference.diff(whole(), kept).verdict == .identical)
    let other = try fixture([0, 1, 4, 5], [1, 2, 2], positions: sample)
    let report = try Difference.diff(whole(), other)
    #expect(report.verdict == .differs)
    #expect(report.rows.first(where: { $0.verdict == .differs })?.name == "a")
  }

  @Test func `a value of a shape that no sample explains differs`() throws {
    let kept = try fixture([0, 1, 6, 7], [1, 2, 2], positions: "[]")
    #expect(try Difference.diff(whole(), kept).verdict == .incomparable)
  }

  @Test(
    arguments: [
      "[", #"[{"axis": 1}]"#, #"[{"axis": -1, "of": 4, "kept": [0], "names": []}]"#,
      #"[{"axis": 1, "of": 4, "kept": [4], "names": ["nodes/a"]}]"#,
      #"[{"axis": 1, "of": 4, "kept": [], "names": ["nodes/a"]}]"#,
    ])
  func `a broken attribute is refused`(text: String) {
    #expect(throws: CrosswalkError.self) {
      try fixture([0, 1, 6, 7], [1, 2, 2], positions: text)
    }
  }
}
