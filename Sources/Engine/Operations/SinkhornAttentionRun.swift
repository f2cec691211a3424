import Architectures
import Diagnostics

extension SinkhornAttention: Executable {
  func run<S: Scalar>(_ call: Call<S>) throws(CrosswalkError) -> Outcome<S> {
    let heads = try HeadedInputs(call, heads: heads)
    guard heads.queries == heads.keys, heads.keys.isMultiple(of: block) else {
      throw CrosswalkError(
        .invalidInput, "a sequence that is not of whole blocks",
        expected: "as many queries as keys, a multiple of \(block)",
        found: "\(heads.queries) and \(heads.keys)")
    }
    let sorter = try BlockSorter(call, of: self, heads)
    let context = try Tensor<S>(shape: [heads.batch, heads.queries, self.heads * heads.valueWidth])
    let table = try call.wantsAttention ? heads.emptyTable() : nil
    let items = heads.batch * self.heads
    let parts = (shared > 0 ? shared : min(top, sorter.blocks)) + 1
    let cost = heads.keys * (parts * block + sorter.blocks) * heads.headWidth
    let pieces = Workers.pieces(items, cost: cost)
    var rooms: [SinkhornRoom<S>] = []
    for _ in 0..<pieces {
      rooms.append(try SinkhornRoom(heads, block: block, parts: parts))
    }
    Workers.each(pieces) { piece in
      for item in Workers.range(of: piece, among: pieces, items) {
        let isTurned = causal && item % self.heads >= self.heads / 2
        let room = rooms[piece]
        room.load(heads, item, turn: isTurned ? block - 1 : 0)
        let mixes = sorter.mixes(of: item, room)
        for own in 0..<sorter.blocks {
          attend(own, item, mixes, room, sorter, isTurned: isTurned)
          room.store(
            own, into: heads.head(context, item),
            table: table.map { $0.start + item * heads.queries * heads.keys },
            sorter.parts(of: own, in: mixes))
        }
      }
    }
    return Outcome(context, attention: table)
  }

  private func attend<S: Scalar>(
    _ own: Int, _ item: Int, _ mixes: [[BlockWeight<S>]], _ room: SinkhornRoom<S>,
    _ sorter: BlockSorter<S>, isTurned: Bool
  ) {
    let parts = sorter.parts(of: own, in: mixes)
    for (place, mix) in parts.enumerated() {
      sorter.mix(mix, item, room, into: place, readsKeys: sortedValues == .keys)
    }
    room.addOwn(own, after: parts.count)
    room.score(own, parts: parts.count + 1)
    hide(own, parts, room, sorter, isTurned: isTurned)
    room.read(parts: parts.count + 1)
  }

  /// Hides pairs of masked positions, and later ones of the block's own.
  private func hide<S: Scalar>(
    _ own: Int, _ parts: [[BlockWeight<S>]], _ room: SinkhornRoom<S>, _ sorter: BlockSorter<S>,
    isTurned: Bool
  ) {
    let sorted = parts.count * block
    let isLast = isTurned && own == room.length / block - 1
    // A part is masked as the block with the largest weight is; the package counts two blocks of
    // nothing before the first, however many there are.
    let shift = causal ? sorter.top - 2 : 0
    let leading = parts.map { part in
      (part.max { abs($0.weight) < abs($1.weight) }?.column ?? -1) + shift
    }
    for query in 0..<block {
      let row = room.scores(of: query)
      if room.isHidden(own * block + query) {
        row.update(repeating: -.infinity, count: sorted + block)
        continue
      }
      for key in 0..<block {
        for (place, block) in leading.enumerated()
        where (0..<sorter.blocks).contains(block) && room.isHidden(block * self.block + key) {
          row[place * self.block + key] = -.infinity
        }
        if room.isHidden(own * block + key) || (causal && key > query) {
          row[sorted + key] = -.infinity
        }
      }
      if isLast, query > 0 { row.update(repeating: -.infinity, count: sorted + 1) }
    }
  }
}

/// A block's share in a mixture; before the first block stand those of nothing.
struct BlockWeight<S: Scalar> {
  let column: Int
  let weight: S
}

/// What one head works in, its positions turned.
final class SinkhornRoom<S: Scalar>: @unchecked Sendable {
  let length: Int
  let width: Int
  let valueWidth: Int
  private let block: Int
  private let queries, keys, values, mixedKeys, mixedValues, scoreRoom, outputs: Tensor<S>
  private var hidden: [Bool] = []
  private var turn = 0

