import Diagnostics
import Tensors

/// A tensor seen as a matrix: all axes up to one are rows, the others columns.
struct MatrixView: Hashable {
  let rows: Int
  let columns: Int

  /// More rows and columns than this are not held.
  static let limit = 1 << 19

  /// The views of a shape, those with fewer rows first; a vector is one column.
  static func all(of shape: [Int]) -> [MatrixView] {
    let extents = shape.filter { $0 != 1 }
    let count = extents.reduce(1, *)
    let first = extents.count == 1 ? [MatrixView(rows: count, columns: 1)] : []
    let others = extents.indices.dropFirst().map { axis in
      let rows = extents[..<axis].reduce(1, *)
      return MatrixView(rows: rows, columns: count / rows)
    }
    return (first + others).filter { $0.rows <= limit && $0.columns <= limit }
  }

  var transposed: MatrixView { MatrixView(rows: columns, columns: rows) }
}

/// A hash for each row and each column of a tensor, by the order of its values and without it.
struct Sketch {
  let view: MatrixView
  /// The hashes of rows, that depend on the order within; of columns likewise.
  let rows: [UInt64]
  let columns: [UInt64]
  /// The hashes of rows and columns whatever the order within.
  let looseRows: [UInt64]
  let looseColumns: [UInt64]

  /// Reads a tensor once.
  ///
  /// - Throws: whatever reading meets.
  init(of tensor: StoredTensor, as view: MatrixView) throws(CrosswalkError) {
    self.view = view
    var sums = Sums(view)
    try NumberReader(tensor).forEachBlock { (block) throws(CrosswalkError) in
      sums.add(UnsafeBufferPointer(block))
    }
    (rows, looseRows) = (sums.rows, sums.looseRows)
    (columns, looseColumns) = (sums.columns, sums.looseColumns)
  }

  /// The sums while values come in.
  private struct Sums {
    var rows, columns, looseRows, looseColumns: [UInt64]
    private let weights: [UInt64]
    private var (row, column) = (0, 0)

    init(_ view: MatrixView) {
      rows = Array(repeating: 0, count: view.rows)
      columns = Array(repeating: 0, count: view.columns)
      (looseRows, looseColumns) = (rows, columns)
      weights = (0..<view.columns).map(Hash.weight)
    }

    mutating func add(_ numbers: UnsafeBufferPointer<Double>) {
      var start = 0
      while start < numbers.count, row < rows.count {
        let length = min(numbers.count - start, columns.count - column)
        addPart(UnsafeBufferPointer(rebasing: numbers[start..<start + length]))
        start += length
        column += length
        if column == columns.count { (row, column) = (row + 1, 0) }
      }
    }

    /// Adds a part of the current row.
    private mutating func addPart(_ part: UnsafeBufferPointer<Double>) {
      let (first, weight) = (column, Hash.weight(row))
      var (sum, loose): (UInt64, UInt64) = (0, 0)
      columns.withUnsafeMutableBufferPointer { columns in
        looseColumns.withUnsafeMutableBufferPointer { looseColumns in
          weights.withUnsafeBufferPointer { weights in
            for index in part.indices {
              let (hash, column) = (Hash.of(part[index]), first &+ index)
              sum &+= hash &* weights[column]
              loose &+= hash
              columns[column] &+= hash &* weight
              looseColumns[column] &+= hash
            }
          }
        }
      }
      rows[row] &+= sum
      looseRows[row] &+= loose
    }
  }
}
