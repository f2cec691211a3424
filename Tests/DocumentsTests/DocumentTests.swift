import Diagnostics
import Documents
import Testing

@Suite struct DocumentTests {
  func parse(_ text: String) throws(CrosswalkError) -> JSON { try Document(parsing: text).root }

  @Test func `objects keep the order of their keys`() throws {
    let root = try parse(#"{"z": 1, "a": {"y": [true, false, null], "b": "c"}}"#)
    #expect(
      root == ["z": 1, "a": ["y": [true, false, .null], "b": "c"]]
        && root.objectValue?.keys == ["z", "a"])
  }

  @Test(arguments: [
    ("0", JSON.integer(0)), ("-0", .integer(0)), ("9223372036854775807", .integer(.max)),
    ("-9223372036854775808", .integer(.min)), ("9223372036854775808", .unsigned(1 << 63)),
    ("18446744073709551615", .unsigned(.max)), ("18446744073709551616", .number(0x1p64)),
    ("9007199254740993", .integer(9_007_199_254_740_993)),
    ("100000000000000000000", .number(1e20)),
    ("-9223372036854777856", .number(-0x1.0000000000001p63)),
    ("1.0", .number(1)), ("1e2", .number(100)), ("1E+2", .number(100)), ("-0.0", .number(-0.0)),
    ("0.1", .number(0.1)), ("2.5e-3", .number(0.0025)), ("5e-324", .number(.leastNonzeroMagnitude)),
    ("1.7976931348623157e308", .number(1.7976931348623157e308)), ("1e-999", .number(0)),
    ("123456789012345678", .integer(123_456_789_012_345_678)),
  ])
  func `numbers are exact`(text: String, value: JSON) throws {
    #expect(try parse(text) == value)
    #expect(try parse("[\(text)]") == [value])
  }

  @Test(arguments: [
    (#""""#, ""), (#""a\u0000b""#, "a\0b"), (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{C}\n\r\t"),
    (#""\u00e9\u20AC""#, "é€"), (#""\ud83d\ude00😀""#, "😀😀"), (#""\uFFFF""#, "\u{FFFF}"),
    (#""\uD837\uDE00 \ud876\udc00 \ud83d\ude00\\ud83d""#, "\u{1DE00} \u{2D800} 😀\\ud83d"),
    ("\"\u{7F}\u{2028}\"", "\u{7F}\u{2028}"),
  ])
  func `strings are read`(text: Text, value: Text) throws {
    #expect(try parse(text.string) == .string(value.string))
  }

  @Test func `a byte order mark is skipped, and columns count from behind it`() throws {
    let document = try Document(parsing: "\u{FEFF}{\"a\": 1}")
    #expect(document.root == ["a": 1])
    #expect(document.place(of: "/a").description == "line 1, column 7: /a")
  }

  @Test func `nesting is read to the limit and refused beyond it`() throws {
    func nested(_ depth: Int) -> String {
      String(repeating: "[", count: depth) + "1" + String(repeating: "]", count: depth)
    }
    _ = try parse(nested(Document.maximumDepth))
    #expect { try parse(nested(Document.maximumDepth + 1)) } throws: {
      ($0 as? CrosswalkError)?.kind == .tooLarge
    }
    #expect(throws: CrosswalkError.self) { try parse(String(repeating: "[", count: 1_000_000)) }
  }

  @Test func `places have line, column and pointer`() throws {
    let document = try Document(
      parsing: "{\n  \"nodes\": [1, {\"é\": 2, \"a/b~c\": [3, 4]}],\n\t\"last\": null\n}",
      file: "a.json")
    #expect(document.place(of: "").description == "a.json: line 1, column 1: the document")
    #expect(document.place(of: "/nodes/1/é").description == "a.json: line 2, column 22: /nodes/1/é")
    #expect(
      document.place(of: "/nodes/1/a~1b~0c/1").description
        == "a.json: line 2, column 38: /nodes/1/a~1b~0c/1")
    #expect(document.place(of: "/last").description == "a.json: line 3, column 10: /last")
    #expect(
      document.place(of: "/nodes/7").description == "a.json: line 2, column 12: /nodes/7",
      "what is not there is at its parent")
  }

  @Test func `a key is escaped scalar by scalar`() throws {
    let document = try Document(parsing: "{\"/\u{301}\": {\"~\": 1}}")
    #expect("/\u{301}".pointerEscaped == "~1\u{301}")
    #expect(document.place(of: "/~1\u{301}/~0").description == "line 1, column 14: /~1\u{301}/~0")
  }

  @Test func `a value that was never text has places without lines`() {
    #expect(Document(["a": 1]).place(of: "/a").description == "/a")
  }

  @Test func `a large header is read quickly`() throws {
    let members = (0..<5_000).map {
      #""layers.\#($0).weight":{"dtype":"F32","shape":[768,3072],"data_offsets":[\#($0),\#($0 + 1)]}"#
    }
    let text = "{" + members.joined(separator: ",") + "}"
    var document: Document?
    let seconds = try ContinuousClock().measure { document = try Document(parsing: text) }
    #expect(document?.root["layers.4999.weight"]?["data_offsets"] == [4999, 5000])
    #expect(seconds < .seconds(5))
  }
}
