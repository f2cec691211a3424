public import Documents

extension PositionsReport {
  /// The report as JSON: each table's values, and how alike its positions are.
  public var json: JSON {
    [
      "format": "crosswalk.positions", "version": 1, "title": .string(title),
      "tables": .array(tables.map(\.json)),
    ]
  }
}

extension PositionsReport.Table {
  fileprivate var json: JSON {
    let similarity = similarity()
    return [
      "name": .string(name), "kind": .string(kind), "rows": .string(rows.rawValue),
      "positions": .count(positions), "width": .count(width), "notes": .texts(notes),
      "settings": .object(settings), "formula": formula.map(JSON.object) ?? .null,
      "values": .rows(values[...], rows: positions, columns: width),
      "similarity": similarity.json,
      "verdict": verdict(of: similarity).map { .object($0.json) } ?? .null,
    ]
  }
}

extension Similarity {
  /// The similarity as JSON, with the positions that were compared.
  fileprivate var json: JSON {
    let count = positions.count
    let dots = (0..<count).flatMap { row in (0..<count).map { dot(row, $0) } }
    return [
      "positions": .counts(positions),
      "norms": .array(norms.map { .measured($0) }),
      "cosine": .rows(cosine[...], rows: count, columns: count),
      "dot": .rows(dots[...], rows: count, columns: count),
      "by_distance": .array(byDistance.map(\.json)),
      "mean_dot": .array(meanDots.map { .measured($0) }),
    ]
  }
}

extension Similarity.ByDistance {
  fileprivate var json: JSON {
    [
      "distance": .count(distance), "mean": .measured(mean), "minimum": .measured(minimum),
      "maximum": .measured(maximum),
    ]
  }
}
