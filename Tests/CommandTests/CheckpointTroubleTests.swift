import Testing

/// What every command says of a checkpoint that it cannot understand; `architecture` stands for all.
@Suite struct CheckpointTroubleTests {
  @Test(arguments: [
    ("missing", ["nowhere.h5"]),
    ("no-weights", ["empty"]),
    ("truncated", ["short.safetensors"]),
    ("unrecognized", ["noise.h5"]),
    ("unknown-family", ["Fixtures/models/bert-bare", "--family", "transfomer"]),
    ("wrong-family", ["Fixtures/models/bert-bare", "--family", "gpt2"]),
    ("bad-config", ["Fixtures/models/bert-bare", "--config", "noise.h5"]),
    ("bad-value", ["Fixtures/models/bert-bare", "--set", "num_attention_heads=7"]),
  ])
  func `trouble is one line on standard error and status 2`(name: String, arguments: [String])
    throws
  {
    let bench = try Bench()
    let make =
      "mkdir empty; echo noise > noise.h5;"
      + "head -c 2000 Fixtures/models/bert-bare/model.safetensors > short.safetensors"
    #expect(try bench.shell(make).status == 0)
    let finished = try bench.run(["architecture"] + arguments)
    #expect(finished.status == 2)
    #expect(finished.output.isEmpty)
    #expect(finished.errors.hasPrefix("crosswalk: "))
    #expect(finished.errors.filter { $0 == "\n" }.count == 1)
    try expectSnapshot(finished, "trouble-\(name)")
  }

  @Test(arguments: [0, 8, 100, 2000, 500_000])
  func `a truncated HDF5 file is trouble, in words of the library's own release`(count: Int) throws
  {
    let bench = try Bench()
    let fixture = "Fixtures/models/bert-bare/fixture.h5"
    #expect(try bench.shell("head -c \(count) \(fixture) > short.h5").status == 0)
    let finished = try bench.run("inspect", "short.h5")
    #expect(finished.status == 2)
    #expect(finished.output.isEmpty)
    #expect(finished.errors.hasPrefix("crosswalk: short.h5: "))
    #expect(finished.errors.filter { $0 == "\n" }.count == 1)
  }
}
