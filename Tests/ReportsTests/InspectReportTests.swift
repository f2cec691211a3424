import Documents
import Reports
import Testing

@Suite struct InspectReportTests {
  private func report(
    _ statistics: InspectReport.Statistics? = nil, values: [InspectReport.Value]? = nil
  )
    -> InspectReport
  {
    InspectReport(
      path: "tiny.safetensors", container: "safetensors", metadata: ["format": "pt"],
      tensors: [
        InspectReport.Tensor(
          name: "embeddings.weight", dtype: "f32", shape: [100, 12], bytes: 4800,
          statistics: statistics, values: values),
        InspectReport.Tensor(name: "scale", dtype: "bf16", shape: [], bytes: 2),
      ])
  }

  @Test func `the text lists every tensor`() {
    #expect(
      report().text() == """
        tiny.safetensors
        container  safetensors
        holds      2 tensors, 1,201 elements, 4.8 kB
        format     pt

        name               dtype  shape    bytes
        embeddings.weight  f32    100×12  4.8 kB
        scale              bf16   scalar     2 B

        """)
  }

  @Test func `statistics are columns, distributions and values follow`() {
    let statistics = InspectReport.Statistics(
      minimum: -1, maximum: 2, mean: 0.5, standardDeviation: 0.25, norm: 31.5, zeros: 3, nans: 1,
      infinities: 0, quantiles: [InspectReport.Quantile(fraction: 0.5, value: 0.4)],
      histogram: InspectReport.Histogram(lower: -1, upper: 2, counts: [0, 1, 100, 50]),
      narrowerDType: "bf16")
    #expect(
      report(statistics, values: [.real(0.5), .integer(-1), .complex(2, -1)]).text() == """
        tiny.safetensors
        container  safetensors
        holds      2 tensors, 1,201 elements, 4.8 kB
        format     pt

        name               dtype  shape    bytes  min  max  mean   std    L2  zeros  NaN  inf
        embeddings.weight  f32    100×12  4.8 kB   -1    2   0.5  0.25  31.5      3    1    0
        scale              bf16   scalar     2 B

        embeddings.weight
          quantiles  50% 0.4
          histogram  -1  ▁█▄ 2
          0  0.5  -1  2-1i
          and 1,197 more

        """)
    let json = report(statistics, values: [.real(0.5), .unsigned(.max), .complex(2, -1)]).json
    let first = json["tensors"]?.arrayValue?.first
    #expect(first?["statistics"]?["nan"]?.intValue == 1)
    #expect(first?["statistics"]?["constant"] == false)
    #expect(first?["statistics"]?["narrower_dtype"] == "bf16")
    #expect(first?["values"] == [0.5, .unsigned(.max), [2.0, -1.0]])
  }

  @Test func `sizes beyond counting do not trap`() {
    let huge = InspectReport.Tensor(name: "x", dtype: "f32", shape: [.max, 2], bytes: .max)
    let report = InspectReport(path: "x", container: "HDF5", tensors: [huge, huge])
    #expect(report.totalBytes == .max)
    #expect(report.json["element_count"]?.intValue == .max)
    #expect(report.text().contains("x"))
  }
}
