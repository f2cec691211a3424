public import Diagnostics

extension AttentionReport {
  /// The report as a PNG contact sheet: a row of thumbnails for each table, a thumbnail for each
  /// head, wider gaps between kinds and batch rows; viridis from 0 to 1.
  ///
  /// - Throws: `malformed` for a report without attention, `tooLarge` for too many tables.
  public func png() throws(CrosswalkError) -> [UInt8] {
    let bands = ContactSheet(tables: tables)
    var picture = try Picture(width: bands.width, height: bands.height)
    bands.draw(into: &picture)
    return try picture.png()
  }
}

/// Where each table's thumbnails stand.
private struct ContactSheet {
  private static let gap = 6
  private static let groupGap = 24
  private static let thumbnail = 128

  private var bands: [(table: AttentionReport.Table, y: Int)] = []
  private(set) var width = 0
  private(set) var height = 0

  init(tables: [AttentionReport.Table]) {
    for table in tables.sheetOrder where table.heads > 0 && !table.values.isEmpty {
      let (wide, high) = Self.size(of: table)
      if let last = bands.last?.table {
        height += last.kind == table.kind && last.batch == table.batch ? Self.gap : Self.groupGap
      } else {
        height = Self.groupGap
      }
      bands.append((table, height))
      width = max(width, 2 * Self.groupGap + table.heads * (wide + Self.gap) - Self.gap)
      height += high
    }
    if !bands.isEmpty { height += Self.groupGap }
  }

  private static func size(of table: AttentionReport.Table) -> (width: Int, height: Int) {
    (
      HeatMap.extent(of: table.keys.count, within: thumbnail),
      HeatMap.extent(of: table.queries.count, within: thumbnail)
    )
  }

  func draw(into picture: inout Picture) {
    for (table, y) in bands {
      let (wide, high) = Self.size(of: table)
      let count = table.queries.count * table.keys.count
      for head in 0..<table.heads {
        let values = table.values[head * count..<(head + 1) * count]
        HeatMap(
          rows: table.queries.count, columns: table.keys.count, range: 0...1, map: .viridis,
          values: values
        ).draw(
          into: &picture, x: Self.groupGap + head * (wide + Self.gap), y: y, width: wide,
          height: high)
      }
    }
  }
}

extension [AttentionReport.Table] {
  /// The tables by batch row and kind, each kind in graph order.
  var sheetOrder: [AttentionReport.Table] {
    let batches = Set(map(\.batch)).sorted()
    return batches.flatMap { batch in
      AttentionReport.Kind.allCases.flatMap { kind in
        filter { $0.batch == batch && $0.kind == kind }
      }
    }
  }
}
