import Diagnostics
import Documents
import Reports
import Testing

@Suite struct AttentionReportTests {
  /// One head over three tokens: the first looks at itself, the others at the token before.
  private func shifted(_ last: [Float] = [0, 1, 0], padding: [Bool] = [])
    throws(CrosswalkError) -> AttentionReport.Table
  {
    try AttentionReport.Table(
      name: "layers.0.attention", kind: .encoder, layer: 0, batch: 0, heads: 1,
      queries: ["a", "b", "c"], keys: ["a", "b", "c"], values: [1, 0, 0, 1, 0, 0] + last,
      queryPadding: padding, keyPadding: padding)
  }

  @Test func `values that do not fit the axes are refused`() {
    let error = #expect(throws: CrosswalkError.self) {
      try AttentionReport.Table(
        name: "attention", kind: .other, layer: nil, batch: 0, heads: 2, queries: ["a"],
        keys: ["a", "b"], values: [1])
    }
    #expect(error?.kind == .wrongShape)
    #expect(
      error?.description
        == "node 'attention': the values do not fit the axes: expected 2 × 1 × 2 values, found 1")
    #expect(throws: CrosswalkError.self) {
      try AttentionReport.Table(
        name: "attention", kind: .other, layer: nil, batch: 0, heads: .max, queries: ["a"],
        keys: ["a", "b"], values: [])
    }
    #expect(throws: CrosswalkError.self) { try shifted(padding: [true]) }
  }

  @Test func `a head that looks back is summarised as one`() throws {
    let summary = try #require(try shifted().summaries.first)
    #expect(summary.entropy == 0)
    #expect(summary.previous == 1)
    #expect(summary.next == 0)
    #expect(summary.diagonal == 1.0 / 3)
    #expect(summary.firstToken == 2.0 / 3)
    #expect(summary.meanDistance == 2.0 / 3)
    #expect(summary.rowSumError == 0)
    #expect(summary.emptyRows == 0)
  }

  @Test func `an even head has the entropy of its keys`() throws {
    let table = try AttentionReport.Table(
      name: "attention", kind: .cross, layer: nil, batch: 0, heads: 1, queries: ["x"],
      keys: ["a", "b", "c", "d"], values: [0.25, 0.25, 0.25, 0.25])
    let summary = try #require(table.summaries.first)
    #expect(summary.entropy == 2)
    #expect(summary.meanDistance == nil)
    #expect(summary.previous == nil)
  }

  @Test(arguments: [[0, 0, 0], [.nan, 0, 0], [2, -1, 0]] as [[Float]])
  func `a row with nothing to give is counted, not averaged`(last: [Float]) throws {
    let summary = try #require(try shifted(last).summaries.first)
    #expect(summary.emptyRows == 1)
    #expect(summary.entropy == 0)
    #expect(summary.diagonal == 0.5)
  }

  @Test func `padding queries do not count`() throws {
    let table = try shifted([0, 0, 0], padding: [false, false, true])
    #expect(table.summaries.first?.emptyRows == 0)
    #expect(table.summaries.first?.rowSumError == 0)
  }

  @Test func `JSON has every value and its summary`() throws {
    let report = AttentionReport(title: "t", tables: [try shifted([0.1, 0.9, .nan])])
    let table = try #require(report.json["tables"]?.arrayValue?.first)
    #expect(table["kind"] == "encoder")
    #expect(table["queries"] == ["a", "b", "c"])
    let head = try #require(table["heads"]?.arrayValue?.first)
    let last = try #require(head["attention"]?.arrayValue?.last?.arrayValue)
    #expect(last.first == 0.1, "binary32 in its own few digits")
    #expect(head["summary"]?["empty_rows"]?.intValue == 1)
    #expect(report.json.text(indented: false).contains(#"[0.1,0.9,"NaN"]"#))
  }

  @Test func `CSV has a record for each value`() throws {
    var bytes: [UInt8] = []
    try AttentionReport(title: "t", tables: [try shifted()]).writeCSV { bytes += $0 }
    let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\r\n")
    #expect(lines.count == 10)
    #expect(
      lines[0] == "table,kind,layer,batch,head,query_index,query,key_index,key,attention")
    #expect(lines[4] == "layers.0.attention,encoder,0,0,0,1,b,0,a,1.0")
  }

  @Test func `labels cannot leave the data of the page`() throws {
    let page = String(decoding: try Samples.hostileReport().html(), as: UTF8.self)
    #expect(page.split(separator: "</script>").count == 3, "two scripts, and what follows them")
    #expect(!page.contains("<script>alert"))
    #expect(page.contains(#"\u003c/script>\u003cb>"#) || page.contains(#"\u003c\/script>"#))
    #expect(page.contains("<title>&lt;/title&gt;&lt;script&gt;alert(1)&lt;/script&gt;</title>"))
    #expect(!page.contains("http://") || !page.contains("src="), "nothing is loaded")
  }

  @Test func `a report without attention has a page, and no picture`() throws {
    let report = AttentionReport(title: "none", tables: [])
    #expect(try report.html().count > 1000)
    let error = #expect(throws: CrosswalkError.self) { try report.png() }
    #expect(error?.kind == .malformed)
  }
}
