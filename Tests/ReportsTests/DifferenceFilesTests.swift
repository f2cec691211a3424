import Documents
import Foundation
import Reports
import TestSupport
import Testing

@Suite struct DifferenceFilesTests {
  private func row(_ index: Int) -> DifferenceReport.Row {
    let error = pow(10, Double(index) / 6 - 7)
    var row = DifferenceReport.Row(
      name:
        "decoder.layers.\(index / 4).\(["norm", "attention", "feed_forward", "output"][index % 4])",
      role: "node", shape: [2, 7, 12],
      metrics: DifferenceReport.Metrics(
        maximumAbsolute: 4 * error, maximumRelative: 9 * error, relativeRMS: error,
        signalToNoise: -20 * log10(error), cosine: 1, medianULP: 3, highULP: 170),
      worst: [.init("batch", 1), .init("token", 6), .init("width", 11)],
      tolerance: .init(absolute: 1e-5, relative: 1e-5, relativeRMS: 5e-6, origin: "given"),
      verdict: error > 5e-6 ? .differs : .close)
    row.isolated = DifferenceReport.Isolated(
      verdict: index == 11 ? .differs : .close,
      metrics: DifferenceReport.Metrics(
        maximumAbsolute: 1e-6, maximumRelative: 1e-6, relativeRMS: index == 11 ? 1e-4 : 2e-7,
        signalToNoise: 120, cosine: 1))
    return row
  }

  private var nodes: DifferenceReport {
    DifferenceReport(
      subject: "tiny.h5 against <fixture> & \"more\"\u{1}", rows: (0..<24).map(row),
      firstDivergence: 11, missing: ["outputs/logits"], notes: ["</script><b>"], verdict: .differs)
  }

  private var tensors: DifferenceReport {
    var rows = (0..<6).map(row)
    for index in rows.indices {
      rows[index].isolated = nil
      rows[index].tolerance = nil
      rows[index].relation = .init(index < 4 ? .changed : .equal, ours: [rows[index].name])
      rows[index].verdict = index < 4 ? .differs : .identical
    }
    rows[2].relation = .init(
      .split, ours: ["a.query.weight", "a.key.weight", "a.value.weight"], theirs: ["fused"],
      detail: "rows side by side")
    rows[2].metrics = nil
    rows[2].counterpart = "fused"
    var report = DifferenceReport(subject: "tuned against base", rows: rows, verdict: .differs)
    report.blocks = [
      .init(name: "decoder.layers.0", count: 4, changed: 3, relativeRMS: 2e-7, most: rows[1].name),
      .init(name: "decoder.layers.1", count: 2, changed: 0, relativeRMS: 0, most: nil),
    ]
    return report
  }

  @Test func `JUnit has a case for each row and each missing name`() throws {
    let text = nodes.junit
    #expect(
      text.contains(#"<testsuites name="crosswalk" tests="25" failures="14" errors="0" time="0">"#))
    #expect(text.components(separatedBy: "<testcase ").count == 26)
    #expect(text.contains("against &lt;fixture&gt; &amp; &quot;more&quot;\u{FFFD}"))
    #expect(text.contains(#"<testcase classname="missing" name="outputs/logits" time="0">"#))
    #expect(text == nodes.junit)
  }

  @Test func `the page draws what the report says`() throws {
    for (name, report) in [("nodes", nodes), ("tensors", tensors)] {
      let page = try report.html()
      #expect(try report.html() == page)
      let text = String(decoding: page, as: UTF8.self)
      #expect(!text.contains("</script><b>"))
      #expect(!text.contains("{{"))
      try leave(page, as: "difference-\(name).html")
    }
  }

  @Test func `predictions have a line of their own`() {
    var report = nodes
    report.rows[23].metrics?.classes = .init(
      divergence: 0.01, largestDivergence: 0.25, first: 0.875, most: 5, shared: 1)
    let line = """
      predictions in decoder.layers.5.output: KL 0.01 (largest 0.25), the likeliest agrees in 87.5 %, \
      the likeliest 5 in 100 %

      """
    #expect(report.text().contains("\n" + line))
    #expect(report.text(measures: [.divergence, .first]).contains("1.000e-02  0.8750"))
  }

  @Test func `a report of checkpoints lists relations and movement`() {
    let text = tensors.text(listing: .failures)
    #expect(text.contains("a.{query, key, value}.weight"))
    #expect(text.contains("there fused; rows side by side"))
    #expect(text.contains("decoder.layers.0   3 of 4"))
    #expect(text.hasSuffix("3 changed, 1 split, 2 equal, largest difference 2.73e-06\n"))
    #expect(tensors.text(measures: [.medianULP]).contains("ULP median"))
  }
}
