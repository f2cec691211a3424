public import Documents

extension AttentionReport {
  /// The report as JSON: for each table its tokens, and for each head its summary and its rows.
  public var json: JSON {
    [
      "format": "crosswalk.attention", "version": 1, "title": .string(title),
      "tables": .array(tables.map(\.json)),
    ]
  }
}

extension AttentionReport.Table {
  fileprivate var json: JSON {
    let size = queries.count * keys.count
    let heads: [JSON] = summaries.map { summary in
      let start = summary.head * size
      return [
        "head": .count(summary.head), "summary": summary.json,
        "attention": .rows(
          values[start..<start + size], rows: queries.count, columns: keys.count),
      ]
    }
    var object = JSONObject(description)
    if queryPadding.contains(true) { object["query_padding"] = marks(queryPadding) }
    if keyPadding.contains(true) { object["key_padding"] = marks(keyPadding) }
    object["heads"] = .array(heads)
    return .object(object)
  }

  /// What the table is, without its values.
  var description: [(String, JSON)] {
    [
      ("name", .string(name)), ("kind", .string(kind.rawValue)),
      ("layer", layer.map(JSON.count) ?? .null), ("batch", .count(batch)),
      ("queries", .texts(queries)), ("keys", .texts(keys)),
    ]
  }

  private func marks(_ padding: [Bool]) -> JSON { .array(padding.map(JSON.bool)) }
}

extension HeadSummary {
  /// The summary as JSON; what does not apply is `null`.
  var json: JSON {
    [
      "entropy_bits": .measured(entropy), "mean_distance": .measured(meanDistance),
      "first_token": .measured(firstToken), "diagonal": .measured(diagonal),
      "previous": .measured(previous), "next": .measured(next),
      "row_sum_error": .measured(rowSumError), "empty_rows": .count(emptyRows),
    ]
  }
}
