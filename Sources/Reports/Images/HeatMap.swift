/// A matrix as coloured cells.
struct HeatMap {
  /// Rows of the matrix.
  let rows: Int
  /// Columns of the matrix.
  let columns: Int
  /// The value that takes the map's first colour, and the one that takes its last.
  let range: ClosedRange<Float>
  /// The colours.
  let map: ColorMap
  /// The values, row-major.
  let values: ArraySlice<Float>

  /// The grey of what is not a number.
  private static let blank = Color(hex: 0xB8B8B8)

  /// The size of the matrix drawn with whole cells in about a given space, or drawn down to it.
  static func extent(of count: Int, within space: Int) -> Int {
    count <= 0 ? 0 : count > space ? space : count * max(1, space / count)
  }

  /// Draws the matrix into a part of a colour picture; what is drawn down shows the value of
  /// greatest magnitude in each patch, so that thin lines stay visible.
  func draw(into picture: inout Picture, x: Int, y: Int, width: Int, height: Int) {
    guard rows > 0, columns > 0, x >= 0, y >= 0, picture.pixel == .color,
      x + width <= picture.width, y + height <= picture.height
    else { return }
    for line in 0..<height {
      let patchRows = Self.patch(line, of: height, over: rows)
      var offset = ((y + line) * picture.width + x) * 3
      for column in 0..<width {
        let color = color(of: patchRows, Self.patch(column, of: width, over: columns))
        picture.bytes[offset] = color.red
        picture.bytes[offset + 1] = color.green
        picture.bytes[offset + 2] = color.blue
        offset += 3
      }
    }
  }

  /// The rows or columns that one pixel stands for, at least one.
  private static func patch(_ pixel: Int, of pixels: Int, over count: Int) -> Range<Int> {
    let start = pixel * count / pixels
    return start..<max(start + 1, (pixel + 1) * count / pixels)
  }

  private func color(of patchRows: Range<Int>, _ patchColumns: Range<Int>) -> Color {
    var strongest: Float?
    for row in patchRows {
      let start = values.startIndex + row * columns
      for value in values[start + patchColumns.lowerBound..<start + patchColumns.upperBound]
      where value.isFinite && value.magnitude >= (strongest?.magnitude ?? 0) {
        strongest = value
      }
    }
    guard let strongest else { return Self.blank }
    let width = range.upperBound - range.lowerBound
    return map.color(at: width > 0 ? Double((strongest - range.lowerBound) / width) : 0.5)
  }
}
