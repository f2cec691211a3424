public import Diagnostics
import Documents

extension PositionsReport {
  /// The report as one HTML file that needs nothing else.
  ///
  /// Values are kept in 16 bits, large tables in 8, and of very large ones every so many
  /// positions; the page says so.
  ///
  /// - Throws: `tooLarge` when zlib cannot hold the values.
  public func html() throws(CrosswalkError) -> [UInt8] {
    var shown: [JSON] = []
    for table in tables { shown.append(try table.pageJSON(sharedBy: tables.count)) }
    let data: JSON = [
      "title": .string(title),
      "colors": ["light": ColorMap.signedOnPaper.json, "dark": ColorMap.signedAtNight.json],
      "tables": .array(shown),
    ]
    let scripts = [
      PackageResources.positions_views_js, PackageResources.positions_curves_js,
      PackageResources.positions_js,
    ]
    return Page(
      template: PackageResources.positions_html, scripts: scripts, title: title, data: data
    ).bytes()
  }
}

extension PositionsReport.Table {
  /// More values than this are kept in 8 bits, on a page of one table.
  private static let valuesInSixteenBits = 1_200_000
  /// More values than this are thinned to every so many positions.
  private static let valuesShown = 3_000_000

  fileprivate func pageJSON(sharedBy tables: Int) throws(CrosswalkError) -> JSON {
    let share = max(1, tables)
    let step = max(1, (values.count * share + Self.valuesShown - 1) / Self.valuesShown)
    let bits = values.count * share / step > Self.valuesInSixteenBits ? 8 : 16
    let rows = Array(stride(from: 0, to: positions, by: step))
    let thinned =
      step == 1 ? values : rows.flatMap { values[$0 * width..<($0 + 1) * width] }
    let reach = max(reach, .leastNormalMagnitude)
    let form = Quantized(bits: bits, scale: .linear, range: -reach...reach)
    let similarity = similarity(ofAtMost: Similarity.positionsShown)
    return [
      "name": .string(name), "kind": .string(kind), "positions": .count(positions),
      "width": .count(width),
      "notes": .texts(notes + [verdict(of: similarity)?.sentence].compactMap { $0 }),
      "step": .count(step),
      "values": try Packed(thinned, as: form).json, "shade": .measured(Double(shade)),
      "similarity": [
        "positions": .counts(similarity.positions),
        "norms": .array(similarity.norms.map { .measured($0) }),
        "cosine": try Packed(
          similarity.triangle,
          as: Quantized(bits: tables == 1 ? 16 : 8, scale: .linear, range: -1...1)
        ).json,
        "by_distance": .array(similarity.byDistance.map(\.pageJSON)),
      ],
    ]
  }
}

extension Similarity {
  /// The most positions compared on a page or in a picture, about as many as it has pixels for.
  static let positionsShown = 512

  /// The cosines on and right of the diagonal, row by row; the rest mirrors them.
  fileprivate var triangle: [Float] {
    positions.indices.flatMap { row in
      cosine[row * positions.count + row..<(row + 1) * positions.count]
    }
  }
}

extension Similarity.ByDistance {
  fileprivate var pageJSON: JSON {
    [.count(distance), .measured(mean), .measured(minimum), .measured(maximum)]
  }
}
