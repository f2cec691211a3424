public import Diagnostics
import Documents

extension AttentionReport {
  /// The report as one HTML file that needs nothing else.
  ///
  /// Values are kept in 16 bits when that stays small, else in 8 on a square-root scale; the page
  /// says which, and how exact it is.
  ///
  /// - Throws: `tooLarge` when zlib cannot hold the values.
  public func html() throws(CrosswalkError) -> [UInt8] {
    let packed = try packed()
    let data: JSON = [
      "title": .string(title),
      "colors": ["light": ColorMap.inkOnPaper.json, "dark": ColorMap.lightAtNight.json],
      "labels": .array(labelLists.lists.map { .texts($0.map(\.printable)) }),
      "tables": .array(
        zip(tables, packed).map { table, packed in
          table.pageJSON(packed, labels: labelLists.index)
        }),
    ]
    let scripts = [
      PackageResources.attention_grid_js, PackageResources.attention_matrix_js,
      PackageResources.attention_lines_js, PackageResources.attention_js,
    ]
    return Page(
      template: PackageResources.attention_html, scripts: scripts, title: title, data: data
    ).bytes()
  }

  /// The size that values in 16 bits may take on the page, in base64.
  private static let budget = 3_500_000

  private func packed() throws(CrosswalkError) -> [Packed] {
    let fine = try packed(bits: 16, scale: .linear)
    guard fine.reduce(0, { $0 + $1.text.utf8.count }) > Self.budget else { return fine }
    return try packed(bits: 8, scale: .root)
  }

  private func packed(bits: Int, scale: Quantized.Scale) throws(CrosswalkError) -> [Packed] {
    var packed: [Packed] = []
    for table in tables {
      let range = range(of: table.values, holding: 0...1)
      packed.append(
        try Packed(table.values, as: Quantized(bits: bits, scale: scale, range: range)))
    }
    return packed
  }

  /// The different lists of tokens, which many tables share, and the index of each.
  private var labelLists: (lists: [[String]], index: [[String]: Int]) {
    var lists: [[String]] = []
    var index: [[String]: Int] = [:]
    for list in tables.flatMap({ [$0.queries, $0.keys] }) where index[list] == nil {
      index[list] = lists.count
      lists.append(list)
    }
    return (lists, index)
  }
}

extension AttentionReport.Table {
  fileprivate func pageJSON(_ packed: Packed, labels: [[String]: Int]) -> JSON {
    [
      "name": .string(name), "kind": .string(kind.rawValue),
      "layer": layer.map(JSON.count) ?? .null, "batch": .count(batch), "heads": .count(heads),
      "queries": .count(labels[queries] ?? 0), "keys": .count(labels[keys] ?? 0),
      "query_padding": paddingJSON(queryPadding), "key_padding": paddingJSON(keyPadding),
      "summaries": .array(summaries.map(\.json)), "values": packed.json,
    ]
  }

  /// The indices that are padding.
  private func paddingJSON(_ padding: [Bool]) -> JSON {
    .counts(padding.indices.filter { padding[$0] })
  }
}