  init(_ heads: HeadedInputs<S>, block: Int, parts: Int) throws(CrosswalkError) {
    (length, width, valueWidth) = (heads.keys, heads.headWidth, heads.valueWidth)
    self.block = block
    queries = try Tensor(shape: [length, width])
    keys = try Tensor(shape: [length, width])
    values = try Tensor(shape: [length, valueWidth])
    mixedKeys = try Tensor(shape: [parts, block, width])
    mixedValues = try Tensor(shape: [parts, block, valueWidth])
    scoreRoom = try Tensor(shape: [block, parts, block])
    outputs = try Tensor(shape: [block, valueWidth])
  }

  func query(_ place: Int) -> UnsafeMutablePointer<S> { queries.start + place * width }
  func key(_ place: Int) -> UnsafeMutablePointer<S> { keys.start + place * width }
  func isHidden(_ place: Int) -> Bool { hidden[place] }
  func scores(of query: Int) -> UnsafeMutablePointer<S> { scoreRoom.start + query * seen }
  private var seen = 0

  func load(_ heads: HeadedInputs<S>, _ item: Int, turn: Int) {
    self.turn = turn
    let mask = heads.mask(of: item)
    for (source, target, width) in [
      (heads.head(heads.query, item), queries, width), (heads.head(heads.key, item), keys, width),
      (heads.head(heads.value, item), values, valueWidth),
    ] {
      for place in 0..<length {
        let from = source.start + (place + turn) % length * source.stride
        (target.start + place * width).update(from: from, count: width)
      }
    }
    hidden = (0..<length).map { mask?[($0 + turn) % length] == -S.infinity }
  }

  /// Adds a block, times its weight, to a part of what is seen.
  @specialized(where S == Float)
  @specialized(where S == Double)
  func mix(_ column: Int, _ weight: S, into part: Int, readsKeys: Bool) {
    let (target, source) = (mixedKeys.start + part * block * width, key(column * block))
    for place in 0..<(block * width) { target[place] += weight * source[place] }
    let count = block * valueWidth
    let (value, from) =
      (
        mixedValues.start + part * count,
        readsKeys ? source : values.start + column * count
      )
    for place in 0..<count { value[place] += weight * from[place] }
  }

  /// Adds one and the same row for each position of a block.
  @specialized(where S == Float)
  @specialized(where S == Double)
  func mix(
    rows key: UnsafeMutablePointer<S>, _ value: UnsafeMutablePointer<S>, _ weight: S, into part: Int
  ) {
    for place in 0..<block {
      let target = mixedKeys.start + (part * block + place) * width
      for column in 0..<width { target[column] += weight * key[column] }
      let values = mixedValues.start + (part * block + place) * valueWidth
      for column in 0..<valueWidth { values[column] += weight * value[column] }
    }
  }

  func clear(part: Int) {
    (mixedKeys.start + part * block * width).update(repeating: 0, count: block * width)
    (mixedValues.start + part * block * valueWidth).update(repeating: 0, count: block * valueWidth)
  }

  func addOwn(_ own: Int, after parts: Int) {
    (mixedKeys.start + parts * block * width).update(from: key(own * block), count: block * width)
    (mixedValues.start + parts * block * valueWidth).update(
      from: values.start + own * block * valueWidth, count: block * valueWidth)
  }

  func score(_ own: Int, parts: Int) {
    seen = parts * block
    S.kernels.multiplyMatrices(
      Matrix(start: query(own * block), stride: width),
      Matrix(start: mixedKeys.start, stride: width).transposed,
      Matrix(start: scoreRoom.start, stride: seen), block, seen, width,
      S(1 / Double(width).squareRoot()))
  }

  func read(parts: Int) {
    S.kernels.softmax(scoreRoom.start, nil, block, seen, true)
    S.kernels.multiplyMatrices(
      Matrix(start: scoreRoom.start, stride: seen),
      Matrix(start: mixedValues.start, stride: valueWidth),
      Matrix(start: outputs.start, stride: valueWidth), block, valueWidth, seen, 1)
  }

  /// Puts a block's results where its positions stand, and what was seen into a table.
  func store(
    _ own: Int, into target: Matrix<S>, table: UnsafeMutablePointer<S>?, _ parts: [[BlockWeight<S>]]
  ) {
    for query in 0..<block {
      let position = (own * block + query + turn) % length
      (target.start + position * target.stride).update(
        from: outputs.start + query * valueWidth, count: valueWidth)
      guard let table else { continue }
      let (row, probabilities) = (table + position * length, scores(of: query))
      for key in 0..<block {
        for (place, part) in parts.enumerated() {
          for share in part where share.column >= 0 {
            row[(share.column * block + key + turn) % length] +=
              probabilities[place * block + key] * share.weight
          }
        }
        row[(own * block + key + turn) % length] += probabilities[parts.count * block + key]
      }
    }
  }
}
