import Architectures
import Diagnostics

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

extension DisentangledBias: Executable {
  func run<S: Scalar>(_ call: Call<S>) throws(CrosswalkError) -> Outcome<S> {
    let query = try call.floating("query")  // (batch, queries, heads × head width)
    let key = try call.floating("key")  // (batch, keys, heads × head width)
    let positionKey = try positions(call, "position_key", width: query.width)
    let positionQuery = try positions(call, "position_query", width: query.width)
    guard query.shape.count == 3, key.shape.count == 3, query.shape[0] == key.shape[0],
      query.width == key.width, query.shape[1] > 0, key.shape[1] > 0
    else {
      throw CrosswalkError(
        .invalidInput, "queries and keys of different batches", expected: "\(query.shape)",
        found: "\(key.shape)")
    }
    let (batch, queries, keys) = (query.shape[0], query.shape[1], key.shape[1])
    let places = try places(queries: queries, keys: keys)
    let (width, rows) = (query.width / heads, 2 * span)
    let terms = 1 + [positionKey, positionQuery].filter { $0 != nil }.count
    let factor = S(scale ?? 1 / Double(width * terms).squareRoot())
    let result = try Tensor<S>(shape: [batch, heads, queries, keys])
    result.elements.update(repeating: 0)
    let cost = 2 * (queries + keys) * rows * width
    let pieces = Workers.pieces(batch * heads, cost: cost)
    let scratch = try Tensor<S>(shape: [pieces, max(queries, keys), rows])
    guard let target = result.elements.baseAddress, let scores = scratch.elements.baseAddress
    else { return Outcome(result) }
    Workers.each(pieces) { piece in
      let scores = scores + piece * max(queries, keys) * rows
      for item in Workers.range(of: piece, among: pieces, batch * heads) {
        let (row, head) = item.quotientAndRemainder(dividingBy: heads)
        let target = target + item * queries * keys
        // scores (count, rows) of one head of the content against one head of the positions.
        func compare(_ content: Tensor<S>, _ positions: Tensor<S>, count: Int) {
          guard let c = content.elements.baseAddress, let p = positions.elements.baseAddress
          else { return }
          S.kernels.multiplyMatrices(
            Matrix(start: c + row * count * query.width + head * width, stride: query.width),
            Matrix(start: p + head * width, stride: query.width).transposed,
            Matrix(start: scores, stride: rows), count, rows, width, factor)
        }
        if let positionKey {
          compare(query, positionKey, count: queries)
          for q in 0..<queries {
            for k in 0..<keys { target[q * keys + k] = scores[q * rows + places[q - k + keys - 1]] }
          }
        }
        if let positionQuery {
          compare(key, positionQuery, count: keys)
          for q in 0..<queries {
            for k in 0..<keys {
              target[q * keys + k] += scores[k * rows + places[q - k + keys - 1]]
            }
          }
        }
      }
    }
    return Outcome(result)
  }

  private func positions<S: Scalar>(_ call: Call<S>, _ role: String, width: Int)
    throws(CrosswalkError) -> Tensor<S>?
  {
    guard call.optional(role) != nil else { return nil }
    let tensor = try call.floating(role)
    guard tensor.shape.count == 3, tensor.shape[0] == 1, tensor.width == width,
      tensor.shape[1] >= 2 * span
    else {
      throw CrosswalkError(
        .invalidInput, "positions that do not cover all distances",
        expected: "(1, \(2 * span) or more, \(width))", found: "\(tensor.shape)")
    }
    return tensor
  }

  /// The row of the positions for each distance query - key, from 1 - keys to queries - 1.
  private func places(queries: Int, keys: Int) throws(CrosswalkError) -> [Int] {
    guard buckets <= 0 || maximum - 1 > buckets / 2 || max(queries, keys) - 1 <= buckets / 2 else {
      throw CrosswalkError(
        .invalidInput, "a sequence too long for these buckets",
        expected: "at most \(buckets / 2 + 1), as the maximum is \(maximum)",
        found: "\(max(queries, keys))")
    }
    return (1 - keys..<queries).map { distance in
      min(max(span + bucket(of: distance), 0), 2 * span - 1)
    }
  }

  /// The bucket of a distance: its own up to the middle, then ever wider ones.
  ///
  /// In binary32 whatever the precision, as transformers has it: the buckets' edges are where its
  /// rounding puts them.
  private func bucket(of distance: Int) -> Int {
    let (middle, far) = (buckets / 2, abs(distance))
    guard buckets > 0, far > middle else { return distance }
    let ratio = logf(Float(far) / Float(middle)) / logf(Float(Double(maximum - 1) / Double(middle)))
    let bucket = (ratio * Float(middle - 1)).rounded(.up) + Float(middle)
    // All beyond the last row are the last row's.
    let number = Int(min(bucket, Float(1 << 40)))
    return distance < 0 ? -number : number
  }
}
