public import Diagnostics

extension StoredTensor {
  /// The matrix with one row added to each of its own.
  ///
  /// - Throws: `wrongShape` when the row is no row of it, `wrongDType` for other dtypes than
  ///   floating point.
  public func adding(row: StoredTensor) throws(CrosswalkError) -> StoredTensor {
    guard let width = shape.last, shape.count == 2, row.shape == [1, width] else {
      throw CrosswalkError(
        .wrongShape, "a row is added to the rows of a matrix", expected: "[1, \(shape.last ?? 0)]",
        found: "\(row.shape)")
    }
    guard dtype.isFloating, row.dtype.isFloating, dtype != .f8e8m0 else {
      throw CrosswalkError(
        .wrongDType, "a row is added to floating-point numbers only", found: dtype.rawValue)
    }
    return try StoredTensor(
      dtype, shape,
      source: RowSumSource(
        base: cast(to: .f64), row: row.cast(to: .f64), width: width, dtype: dtype))
  }
}

/// A matrix and what is added to each of its rows, both in float64.
struct RowSumSource: TensorSource {
  let base: StoredTensor
  let row: StoredTensor
  let width: Int
  let dtype: DType

  func read(_ range: Range<Int>, into buffer: UnsafeMutableRawBufferPointer) throws(CrosswalkError)
  {
    let added = try row.doubles()
    try base.forEachPiece(of: range, inMultiplesOf: 1) { (piece, bytes) throws(CrosswalkError) in
      var sums = [Double](repeating: 0, count: piece.count)
      for index in 0..<piece.count {
        let number = bytes.loadUnaligned(fromByteOffset: index * 8, as: Double.self)
        sums[index] = number + added[(piece.lowerBound + index) % width]
      }
      let start = (piece.lowerBound - range.lowerBound) * dtype.byteCount
      let target = UnsafeMutableRawBufferPointer(
        rebasing: buffer[start..<start + piece.count * dtype.byteCount])
      sums.withUnsafeBytes { Numbers.cast($0, .f64, into: target, dtype) }
    }
  }
}
