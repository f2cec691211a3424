public import Diagnostics

/// Arithmetic on shapes, checked: shapes come from files.
public enum Shape {
  /// The most axes a tensor may have.
  public static let maximumRank = 32

  /// The number of elements of a shape, `[]` having one.
  ///
  /// - Throws: `malformed` for a negative extent, `tooLarge` when the product overflows.
  public static func count(_ shape: [Int]) throws(CrosswalkError) -> Int {
    guard shape.count <= maximumRank else {
      throw CrosswalkError(.tooLarge, "a tensor of \(shape.count) axes; at most \(maximumRank)")
    }
    guard shape.allSatisfy({ $0 >= 0 }) else {
      throw CrosswalkError(.malformed, "a shape with a negative extent: \(shape)")
    }
    if shape.contains(0) { return 0 }
    var count = 1
    for extent in shape {
      let (product, overflow) = count.multipliedReportingOverflow(by: extent)
      guard !overflow else {
        throw CrosswalkError(.tooLarge, "the shape \(shape) has more elements than 64 bits count")
      }
      count = product
    }
    return count
  }

  /// The number of bytes of a shape and dtype.
  ///
  /// - Throws: as ``count(_:)``.
  public static func byteCount(_ shape: [Int], _ dtype: DType) throws(CrosswalkError) -> Int {
    let (bytes, overflow) = try count(shape).multipliedReportingOverflow(by: dtype.byteCount)
    guard !overflow else {
      throw CrosswalkError(.tooLarge, "the shape \(shape) has more bytes than 64 bits count")
    }
    return bytes
  }

  /// The number of elements of a shape that was checked before.
  static func unchecked(_ shape: some Sequence<Int>) -> Int { shape.reduce(1, &*) }

  /// The row-major strides of a shape, in elements.
  public static func strides(_ shape: [Int]) -> [Int] {
    var strides = [Int](repeating: 1, count: shape.count)
    for axis in shape.indices.dropLast().reversed() {
      strides[axis] = strides[axis + 1] &* max(shape[axis + 1], 1)
    }
    return strides
  }

  /// The index of an element by axis, from its row-major position.
  public static func index(of position: Int, in shape: [Int]) -> [Int] {
    var rest = position
    var index = [Int](repeating: 0, count: shape.count)
    for axis in shape.indices.reversed() where shape[axis] > 0 {
      index[axis] = rest % shape[axis]
      rest /= shape[axis]
    }
    return index
  }
}
