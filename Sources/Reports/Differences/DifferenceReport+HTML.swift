public import Diagnostics
import Documents

extension DifferenceReport {
  /// The report as one HTML file that needs nothing else: the error along the graph, and the worst
  /// positions.
  ///
  /// - Throws: nothing today; as other pages do.
  public func html() throws(CrosswalkError) -> [UInt8] {
    let data: JSON = [
      "title": .string(subject), "verdict": .string(verdict.rawValue),
      "passes": .bool(verdict.passes), "relational": .bool(hasRelations),
      "isolated": .bool(isIsolated), "first": .text(divergingRow?.name),
      "source": .text(source.map { rows[$0].name }),
      "missing": .texts(missing), "unexpected": .texts(unexpected), "notes": .texts(notes),
      "diagnosis": .text(diagnosis?.text(style: .plain)),
      "relations": .array(
        relations.map { [.string($0.kind.rawValue), .count($0.count)] as JSON }),
      "blocks": .array(
        blocks.map {
          [
            "name": .string($0.name), "changed": .count($0.changed), "count": .count($0.count),
            "rms": .measured($0.relativeRMS), "most": .text($0.most),
          ]
        }),
      "rows": .array(rows.map(\.pageJSON)),
      "colors": ["light": ColorMap.signedOnPaper.json, "dark": ColorMap.signedAtNight.json],
    ]
    return Page(
      template: PackageResources.difference_html, scripts: [PackageResources.difference_js],
      title: subject, data: data
    ).bytes()
  }
}

extension DifferenceReport.Row {
  /// What the page shows of a row; what is not finite has no place on the chart.
  fileprivate var pageJSON: JSON {
    [
      "name": .string(name), "role": .string(role), "shape": .string(Numbers.shape(shape)),
      "verdict": .string(verdict.rawValue), "passes": .bool(verdict.passes),
      "kind": .text(relation?.kind.rawValue), "there": .text(counterpart), "note": .text(note),
      "rms": .measured(metrics?.relativeRMS), "max": .measured(metrics?.maximumAbsolute),
      "snr": .measured(metrics?.signalToNoise), "ulp": .measured(metrics?.highULP),
      "limit": .measured(tolerance?.relativeRMS), "place": .string(place),
      "alone": isolated.map {
        [
          "verdict": .string($0.verdict.rawValue), "passes": .bool($0.verdict.passes),
          "rms": .measured($0.metrics?.relativeRMS), "max": .measured($0.metrics?.maximumAbsolute),
        ]
      } ?? .null,
    ]
  }
}
