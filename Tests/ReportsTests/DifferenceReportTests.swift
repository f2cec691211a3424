import Documents
import Reports
import Testing

@Suite struct DifferenceReportTests {
  private let report = DifferenceReport(
    subject: "tiny.h5 against fixture.h5",
    rows: [
      DifferenceReport.Row(
        name: "embeddings", role: "node", shape: [2, 7, 12],
        metrics: DifferenceReport.Metrics(
          maximumAbsolute: 0, maximumRelative: 0, relativeRMS: 0, signalToNoise: .infinity,
          cosine: 1), verdict: .identical),
      DifferenceReport.Row(
        name: "layers.0.attention", role: "node", shape: [2, 7, 12],
        metrics: DifferenceReport.Metrics(
          maximumAbsolute: 0.0123, maximumRelative: 0.5, relativeRMS: 0.01, signalToNoise: 40,
          cosine: 0.99995),
        worst: [
          DifferenceReport.AxisIndex("batch", 1), DifferenceReport.AxisIndex("token", 6),
          DifferenceReport.AxisIndex("width", 11),
        ],
        tolerance: DifferenceReport.Tolerance(absolute: 2e-5, relative: 1e-5, origin: "given"),
        verdict: .differs),
      DifferenceReport.Row(
        name: "pooler", role: "output", shape: [2, 12], metrics: nil, verdict: .incomparable,
        note: "shape 2×12 against 2×16"),
    ],
    firstDivergence: 1, missing: ["logits"], notes: ["Nodes were matched by name."],
    verdict: .differs)

  @Test func `the text marks the first divergence and ends with the verdict`() {
    #expect(
      report.text() == """
        tiny.h5 against fixture.h5

           name                shape     max abs    max rel    rel RMS  SNR dB     cosine  verdict       worst at
           embeddings          2×7×12  0.000e+00  0.000e+00  0.000e+00     inf  1.0000000  identical
        →  layers.0.attention  2×7×12  1.230e-02  5.000e-01  1.000e-02    40.0  0.9999500  differs       batch=1 token=6 width=11
           pooler              2×12                                                        incomparable  shape 2×12 against 2×16

        missing (1):
          logits

        note: Nodes were matched by name.

        first divergence: layers.0.attention (node): max abs 0.0123 at batch=1 token=6 width=11; allowed 2e-05 absolute, 1e-05 relative (given)
        differs: 3 tensors compared, 2 failed, 1 missing, largest difference 0.0123

        """)
  }

  @Test func `only failures are listed when asked`() {
    let text = report.text(listing: .failures)
    #expect(!text.contains("embeddings"))
    #expect(text.contains("→  layers.0.attention"))
  }

  @Test func `JSON says the same`() {
    let json = report.json
    #expect(json["verdict"] == "differs")
    #expect(json["first_divergence"] == "layers.0.attention")
    #expect(json["failed"]?.intValue == 2)
    #expect(json["missing"] == ["logits"])
    let rows = json["rows"]?.arrayValue ?? []
    #expect(rows.count == 3)
    #expect(rows.dropFirst().first?["worst"]?["token"]?.intValue == 6)
    #expect(rows.last?["max_abs"] == .null)
    #expect(json.text(indented: false).contains(#""snr_db":"Infinity""#))
  }

  @Test func `an empty comparison says so`() {
    let empty = DifferenceReport(subject: "a against b", rows: [], verdict: .incomparable)
    #expect(empty.text() == "a against b\n\nincomparable: nothing was compared\n")
    #expect(!empty.verdict.passes)
  }
}
