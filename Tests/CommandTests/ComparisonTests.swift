import Documents
import Testing

@Suite struct ComparisonTests {
  private let model = "Fixtures/models/gpt2-bare"
  private let fixture = "Fixtures/models/gpt2-bare/fixture.h5"

  @Test func `what agrees with its recording ends with 0`() throws {
    let bench = try Bench()
    let finished = try bench.run("verify", model, fixture, "--format", "json")
    #expect(finished.status == 0)
    let report = try Document(parsing: finished.output).root
    #expect(report["format"] == "crosswalk.difference")
    #expect(report["verdict"] == "close")
    #expect(report["first_divergence"] == .null)
    #expect(try bench.run("verify", model, fixture, "--atol", "1e-4").status == 0)
  }

  @Test func `what differs from its recording ends with 1 and names the first node`() throws {
    let finished = try Bench().run(
      "verify", model, fixture, "--set", "activation_function=relu", "--format", "json")
    #expect(finished.status == 1)
    #expect(finished.errors.isEmpty)
    let report = try Document(parsing: finished.output).root
    #expect(report["verdict"] == "differs")
    let first = try #require(report["first_divergence"]?.stringValue)
    #expect(first.contains("layers.0"))
    #expect(try Bench().run("verify", model, fixture, "--atol", "0").status == 1)
  }

  @Test func `what is no fixture is trouble`() throws {
    try expectSnapshot(
      try Bench().run("verify", model, "\(model)/model.safetensors"), "verify-no-fixture")
  }

  @Test func `a checkpoint and its conversion are equal, two models are not`() throws {
    let bench = try Bench()
    #expect(try bench.run("convert", model, "a.h5").status == 0)
    let equal = try bench.run("diff", model, "a.h5")
    #expect(equal.status == 0)
    #expect(equal.output.contains("identical: "))
    let other = try bench.run("diff", model, "Fixtures/models/gpt2-old-style")
    #expect(other.status == 1)
    #expect(other.errors.isEmpty)
  }

  @Test func `a trace and a checkpoint are not compared`() throws {
    try expectSnapshot(try Bench().run("diff", model, fixture), "diff-trace")
  }
}
