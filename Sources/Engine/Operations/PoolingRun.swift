import Architectures
import Diagnostics

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

extension Normalize: Executable {
  func run<S: Scalar>(_ call: Call<S>) throws(CrosswalkError) -> Outcome<S> {
    let result = try call.floating("input").copy()
    let position = try axisPosition(axis, of: result.shape.count)
    let extent = result.shape[position]
    let inner = result.shape[(position + 1)...].reduce(1, *)
    for outer in 0..<result.shape[..<position].reduce(1, *) {
      for column in 0..<inner {
        divide(
          result.elements,
          Swift.stride(
            from: outer * extent * inner + column, to: (outer + 1) * extent * inner, by: inner))
      }
    }
    return Outcome(result)
  }

  @specialized(where S == Float)
  @specialized(where S == Double)
  private func divide<S: Scalar>(
    _ numbers: UnsafeMutableBufferPointer<S>, _ places: StrideTo<Int>
  ) {
    var squares: S = 0
    for place in places { squares += numbers[place] * numbers[place] }
    let length = max(squares.squareRoot(), S(epsilon))
    for place in places { numbers[place] /= length }
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
