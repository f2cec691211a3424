import Diagnostics
import Documents
import Testing

@Suite struct JSONWriterTests {
  @Test func `the short form has no white space`() {
    let value: JSON = ["a": [1, 2.5, "x"], "b": [:], "c": [], "d": .null, "e": true]
    #expect(value.text(indented: false) == #"{"a":[1,2.5,"x"],"b":{},"c":[],"d":null,"e":true}"#)
  }

  @Test func `the indented form keeps what is flat and short on one line`() {
    let node: JSON = ["name": "sum", "operation": "add", "input": ["a", "b"]]
    let value: JSON = ["format": "x", "nodes": [node, ["name": "end"]], "empty": [:]]
    #expect(
      value.text(indented: true) == """
        {
          "format": "x",
          "nodes": [
            { "name": "sum", "operation": "add", "input": ["a", "b"] },
            { "name": "end" }
          ],
          "empty": {}
        }
        """)
  }

  @Test func `long arrays of numbers fill their lines`() {
    let text = JSON.object(["n": .array((0..<100).map { .integer($0 * 1000) })]).text(
      indented: true)
    let lines = text.split(separator: "\n")
    #expect(lines.count == 12)
    #expect(lines.allSatisfy { $0.utf8.count <= 101 && $0.last != " " })
  }

  @Test func `doubles are short and read again as themselves`() throws {
    var generator = SystemRandomNumberGenerator()
    let special = [
      0.1, 1, -0.0, .leastNonzeroMagnitude, 1e300, 1e16, 1e15, .pi, .greatestFiniteMagnitude, 1e-7,
    ]
    let random = (0..<1000).map { _ in
      Double(bitPattern: .random(in: 0...(.max), using: &generator))
    }
    for value in special + random where value.isFinite {
      let text = JSON.number(value).text(indented: false)
      #expect(try Document(parsing: text).root.doubleValue?.bitPattern == value.bitPattern)
    }
    #expect(JSON.number(0.1).text(indented: false) == "0.1")
  }

  @Test func `what is no number is a string`() {
    let value: JSON = [.number(.nan), .number(.infinity), .number(-.infinity)]
    #expect(value.text(indented: false) == #"["NaN","Infinity","-Infinity"]"#)
  }

  @Test func `strings are escaped`() throws {
    let value = JSON.string("\"\\/\n\r\t\u{1}\u{1F}\u{7F}é😀")
    let text = value.text(indented: false)
    #expect(text == #""\"\\/\n\r\t\u0001\u001f\u007fé😀""#)
    #expect(try Document(parsing: text).root == value)
  }
}

extension JSON {
  static func object(_ members: [(String, JSON)]) -> JSON { .object(JSONObject(members)) }
  static func object(_ members: KeyValuePairs<String, JSON>) -> JSON {
    .object(JSONObject(members.map { ($0.key, $0.value) }))
  }
}
