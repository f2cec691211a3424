import Architectures
import Diagnostics
import Tensors

extension Add: Executable {
  func run<S: Scalar>(_ call: Call<S>) throws(CrosswalkError) -> Outcome<S> {
    try combine(call, S.kernels.add)
  }
}

extension Multiply: Executable {
  func run<S: Scalar>(_ call: Call<S>) throws(CrosswalkError) -> Outcome<S> {
    try combine(call, S.kernels.multiply)
  }
}

extension Scale: Executable {
  func run<S: Scalar>(_ call: Call<S>) throws(CrosswalkError) -> Outcome<S> {
    let result = try call.floating("input").copy()
    S.kernels.scale(result.elements.baseAddress, S(by), result.count)
    return Outcome(result)
  }
}

/// The inputs combined in order, each broadcast to the common shape.
private func combine<S: Scalar>(
  _ call: Call<S>, _ apply: (UnsafeMutablePointer<S>?, UnsafePointer<S>?, Int) -> Void
) throws(CrosswalkError) -> Outcome<S> {
  var operands: [Tensor<S>] = []
  for value in call.all("input") {
    guard case .floating(let tensor) = value else {
      throw CrosswalkError(.invalidInput, "arithmetic takes numbers, not ids")
    }
    operands.append(tensor)
  }
  guard let first = operands.first else {
    throw CrosswalkError(.invalidInput, "nothing flows into 'input'")
  }
  var shape = first.shape
  for operand in operands.dropFirst() { shape = try broadcast(shape, operand.shape) }
  let result = first.shape == shape ? try first.copy() : try first.broadcast(to: shape)
  for operand in operands.dropFirst() {
    let aligned = operand.shape == shape ? operand : try operand.broadcast(to: shape)
    guard let sum = result.elements.baseAddress, let addend = aligned.elements.baseAddress else {
      continue
    }
    Workers.share(result.count, cost: 1, unit: 64) { range in
      apply(sum + range.lowerBound, addend + range.lowerBound, range.count)
    }
  }
  return Outcome(result)
}

/// The common shape of two tensors, aligned at the last axis.
private func broadcast(_ a: [Int], _ b: [Int]) throws(CrosswalkError) -> [Int] {
  let rank = max(a.count, b.count)
  let a = Array(repeating: 1, count: rank - a.count) + a
  let b = Array(repeating: 1, count: rank - b.count) + b
  for (x, y) in zip(a, b) where x != y && x != 1 && y != 1 {
    throw CrosswalkError(
      .invalidInput, "shapes that do not broadcast", expected: "\(a)", found: "\(b)")
  }
  return zip(a, b).map { $0 == 1 ? $1 : $0 }
}

extension Tensor {
  /// The tensor repeated along its axes of extent 1.
  fileprivate func broadcast(to target: [Int]) throws(CrosswalkError) -> Tensor {
    let padded = Array(repeating: 1, count: target.count - shape.count) + shape
    let strides = zip(padded, Shape.strides(padded)).map { $0 == 1 ? 0 : $1 }
    let result = try Tensor(shape: target)
    guard let width = target.last, width > 0, result.count > 0 else {
      if result.count == 1 { result.elements[0] = elements[0] }
      return result
    }
    for row in 0..<(result.count / width) {
      let index = Shape.index(of: row * width, in: target)
      let start = zip(index, strides).reduce(0) { $0 + $1.0 * $1.1 }
      for column in 0..<width {
        result.elements[row * width + column] = elements[start + column * (strides.last ?? 0)]
      }
    }
    return result
  }
}
