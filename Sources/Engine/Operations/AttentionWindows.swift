import Architectures
import Diagnostics

extension Attention {
  /// How many queries within windows are worked on together.
  private static let tile = 64

  /// The stretches of queries, and of the keys that they may see, where windows leave out most of
  /// all pairs; nil where they do not, and all scores may as well be made at once.
  func stretches(of sizes: Sizes) -> [Stretch]? {
    guard before != nil || after != nil, score != .location, sizes.queries > Self.tile else {
      return nil
    }
    let stretches = stride(from: 0, to: sizes.queries, by: Self.tile).map { first in
      let queries = first..<min(first + Self.tile, sizes.queries)
      let keys = visibleKeys(of: queries.lowerBound, sizes).lowerBound
      let end = visibleKeys(of: queries.upperBound - 1, sizes).upperBound
      return Stretch(queries: queries, keys: keys..<max(keys, end))
    }
    // Of a window that is open to one side half is left out, at which long rows are as fast.
    let most = stretches.map(\.keys.count).max() ?? 0
    return 2 * most < sizes.keys ? stretches : nil
  }

  /// Queries that stand together, and all keys that one of them may see.
  struct Stretch {
    let queries: Range<Int>
    let keys: Range<Int>
  }

  /// The keys within the window around a query's own position.
  func visibleKeys(of query: Int, _ sizes: Sizes) -> Range<Int> {
    let own = query + sizes.keys - sizes.queries
    let reach = sizes.keys + sizes.queries
    let end = after.map { own + min($0, reach) + 1 } ?? sizes.keys
    let start = before.map { own - min($0, reach) } ?? 0
    let last = max(0, min(end, sizes.keys))
    return max(0, min(start, last))..<last
  }

  /// Attention stretch by stretch, which costs what the windows have, not all pairs.
  func run<S: Scalar>(_ call: Call<S>, _ heads: Heads<S>, in stretches: [Stretch])
    throws(CrosswalkError) -> Tensor<S>
  {
    let sizes = heads.sizes
    let most = Sizes(
      sizes, queries: min(Self.tile, sizes.queries), keys: stretches.map(\.keys.count).max() ?? 0)
    let items = sizes.batch * self.heads * stretches.count
    let pieces = Workers.pieces(items, cost: 2 * most.queries * most.keys * sizes.headWidth)
    let room = try Tensor<S>(shape: [pieces, most.queries, max(most.keys, 1)])
    let score = try Scores<S>(call, sizes: most, of: self, pieces: pieces)
    let mask = try ScoreMask<S>(call, sizes: sizes, of: self)
    let sinks = sinks ? try call.parameter("sinks").elements.baseAddress : nil
    let context = try Tensor<S>(
      shape: [sizes.batch, sizes.queries, self.heads * sizes.valueWidth])
    Workers.each(pieces) { piece in
      let p = room.start + piece * most.queries * max(most.keys, 1)
      for place in Workers.range(of: piece, among: pieces, items) {
        let (item, number) = place.quotientAndRemainder(dividingBy: stretches.count)
        let (batch, head) = item.quotientAndRemainder(dividingBy: self.heads)
        let (queries, keys) = (stretches[number].queries, stretches[number].keys)
        let target = heads.target(context, batch, head, from: queries.lowerBound)
        guard !keys.isEmpty else {
          for row in 0..<queries.count { blind(heads, batch, head, sinks, target, row) }
          continue
        }
        score.make(
          heads.query(batch, head, from: queries.lowerBound),
          heads.key(batch, head, from: keys.lowerBound), into: p, head: head, piece: piece,
          queries: queries.count, keys: keys.count)
        if let softCap { S.kernels.softCap(p, S(softCap), queries.count * keys.count) }
        mask.add(to: p, batch: batch, head: head, queries: queries, keys: keys)
        let hidden = hiddenRows(p, queries.count, keys.count)
        S.kernels.softmax(p, sinks.map { $0 + head }, queries.count, keys.count, false)
        S.kernels.multiplyMatrices(
          Matrix(start: p, stride: keys.count), heads.value(batch, head, from: keys.lowerBound),
          target, queries.count, sizes.valueWidth, keys.count, 1)
        for row in hidden { blind(heads, batch, head, sinks, target, row) }
      }
    }
    return context
  }

  /// The rows of scores in which no key is seen.
  @specialized(where S == Float)
  @specialized(where S == Double)
  private func hiddenRows<S: Scalar>(
    _ scores: UnsafeMutablePointer<S>, _ queries: Int, _ keys: Int
  ) -> [Int] {
    (0..<queries).filter { row in
      (0..<keys).allSatisfy { scores[row * keys + $0] == -.infinity }
    }
  }

  /// What a query gets that sees no key: the mean of all values, far ones too, or zeros.
  private func blind<S: Scalar>(
    _ heads: Heads<S>, _ batch: Int, _ head: Int, _ sinks: UnsafeMutablePointer<S>?,
    _ target: Matrix<S>, _ row: Int
  ) {
    let line = target.start + row * target.stride
    if sinks == nil, fullyMasked == .uniform {
      heads.mean(batch, head, into: line)
    } else {
      line.update(repeating: 0, count: heads.sizes.valueWidth)
    }
  }
}

/// Where the heads of queries, keys and values stand.
struct Heads<S: Scalar>: Sendable {
  let sizes: Attention.Sizes
  /// How many query heads share a key head.
  let shared: Int
  let query: Tensor<S>
  let key: Tensor<S>
  let value: Tensor<S>
  /// From one item of the batch to the next.
  let spreads: (key: Int, value: Int)

  func query(_ batch: Int, _ head: Int, from place: Int = 0) -> Matrix<S> {
    Matrix(
      start: query.start + (batch * sizes.queries + place) * query.width + head * sizes.headWidth,
      stride: query.width)
  }

  func key(_ batch: Int, _ head: Int, from place: Int = 0) -> Matrix<S> {
    let start = batch * spreads.key + place * key.width + head / shared * sizes.keyHeadWidth
    return Matrix(start: key.start + start, stride: key.width)
  }

  func value(_ batch: Int, _ head: Int, from place: Int = 0) -> Matrix<S> {
    let start = batch * spreads.value + place * value.width + head / shared * sizes.valueWidth
    return Matrix(start: value.start + start, stride: value.width)
  }

  func target(_ context: Tensor<S>, _ batch: Int, _ head: Int, from place: Int = 0) -> Matrix<S> {
    Matrix(
      start: context.start + (batch * sizes.queries + place) * context.width
        + head * sizes.valueWidth,
      stride: context.width)
  }

  /// The mean of all values: what a query gets that sees none.
  func mean(_ batch: Int, _ head: Int, into row: UnsafeMutablePointer<S>) {
    let values = value(batch, head)
    for column in 0..<sizes.valueWidth {
      var sum: S = 0
      for place in 0..<sizes.keys { sum += values.start[place * values.stride + column] }
      row[column] = sum / S(sizes.keys)
    }
  }
}
