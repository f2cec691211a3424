import Diagnostics
import Tensors

extension Tensor {
  /// The numbers that steps along each axis lead to: permuted, repeated, reversed or left out.
  ///
  /// - Parameters:
  ///   - strides: for each axis of the result, how many elements apart its neighbours are here.
  ///   - start: the element that comes first.
  @specialized(where Element == Float)
  @specialized(where Element == Double)
  @specialized(where Element == Int)
  func strided(_ shape: [Int], by strides: [Int], from start: Int = 0) throws(CrosswalkError)
    -> Tensor
  {
    let result = try Tensor(shape: shape)
    guard result.count > 0, let source = elements.baseAddress,
      let target = result.elements.baseAddress
    else { return result }
    guard let width = shape.last, let step = strides.last else {
      target[0] = source[start]
      return result
    }
    var odometer = Odometer(shape.dropLast(), by: strides.dropLast(), from: start)
    for row in 0..<(result.count / width) {
      let (from, to) = (source + odometer.offset, target + row * width)
      if step == 1 {
        to.update(from: from, count: width)
      } else {
        for column in 0..<width { to[column] = from[column * step] }
      }
      odometer.advance()
    }
    return result
  }

  /// The tensor repeated along its axes of extent 1.
  func broadcast(to target: [Int]) throws(CrosswalkError) -> Tensor {
    guard shape != target else { return self }
    let padded = Array(repeating: 1, count: target.count - shape.count) + shape
    return try strided(target, by: zip(padded, Shape.strides(padded)).map { $0 == 1 ? 0 : $1 })
  }
}

/// Counts through the indices of a shape, the last fastest, and knows where each leads.
struct Odometer {
  private let shape: [Int]
  private let strides: [Int]
  private var index: [Int]
  /// The element of the index that has been reached.
  private(set) var offset: Int

  init(_ shape: some Collection<Int>, by strides: some Collection<Int>, from start: Int = 0) {
    self.shape = Array(shape)
    self.strides = Array(strides)
    index = Array(repeating: 0, count: shape.count)
    offset = start
  }

  mutating func advance() {
    var axis = shape.count - 1
    while axis >= 0 {
      index[axis] += 1
      offset += strides[axis]
      guard index[axis] == shape[axis] else { return }
      offset -= strides[axis] * shape[axis]
      index[axis] = 0
      axis -= 1
    }
  }
}

/// The common shape of tensors, aligned at the last axis.
///
/// - Throws: `invalidInput` when two extents differ and neither is 1.
func broadcast(_ shapes: [[Int]]) throws(CrosswalkError) -> [Int] {
  var common: [Int] = []
  for shape in shapes {
    let rank = max(common.count, shape.count)
    let a = Array(repeating: 1, count: rank - common.count) + common
    let b = Array(repeating: 1, count: rank - shape.count) + shape
    for (x, y) in zip(a, b) where x != y && x != 1 && y != 1 {
      throw CrosswalkError(
        .invalidInput, "shapes that do not broadcast", expected: "\(a)", found: "\(b)")
    }
    common = zip(a, b).map { $0 == 1 ? $1 : $0 }
  }
  return common
}
