import Diagnostics
import Synchronization
import Tensors

/// A dataset in chunks, decoded one at a time; the last ones stay at hand in the file's cache.
final class ChunkedSource: TensorSource {
  private let file: FileReader
  private let grid: HDF5Grid
  private let width: Int
  private let chunkByteCount: Int
  private let filters: HDF5Filters
  private let fill: HDF5Fill
  private let edgesAreRaw: Bool
  private let chunks: [Int: HDF5Survey.Chunk]
  private let cache: ChunkCache

  /// Checks a table of chunks against the dataset's shape.
  ///
  /// - Throws: `malformed` or `tooLarge`.
  init(
    file: FileReader, shape: [Int], width: Int, chunking: HDF5Survey.Chunking,
    filters: HDF5Filters, fill: HDF5Fill, cache: ChunkCache
  ) throws(CrosswalkError) {
    grid = try HDF5Grid(shape: shape, chunk: chunking.shape)
    let elements = try Shape.count(chunking.shape)
    guard elements <= HDF5Survey.Limits.chunkByteCount / width else {
      throw CrosswalkError(
        .tooLarge, "chunks too large to hold",
        expected: "at most \(HDF5Survey.Limits.chunkByteCount >> 20) MiB each",
        found: "\(chunking.shape)", remedy: "rewrite the file with: h5repack -l CHUNK=…")
    }
    (self.file, self.width, self.filters, self.fill) = (file, width, filters, fill)
    self.cache = cache
    chunkByteCount = elements * width
    edgesAreRaw = chunking.edgesAreRaw
    var chunks: [Int: HDF5Survey.Chunk] = [:]
    for chunk in chunking.chunks {
      guard chunk.index >= 0, chunk.index < grid.count,
        chunks.updateValue(chunk, forKey: chunk.index) == nil
      else { throw CrosswalkError(.malformed, "a chunk twice or outside its dataset") }
    }
    self.chunks = chunks
  }

  func read(_ range: Range<Int>, into buffer: UnsafeMutableRawBufferPointer) throws(CrosswalkError)
  {
    let box = Box(around: range, in: grid)
    for number in 0..<box.count {
      let (index, corner) = box.chunk(number, of: grid)
      try copy(chunk: index, at: corner, range, into: buffer)
    }
  }

  /// Copies the rows of one chunk that fall into a range.
  private func copy(
    chunk index: Int, at corner: [Int], _ range: Range<Int>,
    into buffer: UnsafeMutableRawBufferPointer
  ) throws(CrosswalkError) {
    let rows = ChunkRows(corner: corner, grid: grid)
    guard rows.touch(range) else { return }
    let bytes = try content(of: index, at: corner)
    for row in 0..<rows.count {
      let (start, inside) = rows.start(of: row)
      let from = max(start, range.lowerBound)
      let to = min(start + rows.length, range.upperBound)
      guard from < to else { continue }
      let target = UnsafeMutableRawBufferPointer(
        rebasing: buffer[
          ((from - range.lowerBound) * width)..<((to - range.lowerBound) * width)])
      guard let bytes else {
        fill.fill(target)
        continue
      }
      let offset = (inside + from - start) * width
      bytes.withUnsafeBytes { bytes in
        target.copyMemory(
          from: UnsafeRawBufferPointer(rebasing: bytes[offset..<(offset + target.count)]))
      }
    }
  }

  /// The elements of a chunk, nil for one that was never written.
  private func content(of index: Int, at corner: [Int]) throws(CrosswalkError) -> [UInt8]? {
    guard let chunk = chunks[index] else { return nil }
    if let bytes = cache[chunk.offset] { return bytes }
    let bytes: [UInt8]
    do {
      let stored = try file.bytes(at: chunk.offset, count: chunk.byteCount)
      bytes = try filters.undo(
        stored, mask: isRawEdge(corner) ? .max : chunk.mask, byteCount: chunkByteCount)
    } catch {
      throw error.inside(.byte(UInt64(clamping: chunk.offset)))
    }
    cache[chunk.offset] = bytes
    return bytes
  }

