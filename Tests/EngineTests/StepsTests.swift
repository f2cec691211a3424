import Diagnostics
import Engine
import Tensors
import Testing

@Suite struct StepsTests {
  /// Sums up as it goes, and counts in `twice` what it has seen.
  private let sums = """
    [{"name": "zero", "operation": "reduce", "function": "sum", "axes": [1], "keep": true, "input": "x"},
     {"name": "start", "operation": "scale", "by": 0, "input": "zero"},
     {"name": "loop", "steps": {"x": "x"}, "input": {"sum": "start"}, "output": {"sum": "next"},
      "direction": "DIRECTION", "nodes": [
        {"name": "next", "operation": "add", "input": ["sum", "x"]},
        {"name": "twice", "operation": "scale", "by": 2, "input": "next"}]},
     {"name": "y", "operation": "add", "input": ["loop", "loop.sum"]}]
    """

  private func run(_ direction: String = "forward", _ capture: CaptureSelection = .outputs) throws
    -> Trace
  {
    let text = sums.split(separator: "DIRECTION").joined(separator: direction)
    let x = try StoredTensor((0..<12).map { Float($0) }, shape: [1, 3, 4])
    return try model(text, outputs: "y").run(table([("x", x)]), capture: capture)
  }

  @Test func `a loop goes from either end, and what it makes stays in the sequence's order`() throws
  {
    // Each step's row is 4 s + (0, 1, 2, 3); twice the sums, and the last sum.
    #expect(
      try run().outputs["y"]?.floats()
        == [12, 17, 22, 27, 20, 27, 34, 41, 36, 45, 54, 63])
    #expect(
      try run("backward").outputs["y"]?.floats()
        == [36, 45, 54, 63, 36, 43, 50, 57, 28, 33, 38, 43])
  }

  @Test func `what is captured of a loop is all its steps, and nothing else is kept`() throws {
    let trace = try run("forward", .named(["loop.next"]))
    #expect(trace.nodes.names == ["loop.next"])
    #expect(trace.nodes["loop.next"]?.shape == [1, 3, 4])
    #expect(trace.outputs.names == ["y"])
    let all = try run("forward", .all)
    #expect(
      all.nodes.names
        == ["zero", "start", "loop.x", "loop.sum", "loop.next", "loop.twice", "loop", "y"])
    #expect(all.nodes["loop.sum"]?.shape == [1, 1, 4])
    #expect(all.outputs["y"]?.shape == [1, 3, 4])
  }

  @Test func `sequences of different lengths are refused where they meet`() throws {
    let model = try model(
      """
      [{"name": "loop", "steps": {"x": "x", "key": "keys"}, "nodes": [
        {"name": "twice", "operation": "scale", "by": 2, "input": "x"}]}]
      """, outputs: "loop", axes: #"["batch", "places", 4]"#)
    let inputs = try table([
      ("x", StoredTensor([Float](repeating: 0, count: 12), shape: [1, 3, 4])),
      ("keys", StoredTensor([Int64(1), 1], shape: [1, 2])),
    ])
    let error = #expect(throws: CrosswalkError.self) { try model.run(inputs) }
    #expect(error?.description.contains("node 'loop'") == true)
    #expect(error?.description.contains("not of one length") == true)
  }

  @Test func `a loop along what is not given is left out`() throws {
    let model = try model(
      """
      [{"name": "loop", "steps": {"key": "keys"}, "nodes": [
        {"name": "sum", "operation": "cumsum", "axis": 1, "input": "key"}]},
       {"name": "y", "operation": "given", "yes": "x", "no": "x", "input": "loop"}]
      """, outputs: "y")
    let x = try StoredTensor([Float](repeating: 1, count: 4), shape: [1, 1, 4])
    let trace = try model.run(table([("x", x)]), capture: .all)
    #expect(trace.nodes.names == ["y"])
  }

  @Test func `what changes its shape from step to step is refused`() throws {
    let model = try model(
      """
      [{"name": "three", "operation": "slice", "axis": 1, "start": 0, "end": 3, "input": "x"},
       {"name": "whole", "operation": "scale", "by": 1, "input": "x"},
       {"name": "loop", "steps": {"x": "x"}, "input": {"all": "three"}, "output": {"all": "two"},
        "nodes": [{"name": "y", "operation": "add", "input": ["all", "x"]},
                  {"name": "flat", "operation": "concat", "axis": 1, "input": ["three", "whole"]},
                  {"name": "two", "operation": "slice", "axis": 1, "start": 2, "clamp": true,
                   "input": "flat"}]}]
      """, outputs: "loop")
    let x = try StoredTensor([Float](repeating: 1, count: 12), shape: [1, 3, 4])
    let error = #expect(throws: CrosswalkError.self) { try model.run(table([("x", x)])) }
    #expect(error?.description.contains("node 'loop.all'") == true)
  }
}
