import Architectures
import Diagnostics

extension Linear: Executable {
  func run<S: Scalar>(_ call: Call<S>) throws(CrosswalkError) -> Outcome<S> {
    let input = try call.floating("input")  // (…, inner)
    let weight = try call.parameter("weight")  // (width, inner)
    let inner = input.width
    let output = try Tensor<S>(shape: input.shape.dropLast() + [width])  // (…, width)
    guard let x = input.elements.baseAddress, let w = weight.elements.baseAddress,
      let y = output.elements.baseAddress, input.rows > 0
    else { return Outcome(output) }
    let offsets = bias ? try call.parameter("bias").elements.baseAddress : nil
    affine(x, w, offsets, into: y, rows: input.rows, inner: inner, width: width)
    return Outcome(output)
  }
}

/// y (rows, width) = x (rows, inner) × wᵀ + bias, shared out along the longer side of y.
func affine<S: Scalar>(
  _ x: UnsafeMutablePointer<S>, _ w: UnsafeMutablePointer<S>, _ bias: UnsafeMutablePointer<S>?,
  into y: UnsafeMutablePointer<S>, rows: Int, inner: Int, width: Int
) {
  func block(_ rows: Range<Int>, _ columns: Range<Int>) {
    let target = y + rows.lowerBound * width + columns.lowerBound
    S.kernels.multiply(
      Matrix(start: x + rows.lowerBound * inner, stride: inner),
      byTransposed: Matrix(start: w + columns.lowerBound * inner, stride: inner),
      into: Matrix(start: target, stride: width), rows.count, columns.count, inner, 1)
    guard let bias else { return }
    for row in 0..<rows.count {
      S.kernels.add(target + row * width, bias + columns.lowerBound, columns.count)
    }
  }
  if rows > width {
    Workers.share(rows, cost: width * inner, unit: 16) { block($0, 0..<width) }
  } else {
    Workers.share(width, cost: rows * inner, unit: 16) { block(0..<rows, $0) }
  }
}
