import Diagnostics
import Documents
import Testing

/// A text whose control characters stay out of the test log.
struct Text: ExpressibleByStringLiteral, CustomTestStringConvertible {
  let string: String
  init(stringLiteral string: String) { self.string = string }
  var testDescription: String { string.debugDescription }
}

@Suite struct MalformedTextTests {
  func refusal(of text: [UInt8]) -> CrosswalkError? {
    do {
      _ = try Document(parsing: text)
      return nil
    } catch {
      return error
    }
  }

  @Test(arguments: [
    (
      "",
      "line 1, column 1: the document: this is not JSON: expected a value, found the end of the text"
    ),
    ("[1,]", "line 1, column 4: /1: this is not JSON: expected a value, found ']'"),
    ("[1 2]", "line 1, column 4: /0: this is not JSON: expected ',' or ']', found '2'"),
    (
      "{\"a\": 1,}",
      "line 1, column 9: the document: this is not JSON: expected a key in double quotes, found '}'"
    ),
    (
      "{a: 1}",
      "line 1, column 2: the document: this is not JSON: expected a key in double quotes or '}', found 'a'"
    ),
    ("{\"a\" 1}", "line 1, column 6: the document: this is not JSON: expected ':', found '1'"),
    (
      "{\"a\": {\"b\": [0,\n 01]}}",
      "line 2, column 3: /a/b/1: this is not JSON: expected no digit after a leading zero, found '1'"
    ),
    ("[NaN]", "line 1, column 2: /0: NaN is not JSON; write a number, null or a string"),
    (
      "{\"x\": -Infinity}",
      "line 1, column 7: /x: Infinity is not JSON; write a number, null or a string"
    ),
    (
      "{} x",
      "line 1, column 4: the document: this is not JSON: expected the end of the text, found 'x'"
    ),
    (
      "[\"a\u{1}\"]",
      "line 1, column 4: /0: a control character stands unescaped in a string; write it as \\u0001"
    ),
    ("[\"\\ud800\"]", "line 1, column 3: /0: half of a surrogate pair stands alone in a string"),
    ("{\"a\\u0000\": 1}", "line 1, column 4: the document: a key contains NUL"),
    ("[1e999]", "line 1, column 2: /0: the number is too large for binary64"),
    (
      "[18446744073709551617]",
      "line 1, column 2: /0: the integer is too large to be held exactly: expected an integer of 64 bits, or one that binary64 holds, found 18446744073709551617"
    ),
    (
      "{\"a\": [{\"b\": 1, \"c\": 2, \"b\": [3]}]}",
      "line 1, column 25: /a/0/b: the key 'b' stands twice in one object"
    ),
    (
      "{\"b\": 1,\n \"\\u0062\": {}}",
      "line 2, column 2: /b: the key 'b' stands twice in one object"
    ),
    (
      "{\"\\u00e9\": 1, \"e\\u0301\": 2}",
      "line 1, column 15: /e\u{301}: the key 'e\u{301}' stands twice in one object"
    ),
    (
      "{\"a\": {\"x\": 1}, \"a\": []}",
      "line 1, column 17: /a: the key 'a' stands twice in one object"
    ),
  ])
  func `a refusal says where and what`(text: Text, message: Text) {
    #expect(refusal(of: Array(text.string.utf8))?.description == message.string)
  }

  @Test(arguments: [
    "[1,,2]", "[,1]", "[", "]", "{", "}", "{\"a\"", "{\"a\":", "{\"a\":}", "{:1}", "{1:1}",
    "{'a':1}",
    "['a']", "\"", "\"\\", "\"\\u", "\"\\u12", "\"\\u12g4\"", "\"\\x41\"", "\"\\\n\"", "\"a\nb\"",
    "\"a\tb\"",
    "+1", "-", "--1", ".5", "-.5", "1.", "1.e2", "1e", "1e+", "1ee2", "0x10", "00", "-01", "1_000",
    "1 000", "Infinity", "-NaN", "nan", "inf", "True", "TRUE", "tru", "nul", "nullx", "truefalse",
    "// c\n1", "1 // c", "/* c */ 1", "[1] [2]", "{}{}", "1,", "[1}", "{\"a\":1]", "{\"a\",1}",
    "[\"a\":1]", "\u{C}1", "\u{B}1", "\u{A0}1", "\u{2028}1", "\u{FEFF}\u{FEFF}1", "1\0", "\0",
    "[1\0]",
    "{}\0garbage", "\"\\ud800\\u0041\"", "\"\\udc00\"", "\"\\ud800\\ud800\"", "\"\\uD83D",
    "{\"a\":1 \"b\":2}", "[1;2]", "(1)", "abc", "\\u0031", "1-1", "1e1.5", "{\"a\":1,,\"b\":2}",
  ])
  func `what is not strict JSON is refused`(text: Text) {
    #expect(refusal(of: Array(text.string.utf8)) != nil)
  }

  @Test(
    arguments: [
      [0x22, 0xFF, 0x22], [0x22, 0xC3, 0x22], [0x22, 0xC0, 0x80, 0x22],
      [0x22, 0xED, 0xA0, 0x80, 0x22],
      [0x22, 0xF4, 0x90, 0x80, 0x80, 0x22], [0x22, 0xE2, 0x82], [0xFE, 0xFF, 0, 0x31],
      [0xFF, 0xFE, 0x31, 0],
      [0x5B, 0x80, 0x5D], [0xEF, 0xBB],
    ] as [[UInt8]])
  func `what is not UTF-8 is refused`(bytes: [UInt8]) {
    #expect(refusal(of: bytes)?.message == "the text is not UTF-8")
  }

  @Test func `the first byte that is not UTF-8 is named`() {
    #expect(
      refusal(of: Array("{\n\"é\": \"".utf8) + [0xFF, 0x22, 0x7D])?.description
        == "line 2, column 7: byte 9: the text is not UTF-8")
  }

  @Test func `every truncation of a text is refused`() {
    let bytes = Array(Self.sample.utf8)
    for count in 0..<bytes.count {
      #expect(refusal(of: Array(bytes.prefix(count))) != nil, "\(count) bytes")
    }
    #expect(refusal(of: bytes) == nil)
  }

  @Test func `every change of one byte is read or refused, and what is read is written alike`()
    throws
  {
    let bytes = Array(Self.sample.utf8)
    for index in bytes.indices {
      for byte in UInt8.min...UInt8.max {
        var changed = bytes
        changed[index] = byte
        guard let document = try? Document(parsing: changed) else { continue }
        let again = try Document(parsing: document.root.text(indented: false))
        #expect(again.root == document.root)
      }
    }
  }

  static let sample = #"{"a":[1,-2.5e3,"x\u00e9\ud83d\ude00é",true,null],"b":{"c":false,"d":{}}}"#
}
