import Diagnostics
import Documents
import Reports
import Testing

@Suite struct PositionsReportTests {
  private func table(_ values: [Float], positions: Int, width: Int) throws(CrosswalkError)
    -> PositionsReport.Table
  {
    try PositionsReport.Table(
      name: "positions", kind: "learned", positions: positions, width: width, values: values)
  }

  @Test func `values that do not fit are refused`() {
    let error = #expect(throws: CrosswalkError.self) { try table([1], positions: 2, width: 2) }
    #expect(error?.kind == .wrongShape)
  }

  @Test func `similarity is the cosine, and dot products follow from it`() throws {
    let similarity = try table([3, 4, 4, 3, 0, 0], positions: 3, width: 2).similarity()
    #expect(similarity.norms == [5, 5, 0])
    #expect(similarity.cosine[0] == 1)
    #expect(abs(similarity.cosine[1] - 0.96) < 1e-6)
    #expect(abs(similarity.dot(0, 1) - 24) < 1e-5)
    #expect(similarity.cosine[2].isNaN)
    #expect(similarity.dot(0, 2) == 0)
    #expect(similarity.byDistance.map(\.distance) == [0, 1])
  }

  @Test func `a verdict says what dot products tell`() throws {
    let falling = try table([3, 0, 2, 2, 0, 3], positions: 3, width: 2)
    let verdict = try #require(falling.verdict(of: falling.similarity()))
    #expect(verdict.largestWithItself == 3 && verdict.fallsUntil == 2)
    let all = try table([1, 0, 0, 1], positions: 2, width: 2)
    let plain = try #require(all.verdict(of: all.similarity()))
    #expect(plain.isLargestWithItself && plain.correlation == -1)
    let distances = try PositionsReport.Table(
      name: "bias", kind: "alibi", positions: 2, width: 1, values: [0, -1], rows: .distances)
    #expect(distances.verdict(of: distances.similarity()) == nil)
    let broken = try table([1, .nan], positions: 2, width: 1)
    #expect(broken.verdict(of: broken.similarity()) == nil)
  }

  @Test func `sinusoids are largest with themselves, and fall`() throws {
    let table = try Samples.sinusoids(positions: 40, width: 64)
    let verdict = try #require(table.verdict(of: table.similarity()))
    #expect(verdict.isLargestWithItself && verdict.falls)
    #expect(verdict.sentence.contains("every position is largest with itself"))
    #expect(try #require(verdict.correlation) < -0.7)
  }

  @Test func `sinusoids are alike by distance alone`() throws {
    let similarity = try Samples.sinusoids(positions: 40, width: 22).similarity()
    for row in similarity.byDistance { #expect(row.maximum - row.minimum < 1e-5) }
  }

  @Test func `of many positions some are compared`() throws {
    let similarity = try table(Array(repeating: 1, count: 2600), positions: 2600, width: 1)
      .similarity(ofAtMost: 1000)
    #expect(similarity.positions.prefix(3) == [0, 3, 6])
    #expect(similarity.positions.count == 867)
  }

  @Test func `JSON and CSV hold the table and its similarity`() throws {
    let report = PositionsReport(
      title: "t", tables: [try table([1, 0, 0, 1], positions: 2, width: 2)])
    let json = try #require(report.json["tables"]?.arrayValue?.first)
    #expect(json["values"] == [[1.0, 0.0], [0.0, 1.0]])
    #expect(json["similarity"]?["cosine"] == [[1.0, 0.0], [0.0, 1.0]])
    var bytes: [UInt8] = []
    try report.writeCSV { bytes += $0 }
    let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\r\n")
    #expect(lines.count == 1 + 4 + 8 + 5)
    #expect(lines[0] == "table,what,position,other,value")
    #expect(lines[4] == "positions,value,1,1,1.0")
  }

  @Test func `a table of what is no number has a page`() throws {
    let broken = try table([.nan, .infinity, -.infinity, 0], positions: 2, width: 2)
    #expect(try PositionsReport(title: "t", tables: [broken]).html().count > 1000)
    #expect(try PositionsReport(title: "t", tables: [broken]).png().count > 100)
  }
}
