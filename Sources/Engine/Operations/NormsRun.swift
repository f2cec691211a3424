import Architectures
import Diagnostics

extension LayerNorm: Executable {
  func run<S: Scalar>(_ call: Call<S>) throws(CrosswalkError) -> Outcome<S> {
    let weight = weight ? try call.parameter("weight").elements.baseAddress : nil
    let bias = bias ? try call.parameter("bias").elements.baseAddress : nil
    return try parts.normalise(call) { x, y, rows, width, period in
      guard spread == .variance else {
        return normaliseByDeviation(x, y, weight, bias, rows, width, period, S(epsilon))
      }
      S.kernels.layerNorm(x, y, weight, bias, rows, width, period, S(epsilon))
    }
  }
}

/// (x - mean) / (deviation of a sample + epsilon) × weight + bias, row by row.
@specialized(where S == Float)
@specialized(where S == Double)
private func normaliseByDeviation<S: Scalar>(
  _ x: UnsafePointer<S>, _ y: UnsafeMutablePointer<S>, _ weight: UnsafePointer<S>?,
  _ bias: UnsafePointer<S>?, _ rows: Int, _ width: Int, _ period: Int, _ epsilon: S
) {
  for row in 0..<rows {
    let (x, y, start) = (x + row * width, y + row * width, row % period * width)
    var (sum, squares) = (0.0, 0.0)
    for place in 0..<width { sum += Double(x[place]) }
    let mean = sum / Double(width)
    for place in 0..<width { squares += (Double(x[place]) - mean) * (Double(x[place]) - mean) }
    let spread = S((squares / Double(width - 1)).squareRoot()) + epsilon
    for place in 0..<width {
      let value = (x[place] - S(mean)) / spread
      y[place] = value * (weight?[start + place] ?? 1) + (bias?[start + place] ?? 0)
    }
  }
}

extension RMSNorm: Executable {
  func run<S: Scalar>(_ call: Call<S>) throws(CrosswalkError) -> Outcome<S> {
    let weight = weight ? try call.parameter("weight").elements.baseAddress : nil
    return try parts.normalise(call) { x, y, rows, width, period in
      S.kernels.rmsNorm(x, y, weight, rows, width, period, S(epsilon), S(offset))
    }
  }
}

extension NormParts {
  /// Shares the input's rows out; each holds `groups` rows to the kernel, whose parameters begin
  /// again after `period` rows.
  fileprivate func normalise<S: Scalar>(
    _ call: Call<S>,
    _ kernel: (
      _ x: UnsafePointer<S>, _ y: UnsafeMutablePointer<S>, _ rows: Int, _ width: Int, _ period: Int
    ) -> Void
  ) throws(CrosswalkError) -> Outcome<S> {
    let input = try call.floating("input")
    let output = try Tensor<S>(shape: input.shape)
    guard let x = input.elements.baseAddress, let y = output.elements.baseAddress else {
      return Outcome(output)
    }
    let width = input.width
    Workers.share(input.rows, cost: 4 * width) { rows in
      kernel(
        x + rows.lowerBound * width, y + rows.lowerBound * width, rows.count * groups,
        width / groups, shared ? 1 : groups)
    }
    return Outcome(output)
  }
}
