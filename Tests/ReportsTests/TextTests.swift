import Diagnostics
import Reports
import Testing

@Suite struct TextTests {
  @Test func `columns are aligned and numbers end together`() {
    var table = TextTable([.text("name"), .number("bytes"), .text("note")])
    table.append(["embeddings", "12", "tied"])
    table.append(["日本", "1,024", ""])
    table.append(["é\u{301}", "7"])
    #expect(
      table.text() == """
        name        bytes  note
        embeddings     12  tied
        日本        1,024
        é\u{301}               7

        """)
  }

  @Test func `what a file says cannot move the cursor`() {
    var table = TextTable([.text("name")])
    table.append([TextTable.Cell("\u{1B}[2Ja\nb")])
    #expect(table.text() == "name\n\\u{1b}[2Ja\\u{a}b\n")
  }

  @Test func `colour goes round the text and does not count as width`() {
    var table = TextTable([.text(""), .number("")])
    table.append([TextTable.Cell("ok", as: .good), "1"])
    table.append(["longer", "22"])
    #expect(table.text(style: .colored) == "\u{1B}[32mok    \u{1B}[0m   1\nlonger  22\n")
    #expect(Style.plain.paint("x", as: .bad) == "x")
  }

  @Test(arguments: [
    (0.00001234, "1.234e-05"), (-1, "-1.000e+00"), (.nan, "NaN"), (-.infinity, "-inf"),
    (1e308, "1.000e+308"),
  ])
  func `numbers are written by exponent`(value: Double, text: String) {
    #expect(Numbers.scientific(value) == text)
  }

  @Test func `numbers are written for people`() {
    #expect(Numbers.brief(0.43125) == "0.4313" || Numbers.brief(0.43125) == "0.4312")
    #expect(Numbers.brief(1.5e-7, digits: 2) == "1.5e-07")
    #expect(Numbers.fixed(126.04, decimals: 1) == "126.0")
    #expect(Numbers.fixed(1e300, decimals: 1) == "1.000e+300")
    #expect(Numbers.grouped(22_713_216) == "22,713,216")
    #expect(Numbers.grouped(-1000) == "-1,000")
    #expect(Numbers.grouped(.min) == "-9,223,372,036,854,775,808")
    #expect(Numbers.shape([6, 384]) == "6×384")
    #expect(Numbers.shape([]) == "scalar")
  }

  @Test(arguments: [
    (0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (999_949, "999.9 kB"), (999_999, "1.0 MB"),
    (90_868_376, "90.9 MB"), (Int.max, "9223.4 PB"),
  ])
  func `bytes are written in decimal units`(count: Int, text: String) {
    #expect(Numbers.bytes(count) == text)
  }

  @Test func `fields that need quotes get them`() throws {
    let text = try written { writer throws(CrosswalkError) in
      try writer.write(["a", "b,c", "say \"hi\"", "two\nlines", ""])
      try writer.write(["\r", "\r\n"])
    }
    #expect(text == "a,\"b,c\",\"say \"\"hi\"\"\",\"two\nlines\",\r\n\"\r\",\"\r\n\"\r\n")
  }

  @Test func `long tables are handed on in pieces`() throws {
    var pieces: [Int] = []
    var writer = CSVWriter { (bytes) in pieces.append(bytes.count) }
    for _ in 0..<30_000 { try writer.write(["12345678"]) }
    try writer.finish()
    #expect(pieces.count > 3)
    #expect(pieces.reduce(0, +) == 300_000)
  }

  private func written(
    by body: (inout CSVWriter) throws(CrosswalkError) -> Void
  ) throws(CrosswalkError) -> String {
    var bytes: [UInt8] = []
    var writer = CSVWriter { bytes += $0 }
    try body(&writer)
    try writer.finish()
    return String(decoding: bytes, as: UTF8.self)
  }
}
