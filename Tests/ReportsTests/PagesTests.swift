import Documents
import Foundation
import Reports
import Testing

@Suite struct PagesTests {
  @Test func `attention pages are made`() throws {
    try leave(try Samples.minilm().html(), as: "attention-minilm.html")
    try leave(try Samples.translation().html(), as: "attention-translation.html")
    try leave(try Samples.hostileReport().html(), as: "attention-hostile.html")
    try leave(try Samples.minilm().png(), as: "attention-minilm.png")
    try leave(try Samples.translation().png(), as: "attention-translation.png")
  }

  @Test func `a page of 12 layers, 12 heads and 128 tokens stays under 5 MB`() throws {
    let page = try Samples.square(layers: 12, heads: 12, tokens: 128).html()
    try leave(page, as: "attention-large.html")
    #expect(page.count < 5_000_000)
  }

  @Test func `a page of 512 tokens is made`() throws {
    let page = try Samples.square(layers: 1, heads: 4, tokens: 512).html()
    try leave(page, as: "attention-long.html")
    #expect(page.count < 5_000_000)
  }

  @Test func `positions pages are made`() throws {
    let report = PositionsReport(
      title: "Positions of a small translator",
      tables: [
        try Samples.sinusoids(positions: 128, width: 64),
        try Samples.learned(positions: 96, width: 48),
      ])
    try leave(try report.html(), as: "positions-small.html")
    try leave(try report.png(), as: "positions-small.png")
  }

  @Test(arguments: [(512, 384), (1024, 768)])
  func `pages of learned tables stay under 5 MB`(positions: Int, width: Int) throws {
    let report = PositionsReport(
      title: "Positions of a learned table",
      tables: [try Samples.learned(positions: positions, width: width)])
    let page = try report.html()
    try leave(page, as: "positions-\(positions).html")
    #expect(page.count < 5_000_000)
  }
}
