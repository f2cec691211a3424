import Testing

@Suite struct UsageTests {
  @Test(arguments: [
    ["frobnicate"],
    ["families", "--format", "yaml"],
    ["families", "bert", "gpt2"],
    ["architecture"],
    ["architecture", "--validate", "a.json", "--graph", "svg"],
    ["architecture", "model.h5", "--validate", "a.json"],
    ["architecture", "model.h5", "--graph", "dot", "--format", "json"],
    ["architecture", "model.h5", "--set", "n_head"],
    ["convert", "model.h5"],
    ["convert", "a", "b", "--compress", "10"],
    ["convert", "a", "b", "--dtype", "f8"],
    ["convert", "a", "b", "--shard-size", "much"],
    ["inspect"],
    ["run", "model.h5", "--inputs", "a.json"],
    ["run", "model.h5", "--inputs", "a.json", "--output", "b.h5", "--repeat", "0"],
    ["run", "model.h5", "--inputs", "a.json", "--output", "b.h5", "--precision", "f16"],
    ["verify", "model.h5"],
    ["verify", "model.h5", "fixture.h5", "--atol", "-1"],
    ["diff", "a", "b", "--rtol", "nan"],
    ["attention", "model.h5", "--inputs", "a.json"],
    ["attention", "model.h5", "--inputs", "a.json", "-o", "attention"],
    ["positions", "model.h5", "-o", "positions.svg"],
    ["positions", "model.h5", "-o", "positions.csv", "--count", "0"],
  ])
  func `wrong usage ends with 64 and says how it is right`(arguments: [String]) throws {
    let finished = try Bench().run(arguments)
    #expect(finished.status == 64)
    #expect(finished.output.isEmpty)
    #expect(finished.errors.hasPrefix("Error: "))
    #expect(finished.errors.contains("Usage: crosswalk"))
  }
}
