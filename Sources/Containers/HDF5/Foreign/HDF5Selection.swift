import Diagnostics
import Tensors

/// The elements that a regular pattern selects of a dataset, in row-major order.
struct HDF5Runs: Sendable {
  /// How many.
  let count: Int
  private let axes: [Axis]

  /// One axis: blocks of so many, so far apart; and how far apart two steps along it are.
  private struct Axis {
    var start: Int
    var stride: Int
    var count: Int
    var block: Int
    var extent: Int
    var pitch = 1

    var selected: Int { count * block }
    var isFull: Bool { start == 0 && count == 1 && block == extent }

    /// This axis and one below it, all of which is selected, as one.
    func over(_ inner: Axis) -> Axis {
      Axis(
        start: start * inner.extent, stride: stride * inner.extent, count: count,
        block: block * inner.extent, extent: extent * inner.extent)
    }
  }

  /// Checks a pattern against the shape that it is of.
  ///
  /// - Throws: `malformed` when it leaves the shape.
  init(_ selection: HDF5Survey.Selection, of shape: [Int]) throws(CrosswalkError) {
    _ = try Shape.count(shape)
    let selection = selection.start.isEmpty ? .all(of: shape) : selection
    let lists = [selection.start, selection.stride, selection.count, selection.block]
    guard lists.allSatisfy({ $0.count == shape.count }) else {
      throw CrosswalkError(
        .malformed, "a pattern of another rank than its dataset", expected: "\(shape.count) axes",
        found: "\(selection.start.count)")
    }
    var axes: [Axis] = []
    for index in shape.indices {
      axes.append(
        try Self.axis(
          selection.start[index], selection.stride[index], selection.count[index],
          selection.block[index], of: shape[index]))
    }
    while axes.count > 1, let last = axes.last, last.isFull {
      axes.removeLast()
      axes[axes.count - 1] = axes[axes.count - 1].over(last)
    }
    for index in axes.indices.dropLast().reversed() {
      axes[index].pitch = axes[index + 1].pitch * axes[index + 1].extent
    }
    self.axes = axes
    count = axes.reduce(1) { $0 * $1.selected }
  }

  private static func axis(_ start: Int, _ stride: Int, _ count: Int, _ block: Int, of extent: Int)
    throws(CrosswalkError) -> Axis
  {
    let leaves = CrosswalkError(.malformed, "a pattern that leaves its dataset")
    guard start >= 0, count > 0, block >= 0, count == 1 || stride >= block else { throw leaves }
    let (reach, isHuge) = (count - 1).multipliedReportingOverflow(by: count == 1 ? 1 : stride)
    guard !isHuge, start <= extent, block <= extent - start, reach <= extent - start - block else {
      throw leaves
    }
    // Blocks that touch are one.
    guard count > 1, stride > block else {
      return Axis(start: start, stride: 1, count: 1, block: count * block, extent: extent)
    }
    return Axis(start: start, stride: stride, count: count, block: block, extent: extent)
  }

  /// Where in the dataset an element of the selection is.
  func offset(of index: Int) -> Int {
    var (rest, offset) = (index, 0)
    for axis in axes.reversed() {
      let place = rest % axis.selected
      rest /= axis.selected
      offset += (axis.start + place / axis.block * axis.stride + place % axis.block) * axis.pitch
    }
    return offset
  }

  /// How many elements from one on lie side by side.
  func run(from index: Int) -> Int {
    guard let last = axes.last else { return 1 }
    return last.block - index % last.selected % last.block
  }

  /// The first element that is not before a place in the dataset.
  func first(from offset: Int) -> Int {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if self.offset(of: middle) < offset { low = middle + 1 } else { high = middle }
    }
    return low
  }
}

extension HDF5Survey.Selection {
  /// The pattern of all elements of a shape.
  fileprivate static func all(of shape: [Int]) -> HDF5Survey.Selection {
    let ones = shape.map { _ in 1 }
    return .init(start: shape.map { _ in 0 }, stride: ones, count: ones, block: shape)
  }
}

/// A dataset made of parts of others; what no part fills is its fill value.
struct VirtualSource: TensorSource {
  let parts: [Part]
  let fill: HDF5Fill
  let width: Int

  /// Elements of another dataset, and which of this one they are.
  struct Part: Sendable {
    let tensor: StoredTensor
    let source: HDF5Runs
    let target: HDF5Runs
  }

  func read(_ range: Range<Int>, into buffer: UnsafeMutableRawBufferPointer) throws(CrosswalkError)
  {
    fill.fill(buffer)
    for part in parts {
      var index = part.target.first(from: range.lowerBound)
      while index < part.target.count {
        let place = part.target.offset(of: index)
        guard place < range.upperBound else { break }
        let count = min(
          part.target.run(from: index), part.source.run(from: index), range.upperBound - place)
        let start = part.source.offset(of: index)
        let bytes = (place - range.lowerBound) * width
        try part.tensor.read(
          start..<start + count,
          into: UnsafeMutableRawBufferPointer(rebasing: buffer[bytes..<bytes + count * width]))
        index += count
      }
    }
  }
}

/// Elements that lie in stretches of several files, one after another.
struct SegmentedSource: TensorSource {
  let segments: [Segment]
  let width: Int

  struct Segment: Sendable {
    let file: FileReader
    let offset: Int
    /// The bytes of the dataset that it holds.
    let range: Range<Int>
  }

  func read(_ range: Range<Int>, into buffer: UnsafeMutableRawBufferPointer) throws(CrosswalkError)
  {
    let bytes = range.lowerBound * width..<range.upperBound * width
    for segment in segments {
      let part = segment.range.clamped(to: bytes)
      guard !part.isEmpty else { continue }
      try segment.file.read(
        at: segment.offset + part.lowerBound - segment.range.lowerBound,
        into: UnsafeMutableRawBufferPointer(
          rebasing: buffer[
            part.lowerBound - bytes.lowerBound..<part.upperBound - bytes.lowerBound]))
    }
  }
}

/// Elements that cannot be read here, with the reason.
struct RefusedSource: TensorSource {
  let reason: CrosswalkError

  func read(_ range: Range<Int>, into buffer: UnsafeMutableRawBufferPointer) throws(CrosswalkError)
  {
    throw reason
  }
}
