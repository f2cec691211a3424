public import Documents

extension DifferenceReport {
  /// The report as JSON, a member for each row in order.
  public var json: JSON {
    [
      "format": "crosswalk.difference", "version": 1, "subject": .string(subject),
      "verdict": .string(verdict.rawValue), "compared": .count(rows.count),
      "failed": .count(rows.count { !$0.verdict.passes }),
      "first_divergence": .text(divergingRow?.name), "missing": .texts(missing),
      "unexpected": .texts(unexpected), "notes": .texts(notes),
      "rows": .array(rows.map(\.json)),
    ]
  }
}

extension DifferenceReport.Row {
  fileprivate var json: JSON {
    let worst = JSONObject(self.worst.map { ($0.axis, .count($0.index)) })
    return [
      "name": .string(name), "role": .string(role), "shape": .counts(shape),
      "verdict": .string(verdict.rawValue),
      "max_abs": .measured(metrics?.maximumAbsolute),
      "max_rel": .measured(metrics?.maximumRelative),
      "relative_rms": .measured(metrics?.relativeRMS),
      "snr_db": .measured(metrics?.signalToNoise), "cosine": .measured(metrics?.cosine),
      "worst": worst.isEmpty ? .null : .object(worst), "tolerance": tolerance?.json ?? .null,
      "note": .text(note),
    ]
  }
}

extension DifferenceReport.Tolerance {
  fileprivate var json: JSON {
    [
      "absolute": .measured(absolute), "relative": .measured(relative), "origin": .string(origin),
    ]
  }
}
