public import Diagnostics

extension StoredTensor {
  /// Tensors joined along one axis, in order.
  ///
  /// - Throws: `wrongShape` when there are none, or when they differ in another axis; `wrongDType`.
  public static func concatenated(_ tensors: [StoredTensor], axis: Int) throws(CrosswalkError)
    -> StoredTensor
  {
    guard let first = tensors.first, first.shape.indices.contains(axis) else {
      throw CrosswalkError(
        .wrongShape, "tensors cannot be joined along axis \(axis)",
        expected: "one tensor or more that have this axis",
        found: tensors.first.map { "\($0.shape)" } ?? "none")
    }
    var shape = first.shape
    shape[axis] = 0
    for tensor in tensors {
      try first.checkJoins(tensor, axis)
      let (sum, overflow) = shape[axis].addingReportingOverflow(tensor.shape[axis])
      guard !overflow else { throw CrosswalkError(.tooLarge, "a joined axis that is too long") }
      shape[axis] = sum
    }
    guard tensors.count > 1 else { return first }
    guard try Shape.count(shape) > 0 else { return try filled(first.dtype, shape, value: 0) }
    return try StoredTensor(
      first.dtype, shape, source: ConcatenatedSource(parts: tensors, shape: shape, axis: axis))
  }

  private func checkJoins(_ other: StoredTensor, _ axis: Int) throws(CrosswalkError) {
    guard other.dtype == dtype else {
      throw CrosswalkError(
        .wrongDType, "tensors of different dtypes cannot be joined", expected: dtype.rawValue,
        found: other.dtype.rawValue)
    }
    var shape = other.shape
    if shape.indices.contains(axis) { shape[axis] = self.shape[axis] }
    guard shape == self.shape else {
      throw CrosswalkError(
        .wrongShape, "tensors cannot be joined along axis \(axis)",
        expected: "\(self.shape), but for this axis", found: "\(other.shape)")
    }
  }
}

/// Tensors joined along an axis: each row of the result is a run of each part in turn.
struct ConcatenatedSource: TensorSource {
  private let parts: [StoredTensor]
  /// Elements of each part in one row of the result, and where they start there.
  private let runs: [Int]
  private let starts: [Int]
  private let row: Int

  /// Below this, runs are read many rows at a time and dealt out in memory.
  private static let directByteCount = 64 << 10

  init(parts: [StoredTensor], shape: [Int], axis: Int) {
    let inner = Shape.unchecked(shape[(axis + 1)...])
    self.parts = parts
    runs = parts.map { $0.shape[axis] * inner }
    starts = runs.reduce(into: [0]) { $0.append(($0.last ?? 0) + $1) }
    row = shape[axis] * inner
  }

  var preferredPieceByteCount: Int {
    parts.map(\.source.preferredPieceByteCount).max() ?? StoredTensor.pieceByteCount
  }

  func read(_ range: Range<Int>, into buffer: UnsafeMutableRawBufferPointer) throws(CrosswalkError)
  {
    let rows = Rows(of: range, row)
    try readWithinRow(rows.head, range.lowerBound, buffer)
    if !rows.whole.isEmpty {
      for part in parts.indices where runs[part] > 0 {
        try read(part, rows: rows.whole, range.lowerBound, buffer)
      }
    }
    try readWithinRow(rows.tail, range.lowerBound, buffer)
  }

  /// Reads a piece of one row, run by run.
  private func readWithinRow(
    _ range: Range<Int>, _ origin: Int, _ buffer: UnsafeMutableRawBufferPointer
  ) throws(CrosswalkError) {
    guard !range.isEmpty else { return }
    let index = range.lowerBound / row
    for part in parts.indices {
      let run = (index * row + starts[part])..<(index * row + starts[part] + runs[part])
      let wanted = run.clamped(to: range)
      guard !wanted.isEmpty else { continue }
      let start = index * runs[part] + wanted.lowerBound - run.lowerBound
      try parts[part].read(
        start..<start + wanted.count, into: slice(buffer, wanted.lowerBound - origin, wanted.count))
    }
  }

  /// Reads one part's runs of whole rows.
  private func read(
    _ part: Int, rows: Range<Int>, _ origin: Int, _ buffer: UnsafeMutableRawBufferPointer
  ) throws(CrosswalkError) {
    let (run, tensor) = (runs[part], parts[part])
    func target(_ index: Int) -> UnsafeMutableRawBufferPointer {
      slice(buffer, index * row + starts[part] - origin, run)
    }
    if run * width >= ConcatenatedSource.directByteCount || rows.count == 1 {
      for index in rows { try tensor.read(index * run..<(index + 1) * run, into: target(index)) }
      return
    }
    var index = rows.lowerBound
    try tensor.forEachPiece(
      of: rows.lowerBound * run..<rows.upperBound * run, inMultiplesOf: run
    ) { (range, bytes) throws(CrosswalkError) in
      for start in stride(from: 0, to: range.count * width, by: run * width) {
        target(index).copyMemory(
          from: UnsafeRawBufferPointer(rebasing: bytes[start..<start + run * width]))
        index += 1
      }
    }
  }

  private var width: Int { parts[0].dtype.byteCount }

  private func slice(_ buffer: UnsafeMutableRawBufferPointer, _ start: Int, _ count: Int)
    -> UnsafeMutableRawBufferPointer
  {
    UnsafeMutableRawBufferPointer(rebasing: buffer[start * width..<(start + count) * width])
  }
}
