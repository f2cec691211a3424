import Architectures
import Diagnostics

extension Attention: Executable {
  static var spreadRoles: Set<String> { ["key", "value"] }

  func run<S: Scalar>(_ call: Call<S>) throws(CrosswalkError) -> Outcome<S> {
    let query = try call.floating("query")  // (batch, queries, heads × head width)
    let key = try call.floating("key")  // (batch, keys, key heads × head width)
    let value = try call.floating("value")  // (batch, keys, key heads × value width)
    let sizes = try Sizes(query: query, key: key, value: value, of: self)
    let parts = Heads(
      sizes: sizes, shared: heads / keyValueHeads, query: query, key: key, value: value,
      spreads: (
        call.spreads["key"] ?? sizes.keys * key.width,
        call.spreads["value"] ?? sizes.keys * value.width
      ))
    if !call.wantsAttention, !table, let stretches = stretches(of: sizes) {
      return Outcome(try run(call, parts, in: stretches))
    }
    return try run(call, parts)
  }

  /// Attention of all queries to all keys at once.
  private func run<S: Scalar>(_ call: Call<S>, _ parts: Heads<S>) throws(CrosswalkError)
    -> Outcome<S>
  {
    let sizes = parts.sizes
    let context = try Tensor<S>(
      shape: [sizes.batch, sizes.queries, heads * sizes.valueWidth])
    let cost = (score == .additive ? 16 : 2) * sizes.queries * sizes.keys * sizes.headWidth
    let pieces = Workers.pieces(sizes.batch * heads, cost: cost)
    let isWhole = call.wantsAttention || self.table
    // Where nobody wants the tables, each piece of work has one for all its heads in turn.
    let table = try Tensor<S>(
      shape: (isWhole ? [sizes.batch, heads] : [pieces]) + [sizes.queries, sizes.keys])
    let mask = try ScoreMask<S>(call, sizes: sizes, of: self)
    let sinks = sinks ? try call.parameter("sinks").elements.baseAddress : nil
    guard context.count > 0 else { return outcome(context, isWhole ? table : nil, call) }
    let area = sizes.queries * sizes.keys
    let score = try Scores<S>(call, sizes: sizes, of: self, pieces: pieces)
    Workers.each(pieces) { piece in
      for item in Workers.range(of: piece, among: pieces, sizes.batch * heads) {
        let (batch, head) = item.quotientAndRemainder(dividingBy: heads)
        let p = table.start + (isWhole ? item : piece) * area
        score.make(
          parts.query(batch, head), parts.key(batch, head), into: p, head: head, piece: piece,
          queries: sizes.queries, keys: sizes.keys)
        if let softCap { S.kernels.softCap(p, S(softCap), area) }
        mask.add(
          to: p, batch: batch, head: head, queries: 0..<sizes.queries, keys: 0..<sizes.keys)
        S.kernels.softmax(
          p, sinks.map { $0 + head }, sizes.queries, sizes.keys, fullyMasked == .uniform)
        let (values, target) = (parts.value(batch, head), parts.target(context, batch, head))
        if sizes.queries == 1 {
          S.kernels.weightedSum(
            p, values.start, values.stride, target.start, sizes.keys, sizes.valueWidth)
          continue
        }
        S.kernels.multiplyMatrices(
          Matrix(start: p, stride: sizes.keys), values, target, sizes.queries, sizes.valueWidth,
          sizes.keys, 1)
      }
    }
    return outcome(context, isWhole ? table : nil, call)
  }

  private func outcome<S: Scalar>(_ context: Tensor<S>, _ whole: Tensor<S>?, _ call: Call<S>)
    -> Outcome<S>
  {
    var outcome = Outcome(context, attention: call.wantsAttention ? whole : nil)
    if table, let whole { outcome.others = [.floating(whole)] }
    return outcome
  }

  /// The extents of one call.
  struct Sizes {
    let batch: Int
    let queries: Int
    let keys: Int
    let headWidth: Int
    let keyHeadWidth: Int
    let valueWidth: Int

    /// Those of a part of the queries and keys.
    init(_ whole: Sizes, queries: Int, keys: Int) {
      self.queries = queries
      self.keys = keys
      batch = whole.batch
      headWidth = whole.headWidth
      keyHeadWidth = whole.keyHeadWidth
      valueWidth = whole.valueWidth
    }

    init<S: Scalar>(query: Tensor<S>, key: Tensor<S>, value: Tensor<S>, of attention: Attention)
      throws(CrosswalkError)
    {
      batch = query.shape[0]
      queries = query.shape[1]
      keys = key.shape[1]
      headWidth = query.width / attention.heads
      keyHeadWidth = key.width / attention.keyValueHeads
      valueWidth = value.width / attention.keyValueHeads
      guard key.shape[0] == batch, value.shape[0] == batch, value.shape[1] == keys, keys > 0 else {
        throw CrosswalkError(
          .invalidInput, "queries, keys and values of different batches or lengths",
          expected: "key and value (\(batch), keys, …)", found: "\(key.shape), \(value.shape)")
      }
    }
  }
}
