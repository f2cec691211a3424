import Architectures
import Diagnostics

extension LinearAttention: Executable {
  func run<S: Scalar>(_ call: Call<S>) throws(CrosswalkError) -> Outcome<S> {
    let heads = try HeadedInputs(call, heads: heads)
    guard !causal || heads.queries == heads.keys else {
      throw CrosswalkError(
        .invalidInput, "causal linear attention of queries and keys of different lengths",
        expected: "as many of both", found: "\(heads.queries) queries, \(heads.keys) keys")
    }
    guard heads.queries.isMultiple(of: block) else {
      throw CrosswalkError(
        .invalidInput, "a sequence that blocks do not divide",
        expected: "a multiple of \(block)", found: "\(heads.queries)")
    }
    let projection = call.optional("projection") == nil ? nil : try call.floating("projection")
    let maker = FeatureMaker(of: self, projection: projection, heads: heads)
    let context = try Tensor<S>(shape: [heads.batch, heads.queries, self.heads * heads.valueWidth])
    let table = try call.wantsAttention ? heads.emptyTable() : nil
    let items = heads.batch * self.heads
    let pieces = Workers.pieces(
      items, cost: (heads.queries + heads.keys) * maker.count * (heads.valueWidth + 8))
    var rooms: [LinearRoom<S>] = []
    for _ in 0..<pieces {
      rooms.append(
        try LinearRoom(heads: heads, features: maker.count, causal: causal, block: block))
    }
    Workers.each(pieces) { piece in
      let room = rooms[piece]
      for item in Workers.range(of: piece, among: pieces, items) {
        maker.make(item, room)
        room.loadValues(heads, item, hidden: masked == .values)
        if causal {
          block == 1 ? sumUpTo(room, heads) : sumBlocksBefore(room, heads)
        } else {
          sumAll(room, heads)
        }
        room.store(into: context, heads, item)
        if let table { imply(table, item, room, heads) }
      }
    }
    return Outcome(context, attention: table)
  }

  /// Every query with every key.
  private func sumAll<S: Scalar>(_ room: LinearRoom<S>, _ heads: HeadedInputs<S>) {
    room.forget()
    room.add(keys: 0..<heads.keys)
    room.read(queries: 0..<heads.queries)
    divide(room, 0..<heads.queries, room.sums)
  }

  /// Each query with the keys of the blocks before its own.
  private func sumBlocksBefore<S: Scalar>(_ room: LinearRoom<S>, _ heads: HeadedInputs<S>) {
    room.forget()
    for start in stride(from: 0, to: heads.queries, by: block) {
      let part = start..<(start + block)
      room.read(queries: part)
      divide(room, part, room.sums)
      room.add(keys: part)
    }
  }

  /// Each query with the keys up to its own, a stretch at a time: those of the stretch one by one,
  /// those before it by their sum.
  private func sumUpTo<S: Scalar>(_ room: LinearRoom<S>, _ heads: HeadedInputs<S>) {
    room.forget()
    for start in stride(from: 0, to: heads.queries, by: LinearRoom<S>.stretch) {
      let part = start..<min(heads.queries, start + LinearRoom<S>.stretch)
      room.read(queries: part)
      room.readWithin(part)
      for query in part {
        room.addSum(of: query)
        divide(room, query..<(query + 1), room.sums)
      }
      room.add(keys: part, alsoSums: false)
    }
  }

  @specialized(where S == Float)
  @specialized(where S == Double)
  private func divide<S: Scalar>(
    _ room: LinearRoom<S>, _ queries: Range<Int>, _ sums: UnsafeMutablePointer<S>
  ) {
    guard normalised else { return }
    for query in queries {
      let divisor = divisor(room, query, sums)
      let row = room.output + query * room.valueWidth
      for column in 0..<room.valueWidth { row[column] /= divisor }
    }
  }

  @specialized(where S == Float)
  @specialized(where S == Double)
  private func divisor<S: Scalar>(
    _ room: LinearRoom<S>, _ query: Int, _ sums: UnsafeMutablePointer<S>
  ) -> S {
    let features = room.queryFeatures + query * room.features
    var sum = S(epsilon)
    for feature in 0..<room.features { sum += features[feature] * (sums[feature] + S(sumEpsilon)) }
    return least.map { max(sum, S($0)) } ?? sum
  }

  /// The table that would have given the same: φ(q) · φ(k), divided as the context was.
  private func imply<S: Scalar>(
    _ table: Tensor<S>, _ item: Int, _ room: LinearRoom<S>, _ heads: HeadedInputs<S>
  ) {
    let start = table.start + item * heads.queries * heads.keys
    S.kernels.multiplyMatrices(
      Matrix(start: room.queryFeatures, stride: room.features),
      Matrix(start: room.keyFeatures, stride: room.features).transposed,
      Matrix(start: start, stride: heads.keys), heads.queries, heads.keys, room.features, 1)
    room.forget()
    if !causal { room.addSums(0..<heads.keys) }
    for query in 0..<heads.queries {
      let row = start + query * heads.keys
      if causal {
        let end = block == 1 ? query + 1 : query / block * block
        (row + end).update(repeating: 0, count: heads.keys - end)
        if block == 1 {
          room.addSum(of: query)
        } else if query > 0, query.isMultiple(of: block) {
          room.addSums((query - block)..<query)
        }
      }
      if masked == .values { heads.hide(row, item: item) }
      if normalised {
        let divisor = divisor(room, query, room.sums)
        S.kernels.scale(row, 1 / divisor, heads.keys)
      }
    }
  }
}
