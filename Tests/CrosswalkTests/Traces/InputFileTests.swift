import Crosswalk
import Diagnostics
import Foundation
import Tensors
import TestSupport
import Testing

@Suite struct InputFileTests {
  private func read(_ text: String) throws -> TensorTable {
    try Scratch.withFolder { folder in
      let path = folder + "/inputs.json"
      try Data(text.utf8).write(to: URL(filePath: path))
      return try InputFile.read(path)
    }
  }

  @Test func `JSON lists become tensors of the dtype that fits`() throws {
    let inputs = try read(
      #"{"ids": [[1, 2, 3], [4, 5, 6]], "x": [[1, 2.5]], "mask": [true, false], "one": 7}"#)
    #expect(inputs.names == ["ids", "x", "mask", "one"])
    #expect(inputs["ids"]?.dtype == .i64)
    #expect(inputs["ids"]?.shape == [2, 3])
    #expect(try inputs["ids"]?.ints() == [1, 2, 3, 4, 5, 6])
    #expect(inputs["x"]?.dtype == .f32)
    #expect(try inputs["x"]?.doubles() == [1, 2.5])
    #expect(inputs["mask"]?.dtype == .bool)
    #expect(inputs["one"]?.shape == [])
  }

  @Test(arguments: [
    (#"{"ids": [[1, 2], [3]]}"#, "/ids/1: a list of another length"),
    (#"{"ids": [[1, 2], 3]}"#, "/ids/1: a number among lists"),
    (#"{"ids": [1, [2]]}"#, "/ids/1: a list among numbers"),
    (#"{"ids": [[], [1]]}"#, "/ids/1: a list of another length"),
    (#"{"ids": [[1, "2"]]}"#, "/ids/0/1: an input that is neither a number"),
    (#"{"ids": [1, true]}"#, "/ids/1: truth values among numbers"),
    (#"{"ids": [null]}"#, "neither a number nor true or false"),
    (#"{"ids": [1e300]}"#, "a number beyond binary32"),
    (#"{"ids": {"a": 1}}"#, "neither a number nor true or false"),
    (#"{}"#, "the file holds no inputs"),
    (#"[[1, 2]]"#, "inputs are given by name"),
    ("hello", "no container that is known here"),
  ]) func `what is no input is refused with its place`(text: String, words: String) {
    let error = #expect(throws: CrosswalkError.self) { try read(text) }
    #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
    #expect(error?.place.file?.hasSuffix("inputs.json") == true)
  }

  @Test func `infinity is read as Python writes it, and places after it stay`() throws {
    let inputs = try read(#"{"m": [[0.0, -Infinity], [Infinity, "-Infinity"]]}"#)
    #expect(try inputs["m"]?.doubles() == [0, -.infinity, .infinity, -.infinity])
    let error = #expect(throws: CrosswalkError.self) { try read(#"{"m": [-Infinity, nul]}"#) }
    #expect(
      error?.description.contains("line 1, column 22") == true, "\(String(describing: error))")
    #expect(throws: CrosswalkError.self) { try read(#"{"Infinity": [NaN]}"#) }
  }

  @Test func `lists nested too deep are refused, not followed`() {
    let text =
      #"{"x": "# + String(repeating: "[", count: 40) + "1"
      + String(repeating: "]", count: 40) + "}"
    let error = #expect(throws: CrosswalkError.self) { try read(text) }
    #expect(error?.description.contains("nested too deep") == true)
  }

  @Test func `a container's tensors are taken from the root or from its group of inputs`() throws {
    let ids = try StoredTensor([Int64(1)], shape: [1, 1])
    let root = try Scratch.withCheckpoint([("input_ids", ids)]) { try InputFile.read($0) }
    #expect(root.names == ["input_ids"])
    let group = try Scratch.withCheckpoint([("inputs/input_ids", ids), ("other", ids)]) {
      try InputFile.read($0)
    }
    #expect(group.names == ["input_ids"])
  }

  @Test func `an archive of NumPy holds inputs by name`() throws {
    let inputs = try InputFile.read(Shelf.fixture("containers/numpy/compressed.npz"))
    #expect(try inputs["input_ids"]?.ints() == [101, 2023, 102])
    #expect(inputs["attention_mask"]?.shape == [1, 3])
  }

  @Test func `a fixture's own inputs are inputs`() throws {
    let inputs = try InputFile.read(Shelf.fixture("models/transformer-pre-norm/fixture.h5"))
    #expect(inputs["src"]?.shape == [2, 13, 32])
    #expect(inputs["tgt_mask"]?.dtype == .bool)
  }

  @Test func `the demo's inputs are read`() throws {
    let inputs = try InputFile.read(Shelf.fixture("minilm/inputs.json"))
    #expect(inputs["input_ids"]?.shape == [1, 15])
  }
}
