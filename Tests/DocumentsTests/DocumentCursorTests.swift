import Diagnostics
import Documents
import TestSupport
import Testing

@Suite struct DocumentCursorTests {
  let document: Document

  init() throws {
    document = try Document(
      parsing: """
        {
          "name": "bert",
          "layers": 6,
          "epsilon": 1e-12,
          "nodes": [{ "name": "a", "bias": true }, { "nmae": "b" }]
        }
        """, file: "bert.json")
  }

  func refusal<Value>(_ body: (DocumentCursor) throws(CrosswalkError) -> Value) -> String {
    do {
      _ = try body(document.cursor)
      return "nothing"
    } catch {
      return error.description
    }
  }

  @Test func `values are decoded`() throws {
    let root = document.cursor
    #expect(try root.require("name").string() == "bert")
    #expect(try root.require("layers").int() == 6)
    #expect(try root.require("layers").double() == 6)
    #expect(try root.require("epsilon").double() == 1e-12)
    #expect(try root.require("nodes").array()[0].require("bias").bool())
    #expect(try root.optional("none")?.string() == nil)
    #expect(try root.members().map(\.key) == ["name", "layers", "epsilon", "nodes"])
  }

  @Test func `a missing key is refused with its near names`() {
    #expect(
      refusal { root throws(CrosswalkError) in try root.require("nodes").array()[1].require("name")
      }
        == "bert.json: line 5, column 44: /nodes/1: the key 'name' is missing; did you mean 'nmae'?"
    )
  }

  @Test func `a value of the wrong kind is refused with what it is`() {
    #expect(
      refusal { root throws(CrosswalkError) in try root.require("name").int() }
        == "bert.json: line 2, column 11: /name: the value is of the wrong kind: expected an integer, found 'bert'"
    )
    #expect(
      refusal { root throws(CrosswalkError) in try root.require("nodes").require("x") }
        == "bert.json: line 5, column 12: /nodes: the value is of the wrong kind: expected an object, found an array of 2"
    )
    #expect(
      refusal { root throws(CrosswalkError) in try root.require("layers").int(in: 1...4) }
        == "bert.json: line 3, column 13: /layers: the number is out of range: expected 1 to 4, found 6"
    )
  }

  @Test func `an unknown key is refused with its near names, or with what is known`() {
    #expect(
      refusal { root throws(CrosswalkError) in
        try root.require("nodes").array()[1].rejectUnknownKeys(["name", "bias"])
      }
        == "bert.json: line 5, column 54: /nodes/1/nmae: the key 'nmae' is not known; did you mean 'name'?"
    )
    #expect(
      refusal { root throws(CrosswalkError) in
        try root.rejectUnknownKeys(["name", "layers", "nodes"])
      }
        == "bert.json: line 4, column 14: /epsilon: the key 'epsilon' is not known; known here: name, layers, nodes"
    )
  }

  @Test func `an enumeration is decoded by name`() throws {
    enum Choice: String, CaseIterable { case bert, gpt2 }
    #expect(try document.cursor.require("name").one(of: Choice.self) == .bert)
    let other = Document("brt").cursor
    #expect { try other.one(of: Choice.self) } throws: {
      "\($0)"
        == "the document: the value is not known: expected 'bert', 'gpt2', found 'brt'; did you mean 'bert'?"
    }
  }

  @Test func `a file is read`() throws {
    #expect(throws: CrosswalkError.self) { try Document(reading: Shelf.root) }
    #expect(throws: CrosswalkError.self) { try Document(reading: Shelf.root + "/none.json") }
    let format = try Document(reading: Shelf.root + "/.swift-format")
    #expect(try format.cursor.require("version").int() == 1)
  }
}
