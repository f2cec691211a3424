public import Diagnostics

extension PositionsReport {
  /// The report as a PNG: for each table its values (positions down, dimensions across; blue below
  /// zero, red above) and beside them the cosine of each two positions.
  ///
  /// - Throws: `malformed` for a report without tables, `tooLarge` for too many.
  public func png() throws(CrosswalkError) -> [UInt8] {
    let shown = tables.filter { !$0.values.isEmpty }
    let sizes = shown.map(\.pictureSize)
    let margin = 24
    let width = sizes.reduce(0) { max($0, 3 * margin + $1.width + $1.height) }
    let height = sizes.reduce(sizes.isEmpty ? 0 : margin) { $0 + $1.height + margin }
    var picture = try Picture(width: width, height: height)
    var y = margin
    for (table, size) in zip(shown, sizes) {
      table.draw(into: &picture, x: margin, y: y, size: size, gap: margin)
      y += size.height + margin
    }
    return try picture.png()
  }
}

extension PositionsReport.Table {
  fileprivate var pictureSize: (width: Int, height: Int) {
    (HeatMap.extent(of: width, within: 1024), HeatMap.extent(of: positions, within: 768))
  }

  /// The magnitude that gets the strongest colour.
  ///
  /// All but one value in two hundred are below it: learned tables have a few values so large that
  /// a scale up to them would show nothing else. It is read off a sample of large tables.
  var shade: Float {
    let step = max(1, values.count / 100_000)
    let sample = stride(from: 0, to: values.count, by: step).map { abs(values[$0]) }
      .filter(\.isFinite).sorted()
    guard let largest = sample.last else { return 1 }
    let usual = sample[min(sample.count - 1, sample.count * 199 / 200)]
    return max(usual > largest / 2 ? largest : usual, .leastNormalMagnitude)
  }

  /// The largest magnitude among the finite values.
  var reach: Float {
    values.reduce(0) { $1.isFinite ? max($0, $1.magnitude) : $0 }
  }

  fileprivate func draw(
    into picture: inout Picture, x: Int, y: Int, size: (width: Int, height: Int), gap: Int
  ) {
    HeatMap(
      rows: positions, columns: width, range: -shade...shade, map: .signedOnPaper,
      values: values[...]
    ).draw(into: &picture, x: x, y: y, width: size.width, height: size.height)
    let similarity = similarity(ofAtMost: Similarity.positionsShown)
    let count = similarity.positions.count
    HeatMap(
      rows: count, columns: count, range: -1...1, map: .signedOnPaper,
      values: similarity.cosine[...]
    ).draw(into: &picture, x: x + size.width + gap, y: y, width: size.height, height: size.height)
  }
}
