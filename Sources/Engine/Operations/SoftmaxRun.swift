import Architectures
import Diagnostics
import Tensors

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

extension Softmax: Executable {
  func run<S: Scalar>(_ call: Call<S>) throws(CrosswalkError) -> Outcome<S> {
    let input = try call.floating("input")
    let position = try axisPosition(axis, of: input.shape.count)
    var order = Array(input.shape.indices)
    order.append(order.remove(at: position))
    let rows = try input.permuted(order).copy()
    let mask = try call.optional("mask").map { mask throws(CrosswalkError) in
      try mask.numbers().broadcast(to: input.shape).permuted(order)
    }
    if let mask { hide(rows, mask) }
    guard let start = rows.elements.baseAddress, rows.width > 0 else { return Outcome(rows) }
    let width = rows.width
    Workers.share(rows.rows, cost: 8 * width) { range in
      let first = start + range.lowerBound * width
      switch function {
      case .softmax: S.kernels.softmax(first, nil, range.count, width, mask == nil)
      case .logSoftmax: logSoftmax(first, range.count, width)
      case .sparsemax, .cumulativeSparsemax: sparsemax(first, range.count, width)
      }
    }
    return Outcome(try rows.permuted(order.indices.map { order.firstIndex(of: $0) ?? $0 }))
  }

  @specialized(where S == Float)
  @specialized(where S == Double)
  private func hide<S: Scalar>(_ rows: Tensor<S>, _ mask: Tensor<S>) {
    for place in 0..<rows.count where mask.elements[place] == 0 {
      rows.elements[place] = -S.infinity
    }
  }

  @specialized(where S == Float)
  @specialized(where S == Double)
  private func logSoftmax<S: Scalar>(_ x: UnsafeMutablePointer<S>, _ rows: Int, _ width: Int) {
    for row in 0..<rows {
      let line = UnsafeMutableBufferPointer(start: x + row * width, count: width)
      let largest = line.max() ?? 0
      var sum = 0.0
      for value in line { sum += exp(Double(value - largest)) }
      let shift = S(log(sum))
      for column in 0..<width { line[column] = line[column] - largest - shift }
    }
  }

  /// The largest k sorted numbers z with 1 + k z above their sum stay, less (their sum - 1) / k.
  @specialized(where S == Float)
  @specialized(where S == Double)
  private func sparsemax<S: Scalar>(_ x: UnsafeMutablePointer<S>, _ rows: Int, _ width: Int) {
    for row in 0..<rows {
      let line = UnsafeMutableBufferPointer(start: x + row * width, count: width)
      var (sum, sums, kept, threshold): (S, S, S, S) = (0, 0, 0, 0)
      for value in line.sorted(by: >) where value.isFinite {
        sum += value
        kept += 1
        guard 1 + kept * value > sum else { break }
        sums += sum
        threshold = ((function == .sparsemax ? sum : sums) - 1) / kept
      }
      for column in 0..<width { line[column] = max(line[column] - threshold, 0) }
    }
  }
}
