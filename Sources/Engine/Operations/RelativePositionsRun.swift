import Architectures
import Diagnostics

extension RelativeScores: Executable {
  func run<S: Scalar>(_ call: Call<S>) throws(CrosswalkError) -> Outcome<S> {
    let query = try call.floating("query")  // (batch, queries, heads × head width)
    let key = try call.floating("key")  // (batch, keys, heads × head width)
    guard query.shape.count == 3, key.shape.count == 3, query.shape[0] == key.shape[0],
      query.width == key.width, query.shape[1] > 0, key.shape[1] > 0
    else {
      throw CrosswalkError(
        .invalidInput, "queries and keys of different batches", expected: "\(query.shape)",
        found: "\(key.shape)")
    }
    let (batch, queries, keys) = (query.shape[0], query.shape[1], key.shape[1])
    let table = try rows(call, batch: batch, queries: queries, keys: keys)
    let width = query.width / heads
    let factor = S(scale ?? 1 / Double(width).squareRoot())
    let result = try Tensor<S>(shape: [batch, heads, queries, keys])
    let cost = 2 * (queries + keys) * table.count * width
    let pieces = Workers.pieces(batch * heads, cost: cost)
    let longest = by == .both ? max(queries, keys) : queries
    let scratch = try Tensor<S>(shape: [pieces, longest, table.count])
    Workers.each(pieces) { piece in
      let products = scratch.start + piece * longest * table.count
      for item in Workers.range(of: piece, among: pieces, batch * heads) {
        let (row, head) = item.quotientAndRemainder(dividingBy: heads)
        let target = result.start + item * queries * keys
        // Of a key's place minus its query's, from 1 - keys on.
        func multiply(_ content: Tensor<S>, count: Int) {
          S.kernels.multiplyMatrices(
            Matrix(
              start: content.start + row * count * content.width + head * width,
              stride: content.width),
            table.matrix(of: row, head).transposed, Matrix(start: products, stride: table.count),
            count, table.count, width, factor)
        }
        multiply(query, count: queries)
        for q in 0..<queries {
          let (line, from) = (target + q * keys, products + q * table.count)
          for k in 0..<keys { line[k] = from[table.places[k - q + queries - 1]] }
        }
        guard by == .both else { continue }
        multiply(key, count: keys)
        for q in 0..<queries {
          for k in 0..<keys {
            target[q * keys + k] += products[k * table.count + table.places[k - q + queries - 1]]
          }
        }
      }
    }
    return Outcome(result)  // (batch, heads, queries, keys)
  }

  /// The rows that one pass needs, and where each distance has its own.
  private struct Rows<S: Scalar>: Sendable {
    let tensor: Tensor<S>
    let start: Int
    let count: Int
    /// Of the differences 1 - keys to queries - 1.
    let places: [Int]
    let heads: Int
    let isLearned: Bool

    func matrix(of row: Int, _ head: Int) -> Matrix<S> {
      let width = tensor.width
      if isLearned { return Matrix(start: tensor.start + start * width, stride: width) }
      let own = tensor.shape[0] == 1 ? 0 : row
      return Matrix(
        start: tensor.start + own * count * width + head * (width / heads), stride: width)
    }
  }

  private func rows<S: Scalar>(_ call: Call<S>, batch: Int, queries: Int, keys: Int)
    throws(CrosswalkError) -> Rows<S>
  {
    let differences = (1 - keys)...(queries - 1)
    if let learned {
      let weight = try call.parameter("weight")
      let places = try learned.places(of: differences)
      let first = places.min() ?? 0
      return Rows(
        tensor: weight, start: first, count: (places.max() ?? 0) - first + 1,
        places: places.map { $0 - first }, heads: heads, isLearned: true)
    }
    let tensor = try call.floating("rows")
    guard tensor.shape.count == 3, [1, batch].contains(tensor.shape[0]),
      tensor.shape[1] == queries + keys - 1
    else {
      throw CrosswalkError(
        .invalidInput, "rows that are not of all distances",
        expected: "(1 or \(batch), \(queries + keys - 1), …)", found: "\(tensor.shape)")
    }
    return Rows(
      tensor: tensor, start: 0, count: tensor.shape[1], places: Array(0..<tensor.shape[1]),
      heads: heads, isLearned: false)
  }
}

