import Documents
import Testing

@Suite struct InspectTests {
  private let model = "Fixtures/models/bert-bare"

  @Test func `a checkpoint is shown tensor by tensor`() throws {
    try expectSnapshot(try Bench().run("inspect", model, "--name", "pooler*"), "inspect")
  }

  @Test func `statistics and values are shown on request`() throws {
    let arguments = ["inspect", model, "--stats", "--values", "--name", "pooler.dense.bias"]
    let bench = try Bench()
    try expectSnapshot(try bench.run(arguments), "inspect-stats")
    let json = try bench.run(arguments + ["--format", "json"])
    let tensor = try #require(Document(parsing: json.output).root["tensors"]?.arrayValue?.first)
    #expect(tensor["values"]?.arrayValue?.count == 32)
    #expect(tensor["statistics"]?["nan"] == 0)
  }

  @Test func `values are cut short for people and whole for programs`() throws {
    let bench = try Bench()
    let arguments = ["inspect", model, "--values", "--name", "pooler.dense.weight"]
    #expect(try bench.run(arguments).output.contains("the first 100 of 1024 values"))
    let json = try bench.run(arguments + ["--format", "json"])
    let tensor = try #require(Document(parsing: json.output).root["tensors"]?.arrayValue?.first)
    #expect(tensor["values"]?.arrayValue?.count == 1024)
  }

  @Test func `a name that fits nothing is trouble`() throws {
    try expectSnapshot(try Bench().run("inspect", model, "--name", "poolr"), "inspect-no-name")
  }
}
