import Documents
import Testing

@Suite struct ArchitectureTests {
  private let model = "Fixtures/models/bert-bare"

  @Test func `what is printed is valid`() throws {
    let bench = try Bench()
    let printed = try bench.run("architecture", model)
    #expect(printed.status == 0)
    try bench.write(printed.output, to: "bert.json")
    try expectSnapshot(
      try bench.run("architecture", "--validate", "bert.json"), "architecture-valid")
    let json = try bench.run("architecture", "--validate", "bert.json", "--format", "json")
    #expect(try Document(parsing: json.output).root["valid"] == true)
    #expect(try bench.run("architecture", model, "--format", "json").output == printed.output)
  }

  @Test func `an architecture that is not valid is trouble with its place`() throws {
    let bench = try Bench()
    try bench.write(
      "{\n  \"format\": \"crosswalk.architecture\",\n  \"nodes\": 3\n}", to: "bad.json")
    try expectSnapshot(
      try bench.run("architecture", "--validate", "bad.json"), "architecture-invalid")
  }

  @Test func `the graph is a picture for Graphviz`() throws {
    let picture = try Bench().run("architecture", model, "--graph", "dot").output
    #expect(picture.hasPrefix("digraph architecture {"))
    #expect(picture.hasSuffix("}\n"))
  }

  @Test func `a config value is set by hand`() throws {
    let bench = try Bench()
    let plain = try bench.run("architecture", model).output
    let other = try bench.run("architecture", model, "--set", "hidden_act=relu")
    #expect(other.status == 0)
    #expect(other.output.contains("relu"))
    #expect(!plain.contains("relu"))
  }
}