extension RelativeRows {
  /// The rows of a range of differences of a key's position and its query's.
  func places(of differences: ClosedRange<Int>) throws(CrosswalkError) -> [Int] {
    var places: [Int] = []
    for difference in differences {
      guard let row = row(of: difference) else {
        throw CrosswalkError(
          .invalidInput, "positions farther apart than there are rows",
          expected: "at most \(reach)", found: "\(abs(difference))")
      }
      places.append(row)
    }
    return places
  }
}

extension RelativeValues: Executable {
  func run<S: Scalar>(_ call: Call<S>) throws(CrosswalkError) -> Outcome<S> {
    let table = try call.floating("input")  // (batch, heads, queries, keys)
    guard table.shape.count == 4, table.shape[2] > 0, table.shape[3] > 0 else {
      throw CrosswalkError(.invalidInput, "not an attention table", found: "\(table.shape)")
    }
    let (batch, heads, queries, keys) = (
      table.shape[0], table.shape[1], table.shape[2], table.shape[3]
    )
    let weight = try call.parameter("weight")  // (rows, width)
    let places = try rows.places(of: (1 - keys)...(queries - 1))
    let first = places.min() ?? 0
    let count = (places.max() ?? 0) - first + 1
    let result = try Tensor<S>(shape: [batch, queries, heads * width])
    let pieces = Workers.pieces(batch * heads, cost: 2 * queries * (keys + count * width))
    let scratch = try Tensor<S>(shape: [pieces, queries, count])
    Workers.each(pieces) { piece in
      let sums = scratch.start + piece * queries * count
      for item in Workers.range(of: piece, among: pieces, batch * heads) {
        let (row, head) = item.quotientAndRemainder(dividingBy: heads)
        sums.update(repeating: 0, count: queries * count)
        for q in 0..<queries {
          let from = table.start + (item * queries + q) * keys
          for k in 0..<keys { sums[q * count + places[k - q + queries - 1] - first] += from[k] }
        }
        S.kernels.multiplyMatrices(
          Matrix(start: sums, stride: count),
          Matrix(start: weight.start + first * width, stride: width),
          Matrix(
            start: result.start + row * queries * result.width + head * width,
            stride: result.width),
          queries, width, count, 1)
      }
    }
    return Outcome(result)  // (batch, queries, heads × width)
  }
}

extension Distances: Executable {
  func run<S: Scalar>(_ call: Call<S>) throws(CrosswalkError) -> Outcome<S> {
    guard let query = call.optional("query")?.shape, let key = call.optional("key")?.shape,
      query.count >= 2, key.count >= 2, query[1] > 0, key[1] > 0
    else { throw CrosswalkError(.invalidInput, "distances are between positions of sequences") }
    let result = try Tensor<Int>(shape: [1, query[1] + key[1] - 1])
    for place in 0..<result.width {
      let distance = key[1] - 1 - place
      result.elements[place] = limit.map { min(max(distance, -$0), $0) } ?? distance
    }
    return Outcome(.integer(result))
  }
}

extension SegmentScores: Executable {
  func run<S: Scalar>(_ call: Call<S>) throws(CrosswalkError) -> Outcome<S> {
    let query = try call.floating("query")  // (batch, queries, heads × head width)
    let (own, others) = (try call.integer("query_ids"), try call.integer("key_ids"))
    guard query.shape.count == 3, own.shape == Array(query.shape.prefix(2)),
      others.shape.count == 2, others.shape[0] == own.shape[0]
    else {
      throw CrosswalkError(
        .invalidInput, "segments of other sequences than queries and keys",
        expected: "\(query.shape.prefix(2)) of queries", found: "\(own.shape), \(others.shape)")
    }
    let weight = try call.parameter("weight")  // (2, heads × head width)
    let (queries, keys, width) = (query.shape[1], others.shape[1], query.width / heads)
    let factor = S(scale ?? 1 / Double(width).squareRoot())
    let result = try Tensor<S>(shape: [query.shape[0], heads, queries, keys])
    for item in 0..<(query.shape[0] * heads * queries) {
      let (row, head) = (item / queries / heads, item / queries % heads)
      let place = row * queries + item % queries
      let content = query.start + place * query.width + head * width
      var products: (same: S, other: S) = (0, 0)
      for column in 0..<width {
        products.same += content[column] * weight.start[head * width + column]
        products.other += content[column] * weight.start[query.width + head * width + column]
      }
      for key in 0..<keys {
        let isSame = others.elements[row * keys + key] == own.elements[place]
        result.start[item * keys + key] = (isSame ? products.same : products.other) * factor
      }
    }
    return Outcome(result)  // (batch, heads, queries, keys)
  }
}
