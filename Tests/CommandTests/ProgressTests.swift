import Diagnostics
import Testing

@testable import CrosswalkCommand

@Suite struct ProgressTests {
  private func progress(_ done: Int, of total: Int, _ unit: Event.Unit = .bytes) -> Progress {
    var progress = Progress(activity: "Reading", total: total, unit: unit)
    progress.advance(by: done)
    return progress
  }

  @Test func `a wide line tells amounts, rate and time left`() {
    #expect(
      progress(25_000_000, of: 100_000_000).line(after: .seconds(2), columns: 100)
        == "Reading  [#######.......................]  25%  25.0 MB of 100.0 MB  12.5 MB/s  0:06 left"
    )
    #expect(
      progress(3, of: 4000, .items).line(after: .seconds(3), columns: 100)
        == "Reading  [..............................]  0%  3 of 4,000  1/s  1:06:37 left")
  }

  @Test(arguments: 0...120)
  func `no line is wider than the terminal`(columns: Int) {
    let line = progress(25_000_000, of: 100_000_000).line(after: .seconds(2), columns: columns)
    #expect(line.count < max(columns, 1))
  }

  @Test func `counts beyond the total, or of nothing, are no trouble`() {
    #expect(progress(.max, of: 5).line(after: .zero, columns: 20) == "Reading 100%")
    #expect(progress(0, of: 0).line(after: .zero, columns: 20) == "Reading 100%")
    #expect(progress(-1, of: -1).line(after: .zero, columns: 20) == "Reading 100%")
  }
}
