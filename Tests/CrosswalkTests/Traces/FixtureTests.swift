import Containers
import Crosswalk
import Diagnostics
import Documents
import Engine
import Reports
import TestSupport
import Tensors
import Testing

@Suite struct FixtureTests {
  private func contents(
    _ names: [String], format: String? = "crosswalk.trace", version: JSON = "1"
  ) throws -> Contents {
    var contents = Contents(tensors: TensorTable())
    for name in names {
      try contents.tensors.append(name, StoredTensor([Float(1)], shape: [1]))
    }
    var metadata = JSONObject([("version", version), ("dialect", "pytorch")])
    metadata["format"] = format.map(JSON.string)
    contents.metadata = .object(metadata)
    return contents
  }

  @Test func `a trace's tensors go by group, and dots are part of names`() throws {
    let fixture = try Fixture(
      contents([
        "inputs/input_ids", "outputs/logits", "nodes/layer.0.norm", "attention/layer.0",
        "float64/nodes/layer.0.norm",
      ]))
    #expect(fixture.trace.inputs.names == ["input_ids"])
    #expect(fixture.trace.nodes.names == ["layer.0.norm"])
    #expect(fixture.trace.attention.names == ["layer.0"])
    #expect(fixture.exact?.nodes.names == ["layer.0.norm"])
    #expect(fixture.dialect == "pytorch")
  }

  @Test(
    arguments: [
      (["x"], "crosswalk.trace", "1", "the tensor has no place in a trace"),
      (["losses/x"], "crosswalk.trace", "1", "the tensor has no place in a trace"),
      (["float64/inputs/x"], "crosswalk.trace", "1", "the tensor has no place in a trace"),
      (["float64/outputs/x", "outputs/y"], "crosswalk.trace", "1", "recorded in float64 alone"),
      (["inputs/x"], "crosswalk.trace", "1", "no outputs, no nodes and no attention"),
      (["outputs/x"], "crosswalk.trace", "2", "a trace of another version"),
      (["outputs/x"], "crosswalk.checkpoint", "1", "the file is no trace"),
      (["outputs/x"], nil, "1", "the file is no trace"),
    ] as [([String], String?, String, String)])
  func `what is no sound trace is refused`(
    names: [String], format: String?, version: String, words: String
  ) throws {
    let contents = try contents(names, format: format, version: .string(version))
    let error = #expect(throws: CrosswalkError.self) { try Fixture(contents) }
    #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
  }

  @Test func `a framework's recording is read, its float64 too`() throws {
    let fixture = try Fixture(reading: Shelf.fixture("models/bert-bare/fixture.h5"))
    #expect(fixture.dialect == "pytorch")
    #expect(fixture.trace.inputs.names.contains("attention_mask"))
    #expect(fixture.trace.nodes["encoder.layer.0.attention.self"]?.dtype == .f32)
    #expect(fixture.exact?.nodes["encoder.layer.0.attention.self"]?.dtype == .f64)
    let error = #expect(throws: CrosswalkError.self) {
      try Fixture(reading: Shelf.fixture("models/bert-bare/model.safetensors"))
    }
    #expect(error?.kind == .unrecognized)
  }

  @Test func `what a recorder keeps of a node is read, linked or not`() throws {
    let links = #"{"node_inputs/b": "nodes/a", "float64/node_inputs/b": "float64/nodes/a"}"#
    var contents = try contents([
      "inputs/x", "nodes/a", "nodes/b", "node_inputs/a", "scores/b", "rotary/r.cos",
      "float64/nodes/a", "float64/scores/b",
    ])
    var metadata = try #require(contents.metadata.objectValue)
    metadata["links"] = .string(links)
    contents.metadata = .object(metadata)
    let fixture = try Fixture(contents)
    #expect(fixture.trace.nodeInputs.names == ["a", "b"])
    #expect(fixture.trace.nodeInputs["b"] != nil && fixture.trace.metadata["links"] == nil)
    #expect(fixture.exact?.nodeInputs.names == ["b"])
    #expect(fixture.exact?.scores.names == ["b"] && fixture.trace.scores.names == ["b"])
    #expect(fixture.trace.rotary.names == ["r.cos"])
    metadata["links"] = #"{"node_inputs/b": "nodes/c"}"#
    contents.metadata = .object(metadata)
    let error = #expect(throws: CrosswalkError.self) { try Fixture(contents) }
    #expect(error?.description.contains("a link to a tensor that is not there") == true)
  }

  @Test(arguments: ["h5", "safetensors"])
  func `a trace is written and read back, and replaced only when asked`(ending: String) throws {
    var trace = Trace()
    try trace.inputs.append("input_ids", StoredTensor([Int64(7), 8], shape: [1, 2]))
    try trace.outputs.append("logits", StoredTensor([Float(0.25), 1], shape: [2]))
    try trace.nodes.append("encoder.layers.0", StoredTensor([2.5], shape: [1]))
    try trace.nodeInputs.append("encoder.layers.0", StoredTensor([1.5], shape: [1]))
    try trace.scores.append("encoder.layers.0", StoredTensor([0.5], shape: [1, 1, 1, 1]))
    try trace.rotary.append("rotary.cos", StoredTensor([1.0], shape: [1]))
    trace.metadata["precision"] = "float32"
    trace.metadata["settings"] = ["threads": 1]
    try Scratch.withFolder { folder in
      let path = folder + "/trace.\(ending)"
      try trace.write(to: path)
      let read = try Fixture(reading: path)
      #expect(read.dialect == nil)
      #expect(read.trace.metadata["settings"] == #"{"threads":1}"#)
      #expect(try read.trace.nodes["encoder.layers.0"]?.doubles() == [2.5])
      #expect(try read.trace.nodeInputs["encoder.layers.0"]?.doubles() == [1.5])
      #expect(try read.trace.scores["encoder.layers.0"]?.doubles() == [0.5])
      #expect(try read.trace.rotary["rotary.cos"]?.doubles() == [1])
      #expect(try Difference.diff(read, Fixture(trace)).verdict == .identical)
      #expect(try InputFile.read(path)["input_ids"]?.ints() == [7, 8])
      let error = #expect(throws: CrosswalkError.self) { try trace.write(to: path) }
      #expect(error?.kind == .outputExists)
      try trace.write(to: path, replacing: true)
      #expect(throws: CrosswalkError.self) { try trace.write(to: folder + "/trace.pt") }
    }
  }
}
