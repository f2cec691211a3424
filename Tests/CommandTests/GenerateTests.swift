import Documents
import Testing

@Suite struct GenerateTests {
  private let model = "Fixtures/models/gpt2-lm"

  private func prompt() throws -> Bench {
    let bench = try Bench()
    try bench.write("{\"input_ids\": [[5, 6, 7]]}", to: "inputs.json")
    return bench
  }

  @Test func `tokens are printed row by row`() throws {
    try expectSnapshot(
      try prompt().run("generate", model, "--inputs", "inputs.json", "--max-new-tokens", "6"),
      "generate")
  }

  @Test func `the best beams are given with their scores, with a cache or without`() throws {
    let bench = try prompt()
    let arguments = [
      "generate", model, "--inputs", "inputs.json", "--max-new-tokens", "6", "--beams", "3",
      "--sequences", "2", "--end", "9", "--length-penalty", "0.5", "--format", "json",
    ]
    let report = try Document(parsing: try bench.run(arguments).output).root
    let plain = try Document(parsing: try bench.run(arguments + ["--no-cache"]).output).root
    #expect(report["cached"] == true && plain["cached"] == false)
    let sequences = try #require(report["sequences"]?.arrayValue)
    #expect(sequences.map { $0["ids"] } == plain["sequences"]?.arrayValue?.map { $0["ids"] })
    let scores = sequences.compactMap { $0["score"]?.doubleValue }
    #expect(scores.count == 2 && scores[0] >= scores[1])
  }

  @Test func `a trace keeps the sequences and the attention of every token read`() throws {
    let bench = try prompt()
    let finished = try bench.run(
      "generate", model, "--inputs", "inputs.json", "--max-new-tokens", "4", "-o", "trace.h5",
      "--capture", "*.0.attention", "--quiet")
    #expect(finished.status == 0)
    let listing = try Document(
      parsing: try bench.run("inspect", "trace.h5", "--format", "json").output
    ).root
    let shapes = Dictionary(
      uniqueKeysWithValues: (listing["tensors"]?.arrayValue ?? []).compactMap { tensor in
        tensor["name"]?.stringValue.map { ($0, tensor["shape"]) }
      })
    #expect(shapes["outputs/sequences"] == [1, 7])
    #expect(shapes["inputs/input_ids"] == [1, 6])
    #expect(shapes["attention/decoder.layers.0.attention"] == [1, 4, 6, 6])
    #expect(try bench.run("attention", "trace.h5", "-o", "a.csv").status == 0)
  }

  @Test func `what is asked for and not done is refused by its name`() throws {
    let bench = try prompt()
    try bench.write("{\"do_sample\": true, \"top_k\": 5}", to: "sample.json")
    try bench.write("{\"max_time\": 3}", to: "time.json")
    let base = ["generate", model, "--inputs", "inputs.json", "--generation-config"]
    try expectSnapshot(try bench.run(base + ["sample.json"]), "generate-sample")
    try expectSnapshot(try bench.run(base + ["time.json"]), "generate-time")
    #expect(try bench.run(base + ["sample.json", "--greedy"]).status == 0)
    #expect(try bench.run(base + ["time.json", "--generation", "max_time=null"]).status == 0)
  }

  @Test(arguments: [
    ("bert-bare", "{\"input_ids\": [[1, 2]]}", []),
    ("gpt2-lm", "{\"input_ids\": [[1, 2]]}", ["--max-length", "2"]),
    ("gpt2-lm", "{\"input_ids\": [1, 2]}", []),
    ("gpt2-lm", "{\"input_ids\": [[1, 2]]}", ["--beams", "2", "--sequences", "3"]),
    ("gpt2-lm", "{\"input_ids\": [[1, 2]]}", ["--beams", "100000000"]),
    ("gpt2-lm", "{\"input_ids\": [[1, 2]]}", ["--generation", "forced_eos_token_id=5000000"]),
    ("gpt2-lm", "{\"input_ids\": [[1, 2]]}", ["--generation", "repetition_penalty=0"]),
    ("gpt2-lm", "{\"input_ids\": [[1, 2]]}", ["--early-stopping", "soon"]),
    ("gpt2-lm", "{\"input_ids\": [[1, 2]]}", ["--max-new-tokens", "9000000000000000000"]),
    ("gpt2-lm", "{\"attention_mask\": [[1, 2]]}", []),
  ])
  func `what cannot be is refused in one line`(
    model: String, inputs: String, options: [String]
  ) throws {
    let bench = try Bench()
    try bench.write(inputs, to: "inputs.json")
    let finished = try bench.run(
      ["generate", "Fixtures/models/\(model)", "--inputs", "inputs.json"] + options)
    #expect(finished.status == 2)
    #expect(finished.output.isEmpty)
    #expect(finished.errors.split(separator: "\n").count == 1, "\(finished.errors)")
  }
}
