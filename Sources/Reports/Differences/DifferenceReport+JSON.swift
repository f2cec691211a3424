public import Documents

extension DifferenceReport {
  /// The report as JSON, a member for each row in order.
  public var json: JSON {
    let isolation: [(String, JSON)] =
      isIsolated
      ? [("source", .text(source.map { rows[$0].name })), ("suspects", .texts(suspects))] : []
    let kinds = relations.map { ($0.kind.rawValue, JSON.count($0.count)) }
    let relations: [(String, JSON)] =
      hasRelations
      ? [("relations", .object(JSONObject(kinds))), ("blocks", .array(blocks.map(\.json)))] : []
    let members: [(String, JSON)] = [
      ("format", "crosswalk.difference"), ("version", 1), ("subject", .string(subject)),
      ("verdict", .string(verdict.rawValue)), ("compared", .count(rows.count)),
      ("failed", .count(rows.count { !$0.verdict.passes })),
      ("first_divergence", .text(divergingRow?.name)), ("missing", .texts(missing)),
      ("unexpected", .texts(unexpected)), ("notes", .texts(notes)),
    ]
    let precision = precision.map { [("class", JSON.string($0.rawValue))] } ?? []
    let causes = diagnosis.map { [("diagnosis", $0.json)] } ?? []
    return .object(
      JSONObject(
        members + precision + isolation + relations + causes + [("rows", .array(rows.map(\.json)))])
    )
  }
}

extension DifferenceReport.Row {
  fileprivate var json: JSON {
    let members: [(String, JSON)] = [
      ("name", .string(name)), ("role", .string(role)), ("shape", .counts(shape)),
      ("verdict", .string(verdict.rawValue)),
    ]
    let judgement: [(String, JSON)] = [
      ("tolerance", tolerance?.json ?? .null), ("note", .text(note)),
    ]
    let names = counterpart.map { [("counterpart", JSON.string($0))] } ?? []
    let relation = relation.map { [("relation", $0.json)] } ?? []
    let alone = isolated.map { [("isolated", $0.json)] } ?? []
    let classes =
      precision.map { [("class", JSON.string($0.rawValue)), ("ratio", .measured(ratio))] } ?? []
    return .object(
      JSONObject(
        members + classes + names + relation + DifferenceReport.measures(metrics, worst) + judgement
          + alone))
  }
}

extension DifferenceReport.Relation {
  fileprivate var json: JSON {
    .object(
      JSONObject([
        ("kind", .string(kind.rawValue)), ("ours", .texts(ours)), ("theirs", .texts(theirs)),
        ("detail", .text(detail)), ("factor", .measured(factor)), ("ambiguous", .bool(isAmbiguous)),
      ]))
  }
}

extension DifferenceReport.Block {
  fileprivate var json: JSON {
    [
      "name": .string(name), "compared": .count(count), "changed": .count(changed),
      "relative_rms": .measured(relativeRMS), "most": .text(most),
    ]
  }
}

extension DifferenceReport.Isolated {
  fileprivate var json: JSON {
    .object(
      JSONObject(
        [("verdict", .string(verdict.rawValue))] + DifferenceReport.measures(metrics, worst)
          + [("note", .text(note))]))
  }
}

extension DifferenceReport {
  /// How far apart values are, and where most.
  fileprivate static func measures(_ metrics: Metrics?, _ worst: [AxisIndex]) -> [(String, JSON)] {
    let worst = JSONObject(worst.map { ($0.axis, .count($0.index)) })
    let classes = metrics?.classes.map { [("classes", $0.json)] } ?? []
    return [
      ("max_abs", .measured(metrics?.maximumAbsolute)),
      ("max_rel", .measured(metrics?.maximumRelative)),
      ("relative_rms", .measured(metrics?.relativeRMS)),
      ("snr_db", .measured(metrics?.signalToNoise)), ("cosine", .measured(metrics?.cosine)),
      ("ulp_median", .measured(metrics?.medianULP)), ("ulp_p99", .measured(metrics?.highULP)),
    ] + classes + [("worst", worst.isEmpty ? .null : .object(worst))]
  }
}

extension DifferenceReport.Classes {
  fileprivate var json: JSON {
    [
      "kl": .measured(divergence), "kl_max": .measured(largestDivergence), "top1": .measured(first),
      "k": .count(most), "topk": .measured(shared),
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
