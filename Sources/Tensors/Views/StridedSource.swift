import Diagnostics

/// A source that steps through the elements of another tensor.
///
/// What `strided` has checked holds here: every element the view can reach is in its base.
struct StridedSource: TensorSource {
  let base: StoredTensor
  let shape: [Int]
  let strides: [Int]
  let offset: Int
  /// The most bytes of the base that are held while reading; a test makes it small.
  var limit = StoredTensor.workingByteCount
  /// The axes as they are read: those of one element left out, and neighbours that step as one
  /// joined.
  private let axes: [StridedAxis]

  init(base: StoredTensor, shape: [Int], strides: [Int], offset: Int) {
    self.base = base
    self.shape = shape
    // The step along an axis of one element means nothing, and a file may say anything there.
    self.strides = zip(shape, strides).map { $0 == 1 ? 0 : $1 }
    self.offset = offset
    self.axes = StridedAxis.joined(shape: shape, strides: strides)
  }

  /// Whether the view is its base from the first to the last element, whatever the shape.
  var isWholeBase: Bool { offset == 0 && isContiguous && Shape.unchecked(shape) == base.count }

  private var isContiguous: Bool { axes.isEmpty || (axes.count == 1 && axes[0].source == 1) }

  var preferredPieceByteCount: Int {
    isContiguous ? base.source.preferredPieceByteCount : limit
  }

  func read(_ range: Range<Int>, into buffer: UnsafeMutableRawBufferPointer) throws(CrosswalkError)
  {
    if isContiguous {
      try base.read((offset + range.lowerBound)..<(offset + range.upperBound), into: buffer)
    } else {
      let gather = Gather(base: base, buffer: buffer, limit: limit)
      try read(range, ofAxesFrom: 0, at: offset, to: 0, with: gather)
    }
  }

  /// Reads a row-major range of the trailing axes: the rest of its first row, the whole rows in
  /// the middle as one block, the start of its last row.
  private func read(
    _ range: Range<Int>, ofAxesFrom axis: Int, at source: Int, to target: Int, with gather: Gather
  ) throws(CrosswalkError) {
    guard !range.isEmpty else { return }
    guard axis < axes.count else { return try gather.copy([], from: source, to: target) }
    let row = axes[axis].target
    let rows = Rows(of: range, row)
    func part(_ piece: Range<Int>) throws(CrosswalkError) {
      guard !piece.isEmpty else { return }
      let index = piece.lowerBound / row
      try read(
        piece.lowerBound - index * row..<piece.upperBound - index * row, ofAxesFrom: axis + 1,
        at: source + index * axes[axis].source, to: target + piece.lowerBound - range.lowerBound,
        with: gather)
    }
    try part(rows.head)
    if !rows.whole.isEmpty {
      var block = Array(axes[axis...])
      block[0].extent = rows.whole.count
      try gather.copy(
        block, from: source + rows.whole.lowerBound * axes[axis].source,
        to: target + rows.whole.lowerBound * row - range.lowerBound)
    }
    try part(rows.tail)
  }
}

/// A row-major range, cut at the ends of rows.
struct Rows {
  /// The elements before the first whole row; all of them, when they lie within one row.
  let head: Range<Int>
  /// The indices of the rows that lie in the range as a whole.
  let whole: Range<Int>
  /// The elements after the last whole row.
  let tail: Range<Int>

  init(of range: Range<Int>, _ row: Int) {
    let first = (range.lowerBound + row - 1) / row
    whole = first..<max(first, range.upperBound / row)
    head = range.lowerBound..<min(range.upperBound, first * row)
    tail = min(whole.upperBound * row, range.upperBound)..<range.upperBound
  }
}

/// Any tensor seen as a strided view, so that views of views become one view.
struct StridedLayout {
  let base: StoredTensor
  let strides: [Int]
  let offset: Int

  init(of tensor: StoredTensor) {
    if let view = tensor.source as? StridedSource, view.shape == tensor.shape {
      (base, strides, offset) = (view.base, view.strides, view.offset)
    } else {
      (base, strides, offset) = (tensor, Shape.strides(tensor.shape), 0)
    }
  }
}

/// One axis of a copy between two layouts; both steps are counted in elements.
struct StridedAxis {
  var extent: Int
  var source: Int
  var target: Int

  /// The axes of a view with row-major targets, as few as describe it.
  static func joined(shape: [Int], strides: [Int]) -> [StridedAxis] {
    let steps = Shape.strides(shape)
    var axes: [StridedAxis] = []
    for axis in shape.indices where shape[axis] != 1 {
      let next = StridedAxis(extent: shape[axis], source: strides[axis], target: steps[axis])
      if let last = axes.last, last.source == next.extent * next.source {
        axes[axes.count - 1] = StridedAxis(
          extent: last.extent * next.extent, source: next.source, target: next.target)
      } else {
        axes.append(next)
      }
    }
    return axes
  }
}
