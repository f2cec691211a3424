import Diagnostics
import Documents
import Tensors
import Testing

@testable import Families

/// A family that two frameworks have, each with a config of its own.
@Suite struct DialectConfigTests {
  private static let text = """
    {
      "format": "crosswalk.family", "version": 1, "family": "pair", "extends": "base",
      "recognise": { "config": { "model_type": "pair" } },
      "config": {
        "width": { "key": "hidden_size", "type": "integer", "minimum": 1 },
        "function": { "key": "act", "values": { "gelu_new": "gelu_tanh", "gelu": "gelu" }, "default": "gelu" },
        "scale": { "key": "scale", "default": 2 }
      },
      "architecture": {
        "inputs": { "x": { "dtype": "floating", "axes": ["batch", { "width": "=width" }] } },
        "nodes": [
          { "name": "dense", "operation": "linear", "input": "x", "width": "=width", "bias": false },
          { "name": "act", "operation": "activation", "input": "dense", "function": "=function" }
        ],
        "outputs": { "y": "act" }
      },
      "dialects": {
        "first": {
          "weights": [{ "theirs": "{prefix}w", "ours": "dense.weight" }],
          "config": { "write": [{ "members": { "model_type": "pair" } }] }
        },
        "_base": { "weights": [{ "theirs": "{prefix}dense{_i}/seed", "ignore": "no weight" }] },
        "second": {
          "extends": "_base", "prefix": ["inner/", ""],
          "weights": [
            { "theirs": "{prefix}dense/vars/0", "ours": "dense.weight", "steps": ["transpose"] },
            { "theirs": "{prefix}spare", "ignore": "not used", "zeros": ["=width", 2] }
          ],
          "config": {
            "recognise": { "/class": "Pair" },
            "within": ["config.inner", "config"],
            "values": {
              "width": { "key": "dim" }, "function": { "default": "gelu_tanh" },
              "scale": { "key": "/config.scale" }
            },
            "irrelevant": ["name", "/class"],
            "words": { "prefix": "='in' + 'ner/'", "size": "=width * 2" },
            "refuse": [{ "if": "=scale == 9", "because": "nine is too much" }],
            "write": [
              { "if": "=width > 100", "members": {} },
              { "within": "config.inner", "members": { "class": "Pair", "config": { "size": "=size" } } }
            ]
          }
        }
      }
    }
    """

  private func family() throws -> Family {
    try Family(Document(parsing: Self.text)) { (_) throws(CrosswalkError) in
      try Document(parsing: "{}")
    }
  }

  private func table(_ names: [String]) throws -> TensorTable {
    var tensors = TensorTable()
    let values = [Float](repeating: 1, count: 4)
    for name in names { try tensors.append(name, StoredTensor(values, shape: [2, 2])) }
    return tensors
  }

  private func second(_ config: String, _ names: [String] = ["dense/vars/0"]) throws -> Crossing {
    try Crossing(
      family(), dialect: "second", config: Document(parsing: config), tensors: table(names))
  }

  @Test func `a config's keys are looked for within, and from the root`() throws {
    let crossing = try second(
      #"{ "class": "Pair", "config": { "inner": { "dim": 2, "name": "a" }, "scale": 5 } }"#,
      ["inner/dense/vars/0"])
    #expect(crossing.values == JSONObject([("width", 2), ("function", "gelu_tanh"), ("scale", 5)]))
    #expect(crossing.prefix == "inner/")
    #expect(try family().dialectNames == ["first", "second"])
  }

  @Test func `a config is of the framework that it says it is of`() throws {
    let family = try family()
    #expect(family.isSaid(by: try Document(parsing: #"{ "class": "Pair", "config": {} }"#)))
    #expect(family.isSaid(by: try Document(parsing: #"{ "model_type": "pair" }"#)))
    #expect(!family.isSaid(by: try Document(parsing: #"{ "class": "Other", "config": {} }"#)))
  }

  @Test(arguments: [
    #"{ "class": "Pair", "config": { "dim": 2, "odd": 1 } }"#,
    #"{ "class": "Pair", "config": { "dim": 2 }, "odd": 1 }"#,
    #"{ "class": "Pair", "config": { "inner": { "dim": 2 }, "odd": 1 } }"#,
    #"{ "class": "Pair", "config": { "inner": { "dim": 2, "odd": 1 } } }"#,
  ]) func `what a config says and the dialect has no key for is refused`(config: String) throws {
    let error = #expect(throws: CrosswalkError.self) { try second(config) }
    #expect(error?.description.contains("odd") == true)
  }

  @Test func `a config is written from the values, and read as the same`() throws {
    let first = try Crossing(
      family(), dialect: "first",
      config: Document(parsing: #"{ "model_type": "pair", "hidden_size": 2, "act": "gelu_new" }"#),
      tensors: table(["w"]))
    let other = try Crossing(
      family(), dialect: "second", values: first.values, prefix: nil,
      architecture: first.architecture)
    let config = try #require(try other.config())
    #expect(
      config
        == ["class": "Pair", "config": ["size": 4, "inner": ["dim": 2], "scale": 2]])
    let written = try other.write(first.read(table(["w"])).parameters)
    #expect(written.names == ["inner/dense/vars/0", "inner/spare"])
    #expect(written["inner/spare"]?.shape == [2, 2])
    #expect(other.setting("scale", to: 3) == "/config.scale=3")
    #expect(first.setting("function", to: "gelu_tanh") == "act=gelu_new")
    #expect(
      try first.config()
        == ["model_type": "pair", "hidden_size": 2, "act": "gelu_new", "scale": 2])
  }

  @Test func `a model that the framework has not is refused with its reason`() throws {
    let first = try Crossing(
      family(), dialect: "first",
      config: Document(parsing: #"{ "model_type": "pair", "hidden_size": 2, "scale": 9 }"#),
      tensors: table(["w"]))
    let other = try Crossing(
      family(), dialect: "second", values: first.values, prefix: nil,
      architecture: first.architecture)
    let error = #expect(throws: CrosswalkError.self) { try other.config() }
    #expect(error?.description.contains("nine is too much") == true)
  }

  @Test(arguments: [(Float(0), true), (1, false)])
  func `a formula may ask whether a tensor is zeros`(value: Float, isZero: Bool) throws {
    var tensors = TensorTable()
    try tensors.append("a", StoredTensor([0, value], shape: [2]))
    let names = try SourceNames(tensors, dialect: family().dialect("first"))
    #expect(try names.call("zero", ["a"]) == .bool(isZero))
    #expect(try names.call("zero", ["b"]) == .bool(false))
  }

  @Test func `values that a dialect says otherwise are told`() throws {
    let first = try Crossing(
      family(), dialect: "first",
      config: Document(parsing: #"{ "model_type": "pair", "hidden_size": 2 }"#),
      tensors: table(["w"]))
    let there = try second(#"{ "class": "Pair", "config": { "dim": 2 } }"#)
    #expect(first.differences(from: there).map(\.name) == ["function"])
  }
}
