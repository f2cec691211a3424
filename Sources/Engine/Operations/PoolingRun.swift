import Architectures
import Diagnostics

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

extension Mean: Executable {
  func run<S: Scalar>(_ call: Call<S>) throws(CrosswalkError) -> Outcome<S> {
    let input = try call.floating("input")
    let position = try axisPosition(axis, of: input.shape.count)
    let weights: Tensor<S>? = try weights(call, shape: Array(input.shape.prefix(position + 1)))
    var shape = input.shape
    let extent = shape.remove(at: position)
    let result = try Tensor<S>(shape: shape)
    result.elements.update(repeating: 0)
    let inner = shape[position...].reduce(1, *)
    for outer in 0..<shape[..<position].reduce(1, *) {
      var sum: S = 0
      for place in outer * extent..<(outer + 1) * extent {
        let weight = weights?.elements[place] ?? 1
        sum += weight
        // What is hidden counts for nothing, even if it is no number.
        guard weight != 0 else { continue }
        for column in 0..<inner {
          result.elements[outer * inner + column] += weight * input.elements[place * inner + column]
        }
      }
      for column in 0..<inner where sum != 0 { result.elements[outer * inner + column] /= sum }
    }
    return Outcome(result)
  }

  private func weights<S: Scalar>(_ call: Call<S>, shape: [Int]) throws(CrosswalkError)
    -> Tensor<S>?
  {
    guard let mask = call.optional("mask") else { return nil }
    guard mask.shape == shape else {
      throw CrosswalkError(
        .invalidInput, "a mask of another shape than what it is over", expected: "\(shape)",
        found: "\(mask.shape)")
    }
    switch mask {
    case .floating(let numbers): return numbers
    case .integer(let counts):
      let numbers = try Tensor<S>(shape: shape)
      for place in 0..<counts.count { numbers.elements[place] = S(counts.elements[place]) }
      return numbers
    }
  }
}

extension Normalize: Executable {
  func run<S: Scalar>(_ call: Call<S>) throws(CrosswalkError) -> Outcome<S> {
    let result = try call.floating("input").copy()
    let width = result.width
    for row in 0..<result.rows {
      let line = result.elements[(row * width)..<((row + 1) * width)]
      let length = line.reduce(S(0)) { $0 + $1 * $1 }.squareRoot()
      for place in line.indices { result.elements[place] /= max(length, S(epsilon)) }
    }
    return Outcome(result)
  }
}

extension VectorSimilarity: Executable {
  func run<S: Scalar>(_ call: Call<S>) throws(CrosswalkError) -> Outcome<S> {
    let left = try call.floating("left")  // (n, width)
    let right = try call.floating("right")  // (m, width)
    guard left.width == right.width, left.shape.count == 2, right.shape.count == 2 else {
      throw CrosswalkError(
        .invalidInput, "vectors that do not compare", expected: "\(left.shape)",
        found: "\(right.shape)")
    }
    let scale = S(exp(Double(try call.parameter("scale").elements[0])))
    let result = try Tensor<S>(shape: [left.rows, right.rows])
    guard let a = left.elements.baseAddress, let b = right.elements.baseAddress,
      let c = result.elements.baseAddress, result.count > 0
    else { return Outcome(result) }
    affine(a, b, nil, into: c, rows: left.rows, inner: left.width, width: right.rows)
    S.kernels.scale(c, scale, result.count)
    if bias {
      let offset = try call.parameter("bias").elements[0]
      for place in 0..<result.count { c[place] += offset }
    }
    return Outcome(result)  // (n, m)
  }
}
