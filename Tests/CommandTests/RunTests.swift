import Documents
import Testing

@Suite struct RunTests {
  private let model = "Fixtures/models/bert-bare"
  private let fixture = "Fixtures/models/bert-bare/fixture.h5"

  @Test func `a run keeps its outputs as a trace`() throws {
    let bench = try Bench()
    try expectSnapshot(
      try bench.run("run", model, "--inputs", fixture, "--output", "trace.h5"), "run")
    #expect(try bench.names == ["trace.h5"])
  }

  @Test func `inputs are JSON as well, and a run is repeated and timed`() throws {
    let bench = try Bench()
    try bench.write("{\"input_ids\": [[1, 2, 3]]}", to: "inputs.json")
    let finished = try bench.run(
      "run", model, "--inputs", "inputs.json", "-o", "trace.safetensors", "--capture",
      "*attention*", "--precision", "float64", "--repeat", "3", "--timing", "--format", "json")
    let report = try Document(parsing: finished.output).root
    #expect(report["format"] == "crosswalk.run")
    #expect(report["precision"] == "float64")
    #expect(report["attention"] == 2)
    #expect(report["outputs"]?.arrayValue?.first?["shape"] == [1, 3, 32])
    let timing = try #require(report["timing"])
    #expect(timing["repeat"] == 3)
    let figures = ["forward_min_s", "forward_median_s", "forward_max_s"].map {
      timing[$0]?.doubleValue
    }
    let found = figures.compactMap { $0 }
    #expect(found.count == 3 && found == found.sorted())
    #expect(timing["load_s"]?.doubleValue ?? 0 > 0)
  }

  @Test func `NaN among the outputs is told`() throws {
    let bench = try Bench()
    let row = "[Infinity\(String(repeating: ", 1", count: 31))]"
    try bench.write("{\"src\": [[\(row)]]}", to: "inputs.json")
    let finished = try bench.run(
      "run", "Fixtures/models/transformer-encoder", "--inputs", "inputs.json", "-o", "trace.h5")
    #expect(finished.output.contains("output  f32 1×1×32, 32 NaN"))
    let json = try bench.run(
      "run", "Fixtures/models/transformer-encoder", "--inputs", "inputs.json", "-o", "trace.h5",
      "--format", "json")
    #expect(
      try Document(parsing: json.output).root["outputs"]?.arrayValue?.first?["nan"] == 32)
  }

  @Test func `a capture that fits no node is trouble`() throws {
    let bench = try Bench()
    let finished = try bench.run(
      "run", model, "--inputs", fixture, "-o", "trace.h5", "--capture", "encodr*")
    #expect(finished.status == 2)
    #expect(finished.errors.contains("'encodr*'"))
    #expect(try bench.names == [])
  }

  @Test func `a config for a native checkpoint is trouble`() throws {
    let bench = try Bench()
    #expect(try bench.run("convert", model, "a.h5").status == 0)
    for option in [["--set", "hidden_act=relu"], ["--config", "\(model)/config.json"]] {
      let finished = try bench.run(
        ["run", "a.h5", "--inputs", fixture, "-o", "trace.h5"] + option)
      #expect(finished.status == 2)
      #expect(finished.errors.contains("brings its own architecture"))
    }
    // In a comparison they are for the other side.
    let options = ["--config", "\(model)/config.json"]
    #expect(try bench.run(["diff", "a.h5", "\(model)/model.safetensors"] + options).status == 0)
  }

  @Test func `an existing trace is replaced, and what is read never`() throws {
    let bench = try Bench()
    try bench.write("old", to: "trace.h5")
    #expect(try bench.run("run", model, "--inputs", fixture, "-o", "trace.h5").status == 0)
    #expect(try bench.run("diff", "trace.h5", "trace.h5").status == 0)
    #expect(try bench.shell("cp \(fixture) inputs.h5; ln inputs.h5 same.h5").status == 0)
    try expectSnapshot(
      try bench.run("run", model, "--inputs", "inputs.h5", "--output", "same.h5"), "run-same-file")
    #expect(try bench.shell("cmp inputs.h5 \(fixture)").status == 0)
  }

  @Test(arguments: [
    "{\"input_ids\": [[1, 2], [3]]}", "{\"ids\": [[1]]}", "{}", "[1]", "{\"input_ids\": [[4000]]}",
  ])
  func `inputs that do not fit are trouble and leave nothing`(text: String) throws {
    let bench = try Bench()
    try bench.write(text, to: "inputs.json")
    let finished = try bench.run("run", model, "--inputs", "inputs.json", "-o", "trace.h5")
    #expect(finished.status == 2)
    #expect(finished.errors.hasPrefix("crosswalk: "))
    #expect(finished.errors.filter { $0 == "\n" }.count == 1)
    #expect(try bench.names == ["inputs.json"])
  }
}
