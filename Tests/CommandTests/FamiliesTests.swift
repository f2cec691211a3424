import Documents
import Testing

@Suite struct FamiliesTests {
  @Test func `the list names each family and what it reads`() throws {
    let list = try Bench().run("families", "--format", "json")
    let root = try Document(parsing: list.output).root
    #expect(root["format"] == "crosswalk.families")
    let names = root["families"]?.arrayValue?.compactMap { $0["name"]?.stringValue }
    #expect(try #require(names).contains("bert"))
    let lines = try Bench().run("families").output.split(separator: "\n")
    for name in names ?? [] { #expect(lines.contains { $0.hasPrefix("\(name)  ") }) }
    #expect(lines.allSatisfy { $0.count <= 80 })
  }

  @Test func `what a family extends is merged in, and named`() throws {
    let printed = try Bench().run("families", "mixtral")
    let root = try Document(parsing: printed.output).root
    #expect(root["extends"] == nil)
    #expect(root["origin"]?.arrayValue?.prefix(2) == ["mistral", "_llama"])
    #expect(root["architecture"]?["heads"]?.arrayValue?.contains("ForCausalLM") == true)
  }

  @Test func `a printed family is a family file`() throws {
    let bench = try Bench()
    let printed = try bench.run("families", "gpt2")
    try bench.write(printed.output, to: "mine.json")
    #expect(try bench.run("families", "mine.json").output == printed.output)
  }

  @Test func `an unknown family is trouble with near names`() throws {
    try expectSnapshot(try Bench().run("families", "gtp2"), "families-unknown")
  }

  @Test func `a file that is no family is trouble`() throws {
    let bench = try Bench()
    try bench.write("{ \"format\": 1 }", to: "mine.json")
    try expectSnapshot(try bench.run("families", "mine.json"), "families-no-family")
  }
}
