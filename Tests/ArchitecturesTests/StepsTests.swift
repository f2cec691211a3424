import Architectures
import Diagnostics
import Documents
import Testing

@Suite struct StepsTests {
  private func read(_ block: String, nodes: String = "", outputs: String = #"{"y": "loop"}"#) throws
    -> Architecture
  {
    try Architecture(
      Document(
        parsing: """
          {"inputs": {"x": {"dtype": "floating", "axes": ["batch", "targets", 4]},
                      "state": {"dtype": "floating", "axes": ["batch", 4]},
                      "memory": {"dtype": "floating", "axes": ["batch", "sources", 4]},
                      "short": {"dtype": "floating", "axes": ["batch", {"targets": 2}, 4]},
                      "long": {"dtype": "floating", "axes": ["batch", {"targets": 3}, 4]},
                      "row": {"dtype": "floating", "axes": [4]}},
           "nodes": [{"name": "loop", \(block)}\(nodes)], "outputs": \(outputs)}
          """, file: "a.json"))
  }

  private let cell = """
    {"name": "look", "operation": "attention", "query": "x", "key": "memory", "value": "memory",
     "heads": 1},
    {"name": "cell", "operation": "recurrent", "kind": "gru", "input": "look", "state": "state",
     "width": 4}
    """

  private var decoder: String {
    """
    "steps": {"x": "x"}, "input": {"state": "state"}, "output": {"state": "cell.state"},
    "nodes": [\(cell)]
    """
  }

  @Test func `outside of a loop its nodes are all steps, and what is carried the last one's`()
    throws
  {
    let architecture = try read(decoder)
    let types = Dictionary(
      architecture.nodes.map { ($0.name, $0.output.summary) }, uniquingKeysWith: { $1 })
    #expect(types["loop.look"] == "batch × targets × width 4")
    #expect(types["loop.cell"] == "batch × targets × width 4")
    #expect(types["loop.state"] == "batch × width 4")
    #expect(
      architecture.nodes.first { $0.name == "loop.look" }?.attention?.summary
        == "batch × heads 1 × queries × keys")
    #expect(architecture.blocks.map(\.name) == ["loop"])
    #expect(
      architecture.parameters.map(\.name)
        == ["loop.cell.input.weight", "loop.cell.recurrent.weight", "loop.cell.input.bias"])
  }

  @Test func `a loop is drawn as a box, and dashed what goes from step to step`() throws {
    let picture = try read(decoder).graphviz
    #expect(picture.contains("label=\"loop\""))
    #expect(picture.contains("\"loop.cell.state\" -> \"loop.state\" [style=dashed"))
    #expect(!picture.contains("label=\"steps\""))
  }

  @Test func `loops stand before those inside of them`() throws {
    let architecture = try read(
      """
      "steps": {"x": "x"}, "nodes": [
        {"name": "inner", "steps": {"y": "memory"}, "nodes": [
          {"name": "sum", "operation": "add", "input": ["x", "y"]}]}]
      """)
    #expect(architecture.loops.map(\.name) == ["loop", "loop.inner"])
  }

  @Test(arguments: [
    (#""steps": {}"#, "what a block of steps goes along"),
    (#""steps": 0"#, "what a block of steps goes along"),
    (#""steps": {"x": "row"}"#, "steps go along the second axis"),
    (#""steps": {"x": "none"}"#, "no node or input before this one is called 'none'"),
    (#""steps": {"x": "short", "y": "long"}"#, "sequences of different lengths"),
    (#""steps": {"x": "x"}, "direction": "up""#, "which step comes first"),
    (#""steps": {"x": "x"}, "repeat": 2"#, "the key 'repeat' means nothing here"),
    (#""steps": {"x": "x"}, "input": {"state": "state"}"#, "no step gives 'state' to the next"),
    (#""steps": {"x": "x"}, "output": {"state": "x"}"#, "nothing that is carried into this block"),
    (
      #""steps": {"x": "x"}, "input": {"state": "state"}, "output": {"state": "x"}"#,
      "a step gives another kind of 'state' than it is given"
    ),
    (#""steps": {"x": "x"}, "input": {"x": "x"}, "output": {"x": "x"}"#, "two nodes are called"),
    (#""steps": {"": "x"}"#, "a name inside a block"),
  ]) func `a mistake is named with its place`(block: String, words: String) {
    let error = #expect(throws: CrosswalkError.self) {
      try read(
        block + #", "nodes": [{"name": "a", "operation": "scale", "by": 2, "input": "x"}]"#)
    }
    #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
    #expect(error?.description.hasPrefix("a.json: line") == true)
  }

  @Test func `steps in steps are bounded`() {
    let error = #expect(throws: CrosswalkError.self) {
      try read(
        """
        "steps": 1000, "input": {"s": "x"}, "output": {"s": "inner"}, "nodes": [
          {"name": "inner", "steps": 1000, "input": {"t": "s"}, "output": {"t": "a"}, "nodes": [
            {"name": "a", "operation": "scale", "by": 2, "input": "t"}]}]
        """)
    }
    #expect(error?.kind == .tooLarge)
  }
}
