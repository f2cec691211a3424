import Architectures
import Diagnostics
import Documents
import Testing

@Suite struct ArchitectureTests {
  private func read(_ nodes: String, outputs: String = #"{"y": "last"}"#) throws -> Architecture {
    try Architecture(
      Document(
        parsing: """
          {"inputs": {"ids": {"dtype": "integer", "axes": ["batch", "sequence"]},
                      "mask": {"dtype": "mask", "axes": ["batch", "sequence"], "optional": true}},
           "nodes": \(nodes), "outputs": \(outputs)}
          """, file: "a.json"))
  }

  private let layers = """
    [{"name": "embed", "operation": "embedding", "input": "ids", "rows": 7, "width": 4},
     {"name": "layers.{i}", "repeat": 3, "input": "embed", "nodes": [
       {"name": "up", "operation": "linear", "input": "input", "width": {"each": [8, 6, 5]}},
       {"name": "down", "operation": "linear", "input": "up", "width": 4, "bias": false},
       {"name": "sum", "operation": "add", "input": ["input", "down"]}]},
     {"name": "last", "operation": "linear", "input": "layers", "width": 7,
      "parameters": {"weight": "embed.weight"}}]
    """

  @Test func `a repeated block is unrolled, with its own names and settings`() throws {
    let architecture = try read(layers)
    #expect(architecture.nodes.count == 11)
    #expect(architecture.nodes[4].name == "layers.1.up")
    #expect(architecture.nodes[4].output.width == 6)
    #expect(architecture.name(of: architecture.nodes[4].arguments["input"]![0]) == "layers.0.sum")
    #expect(architecture.blocks.map(\.name) == ["layers.0", "layers.1", "layers.2", "layers"])
  }

  @Test func `a shared parameter is there once`() throws {
    let names = try read(layers).parameters.map(\.name)
    #expect(names.filter { $0 == "embed.weight" }.count == 1)
    #expect(names.last == "last.bias")
    #expect(!names.contains("last.weight"))
  }

  @Test(arguments: [
    (#"[{"name": "a", "operation": "liner", "input": "ids"}]"#, "did you mean linear"),
    (
      #"[{"name": "a", "operation": "embedding", "input": "idz", "rows": 2, "width": 2}]"#,
      "did you mean ids"
    ),
    (
      #"[{"name": "a", "operation": "embedding", "input": "ids", "rows": 2, "widht": 2}]"#,
      "the setting 'width' is missing"
    ),
    (
      #"[{"name": "a", "operation": "embedding", "input": "ids", "rows": -2, "width": 2}]"#,
      "/nodes/0/rows"
    ),
    (
      #"[{"name": "a.{i}", "repeat": 1000000000, "input": "ids", "nodes": []}]"#,
      "a whole number up to 200000"
    ),
    (
      """
      [{"name": "q", "operation": "embedding", "input": "ids", "rows": 2, "width": 1099511627776},
       {"name": "a", "operation": "attention", "query": "q", "key": "k", "value": "q",
        "heads": 1099511627776, "key_value_heads": 1}]
      """, "no node or input before this one is called 'k'"
    ),
    (
      """
      [{"name": "k", "operation": "embedding", "input": "ids", "rows": 2, "width": 1},
       {"name": "q", "operation": "embedding", "input": "ids", "rows": 2, "width": 1099511627776},
       {"name": "a", "operation": "attention", "query": "q", "key": "k", "value": "q",
        "heads": 1099511627776, "key_value_heads": 1}]
      """, "a context wider than 64 bits count"
    ),
    (#"[{"name": "", "operation": "add", "input": "ids"}]"#, "a node's name"),
  ]) func `a mistake is named with its place`(nodes: String, words: String) {
    let error = #expect(throws: CrosswalkError.self) { try read(nodes) }
    #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
    #expect(error?.description.hasPrefix("a.json: line") == true)
  }

  @Test func `the graph is drawn with a box for each layer`() throws {
    let picture = try read(layers).graphviz
    #expect(picture.contains("subgraph cluster_2"))
    #expect(picture.contains("[label=\"1.sum\\nadd\\n"))
    #expect(picture.contains("\"layers.1.sum\" -> \"layers.2.up\""))
  }
}
