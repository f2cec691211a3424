import Diagnostics
import Tensors

/// The chunks of a dataset as a grid: whole numbers of chunks along each axis.
struct HDF5Grid: Sendable {
  /// The dataset's extents.
  let shape: [Int]
  /// The extents of a chunk, none zero.
  let chunk: [Int]
  /// How many chunks there are along each axis.
  let extents: [Int]
  /// How many chunks there are.
  let count: Int

  /// Lays a grid.
  ///
  /// - Throws: `malformed` when the axes do not correspond, `tooLarge` when the chunks overflow.
  init(shape: [Int], chunk: [Int]) throws(CrosswalkError) {
    guard shape.count == chunk.count, chunk.allSatisfy({ $0 > 0 }) else {
      throw CrosswalkError(.malformed, "chunks that do not fit their dataset")
    }
    self.shape = shape
    self.chunk = chunk
    extents = zip(shape, chunk).map(Self.extent)
    count = try Shape.count(extents)
  }

  /// The number of chunks along an axis, the last perhaps reaching over the edge.
  static func extent(_ length: Int, _ chunk: Int) -> Int {
    chunk > 0 && length > 0 ? (length - 1) / chunk + 1 : 0
  }

  /// Where a chunk begins, by axis.
  func origin(of index: Int) -> [Int] {
    zip(Shape.index(of: index, in: extents), chunk).map { $0 &* $1 }
  }
}
