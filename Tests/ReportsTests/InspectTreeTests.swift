import Documents
import Reports
import Testing

@Suite struct InspectTreeTests {
  private func report(_ names: [String]) -> InspectReport {
    InspectReport(
      path: "x", container: "safetensors", files: [], family: nil, metadata: [:],
      tensors: names.map { InspectReport.Tensor(name: $0, dtype: "f32", shape: [2], bytes: 8) })
  }

  @Test func `alike layers are shown once, with the sums of all`() {
    let names = (0..<12).map { "layers.\($0).weight" }.sorted() + ["head.weight"]
    let lines = report(names).tree().split(separator: "\n").map(String.init)
    #expect(lines.contains { $0.contains("0 … 11") && $0.contains("12") && $0.contains("96 B") })
    #expect(lines.count { $0.contains("weight") } == 2)
  }

  @Test func `a layer that differs stands alone`() {
    let tree = report(["l.0.a", "l.1.a", "l.2.a", "l.2.b"]).tree()
    #expect(tree.contains("0 … 1"))
    #expect(!tree.contains("0 … 2"))
  }

  @Test func `a name of a thousand parts is a line, not a thousand levels`() {
    let tree = report([String(repeating: "a/", count: 1000) + "b"]).tree()
    #expect(tree.split(separator: "\n").count < 60)
  }
}
