public import Diagnostics

// Expressions over stored tensors. Each is a promise too: nothing is read before it is wanted, and
// no view holds more than `StoredTensor.workingByteCount` while it reads.

extension StoredTensor {
  /// The most bytes of its source that a view holds at a time while it reads.
  public static let workingByteCount = 64 << 20

  /// The same elements in row-major order under another shape.
  ///
  /// The storage stays known, as the bytes do not change; its view then names the new shape too.
  ///
  /// - Throws: `wrongShape` when the counts differ.
  public func reshaped(_ shape: [Int]) throws(CrosswalkError) -> StoredTensor {
    guard shape != self.shape else { return self }
    guard try Shape.count(shape) == count else {
      throw CrosswalkError(
        .wrongShape, "a tensor cannot be reshaped to \(shape)",
        expected: "\(count) elements, as in \(self.shape)", found: "\(try Shape.count(shape))")
    }
    let renamed = storage.map { Storage(key: $0.key, view: $0.view + [-1] + shape) }
    return try StoredTensor(dtype, shape, source: source, storage: renamed)
  }

  /// The tensor with its axes in another order: axis `i` of the result is axis `axes[i]` of this.
  ///
  /// - Throws: `wrongShape` when `axes` is not a permutation of this tensor's axes.
  public func permuted(_ axes: [Int]) throws(CrosswalkError) -> StoredTensor {
    guard axes.sorted() == Array(shape.indices) else {
      throw CrosswalkError(
        .wrongShape, "a tensor of shape \(shape) cannot be permuted by \(axes)",
        expected: "each axis from 0 to \(shape.count - 1) once", found: "\(axes)")
    }
    guard axes != Array(shape.indices) else { return self }
    let layout = StridedLayout(of: self)
    return try layout.base.strided(
      axes.map { shape[$0] }, strides: axes.map { layout.strides[$0] }, offset: layout.offset)
  }

  /// The transpose of a matrix.
  ///
  /// - Throws: `wrongShape` when this is not a matrix.
  public func transposed() throws(CrosswalkError) -> StoredTensor {
    guard shape.count == 2 else {
      throw CrosswalkError(
        .wrongShape, "only a matrix can be transposed", expected: "two axes", found: "\(shape)")
    }
    return try permuted([1, 0])
  }

  /// The part of the tensor whose indices along one axis lie in a range.
  ///
  /// - Throws: `wrongShape` when the axis or the range lies outside the tensor.
  public func sliced(axis: Int, range: Range<Int>) throws(CrosswalkError) -> StoredTensor {
    guard shape.indices.contains(axis), range.lowerBound >= 0, range.upperBound <= shape[axis]
    else {
      throw CrosswalkError(
        .wrongShape, "a slice outside its tensor", expected: "a part of \(shape)",
        found: "\(range) of axis \(axis)")
    }
    guard range != 0..<shape[axis] else { return self }
    var part = shape
    part[axis] = range.count
    let layout = StridedLayout(of: self)
    // Where nothing is left to read, the offset means nothing and might overflow.
    let isEmpty = part.contains(0)
    let offset = isEmpty ? 0 : layout.offset + range.lowerBound * layout.strides[axis]
    return try layout.base.strided(part, strides: layout.strides, offset: offset)
  }

  /// A view that steps through this tensor's elements, counted in row-major order.
  ///
  /// - Parameters:
  ///   - shape: the extents of the view.
  ///   - strides: how many elements one step along each axis is; 0 repeats.
  ///   - offset: the element where the view starts.
  /// - Throws: `malformed` when a stride is negative or the view leaves this tensor.
  public func strided(_ shape: [Int], strides: [Int], offset: Int) throws(CrosswalkError)
    -> StoredTensor
  {
    guard try Shape.count(shape) > 0 else { return try StoredTensor.filled(dtype, shape, value: 0) }
    guard strides.count == shape.count, strides.allSatisfy({ $0 >= 0 }), offset >= 0 else {
      throw CrosswalkError(
        .malformed, "a view with a negative or missing step",
        expected: "an offset and a step for each axis of \(shape)",
        found: "offset \(offset), steps \(strides)")
    }
    try checkReach(of: shape, strides, offset)
    let view = StridedSource(base: self, shape: shape, strides: strides, offset: offset)
    if view.isWholeBase, shape == self.shape { return self }
    return try StoredTensor(dtype, shape, source: view)
  }

  private func checkReach(of shape: [Int], _ strides: [Int], _ offset: Int) throws(CrosswalkError) {
    var last = offset
    for (extent, stride) in zip(shape, strides) {
      let (reach, tooFar) = (extent - 1).multipliedReportingOverflow(by: stride)
      let (sum, overflow) = last.addingReportingOverflow(reach)
      last = tooFar || overflow ? Int.max : sum
    }
    guard last < count else {
      throw CrosswalkError(
        .malformed, "a view leaves its storage", expected: "\(count) elements at most",
        found: "shape \(shape) with steps \(strides) from element \(offset)")
    }
  }
}