  private func isRawEdge(_ corner: [Int]) -> Bool {
    guard edgesAreRaw else { return false }
    return zip(corner, zip(grid.chunk, grid.shape)).contains { origin, extents in
      extents.0 > extents.1 - origin
    }
  }
}

/// The chunks of one file that were decoded last, by their offset in it, up to a bound.
///
/// It is one for all datasets: if each had its own, memory would grow with the model.
final class ChunkCache: Sendable {
  private let state = Mutex(State())

  private struct State {
    var chunks: [Int: [UInt8]] = [:]
    var byteCount = 0
  }

  /// How many bytes stay at hand, besides the chunk in use.
  private static let bound = 32 << 20

  /// The elements of a chunk, when they are at hand; setting them may let go of all others.
  subscript(offset: Int) -> [UInt8]? {
    get { state.withLock { $0.chunks[offset] } }
    set {
      guard let newValue else { return }
      state.withLock { state in
        if state.byteCount + newValue.count > Self.bound { state = State() }
        if state.chunks.updateValue(newValue, forKey: offset) == nil {
          state.byteCount += newValue.count
        }
      }
    }
  }
}

/// The chunks that a range of elements may touch: a box in the grid.
private struct Box {
  private var low: [Int]
  private var extents: [Int]
  let count: Int

  /// Up to the first axis where its ends differ, a range is in one line of chunks; from there on,
  /// in all.
  init(around range: Range<Int>, in grid: HDF5Grid) {
    let first = Shape.index(of: range.lowerBound, in: grid.shape)
    let last = Shape.index(of: range.upperBound - 1, in: grid.shape)
    low = [Int](repeating: 0, count: grid.shape.count)
    extents = grid.extents
    for axis in grid.shape.indices {
      low[axis] = first[axis] / grid.chunk[axis]
      extents[axis] = last[axis] / grid.chunk[axis] - low[axis] + 1
      if first[axis] != last[axis] { break }
    }
    count = extents.reduce(1, *)
  }

  /// The row-major position of one of its chunks in the grid, and where that chunk begins.
  func chunk(_ number: Int, of grid: HDF5Grid) -> (index: Int, corner: [Int]) {
    let position = zip(low, Shape.index(of: number, in: extents)).map { $0 + $1 }
    let index = zip(position, Shape.strides(grid.extents)).reduce(0) { $0 + $1.0 * $1.1 }
    return (index, zip(position, grid.chunk).map { $0 * $1 })
  }
}

/// The rows of one chunk along the last axis, without what reaches over the dataset's edge.
private struct ChunkRows {
  private let corner: [Int]
  private let grid: HDF5Grid
  private let extents: [Int]
  private let strides: [Int]
  private let chunkStrides: [Int]
  /// How many rows.
  let count: Int
  /// How many elements each.
  let length: Int

  init(corner: [Int], grid: HDF5Grid) {
    self.corner = corner
    self.grid = grid
    strides = Shape.strides(grid.shape)
    chunkStrides = Shape.strides(grid.chunk)
    let inside = corner.indices.map { min(grid.chunk[$0], grid.shape[$0] - corner[$0]) }
    extents = Array(inside.dropLast())
    count = extents.reduce(1, *)
    length = inside.last ?? 1
  }

  /// Where a row begins, in the dataset and in the chunk.
  func start(of row: Int) -> (dataset: Int, chunk: Int) {
    let index = Shape.index(of: row, in: extents) + [0]
    var (dataset, chunk) = (0, 0)
    for axis in corner.indices {
      dataset += (corner[axis] + index[axis]) * strides[axis]
      chunk += index[axis] * chunkStrides[axis]
    }
    return (dataset, chunk)
  }

  /// Whether a range may hold an element of some row.
  func touch(_ range: Range<Int>) -> Bool {
    start(of: 0).dataset < range.upperBound
      && start(of: count - 1).dataset + length > range.lowerBound
  }
}
