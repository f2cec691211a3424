import Architectures
import Diagnostics

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// What weights the blocks of a sequence have in the mixtures that each block sees.
struct BlockSorter<S: Scalar>: Sendable {
  private let attention: SinkhornAttention
  private let heads: HeadedInputs<S>
  private let sort: Tensor<S>?
  private let noise: Tensor<S>?
  private let nullKey: Tensor<S>?
  private let nullValue: Tensor<S>?
  /// How many sorted blocks each block sees, and how many of nothing stand before the first.
  let top: Int
  let blocks: Int

  init(_ call: Call<S>, of attention: SinkhornAttention, _ heads: HeadedInputs<S>)
    throws(CrosswalkError)
  {
    self.attention = attention
    self.heads = heads
    blocks = heads.keys / attention.block
    top = min(attention.top, blocks)
    func given(_ role: String, _ fits: ([Int]) -> Bool) throws(CrosswalkError) -> Tensor<S>? {
      guard call.optional(role) != nil else { return nil }
      let tensor = try call.floating(role)
      guard fits(tensor.shape) else {
        throw CrosswalkError(
          .invalidInput, "'\(role)' of another shape than heads and blocks have",
          found: "\(tensor.shape)")
      }
      return tensor
    }
    let (blocks, top, width) = (blocks, top, heads.headWidth)
    sort = try given("sort") { shape in
      shape.count == 3 && shape[0] == heads.heads && shape[1] == 2 * width
        && (attention.causal ? shape[2] >= blocks + top : shape[2] == blocks)
    }
    let rows = attention.shared > 0 && call.optional("sort") == nil ? 1 : blocks
    noise = try given("noise") { $0 == [heads.batch * heads.heads, rows, blocks] }
    nullKey = try given("null_key") { $0 == [heads.heads, 1, width] }
    nullValue = try given("null_value") { $0 == [heads.heads, 1, heads.valueWidth] }
    guard attention.shared <= blocks || (sort != nil && attention.shared <= blocks * top) else {
      throw CrosswalkError(
        .invalidInput, "fewer blocks than all share", expected: "\(attention.shared) or more",
        found: "\(blocks)")
    }
  }

  /// The mixtures that a block sees.
  func parts(of own: Int, in mixes: [[BlockWeight<S>]]) -> [[BlockWeight<S>]] {
    if attention.shared > 0 { return mixes.map(shifted) }
    let each = mixes.count / blocks
    return mixes[(own * each)..<((own + 1) * each)].map(shifted)
  }

  /// Columns as blocks: those of nothing, before the first, are negative.
  private func shifted(_ mix: [BlockWeight<S>]) -> [BlockWeight<S>] {
    attention.causal ? mix.map { BlockWeight(column: $0.column - top, weight: $0.weight) } : mix
  }

  func mix(
    _ shares: [BlockWeight<S>], _ item: Int, _ room: SinkhornRoom<S>, into part: Int,
    readsKeys: Bool
  ) {
    room.clear(part: part)
    let head = item % heads.heads
    for share in shares {
      if share.column >= 0 {
        room.mix(share.column, share.weight, into: part, readsKeys: readsKeys)
      } else if let nullKey, let nullValue {
        room.mix(
          rows: nullKey.start + head * heads.headWidth,
          nullValue.start + head * heads.valueWidth, share.weight, into: part)
      }
    }
  }

  /// The mixtures of all blocks, one after the other, or those that all share.
  func mixes(of item: Int, _ room: SinkhornRoom<S>) -> [[BlockWeight<S>]] {
    var rows = scores(item, room)
    if attention.iterations > 0 { return leading(iterated(rows, item)) }
    let isPlain = !attention.causal && sort == nil
    let isOne = attention.shared > 0 && sort == nil
    let temperature = S(isPlain ? 1 : attention.temperature)
    var mixes: [[BlockWeight<S>]] = []
    for row in rows.indices {
      for _ in 0..<(isOne ? attention.shared : top) {
        let largest = rows[row].max() ?? 0
        var sum: S = 0
        for score in rows[row] { sum += S(exp(Double((score - largest) / temperature))) }
        let place = rows[row].withUnsafeMutableBufferPointer { scores in
          scores.baseAddress.flatMap {
            TopSelection.positions(1, of: $0, count: scores.count).first
          } ?? 0
        }
        mixes.append([BlockWeight(column: place, weight: 1 / sum)])
        rows[row][place] = -.infinity
      }
    }
    return leading(mixes)
  }

  /// Those that all share, of the mixtures that there are, or all.
  private func leading(_ mixes: [[BlockWeight<S>]]) -> [[BlockWeight<S>]] {
    attention.shared > 0 ? Array(mixes.prefix(attention.shared)) : mixes
  }

  /// What blocks make of one another: (blocks, or one for all, by nothing and blocks).
  private func scores(_ item: Int, _ room: SinkhornRoom<S>) -> [[S]] {
    let (block, width) = (attention.block, heads.headWidth)
    var (queries, keys): ([[S]], [[S]]) = ([], [])
    if attention.causal {
      let means = running(room.key)
      if sort == nil {
        let first = running(room.query)
        queries = (0..<blocks).map { first[$0 * block] }
        keys = (0..<blocks).map { sum(of: ($0 * block)..<(($0 + 1) * block)) { means[$0] } }
      } else {
        queries = (0..<blocks).map { means[$0 * block] }
        keys = (0..<blocks).map { numbers(room.key($0 * block)) }
      }
    } else {
      let spans = (0..<blocks).map { ($0 * block)..<(($0 + 1) * block) }
      let all = attention.shared > 0 && sort == nil ? [0..<room.length] : spans
      let isMean = sort == nil
      queries = all.map { span in
        sum(of: span) { numbers(room.query($0)) }.map { isMean ? $0 / S(span.count) : $0 }
      }
      keys = spans.map { span in
        sum(of: span) { numbers(room.key($0)) }.map { isMean ? $0 / S(span.count) : $0 }
      }
    }
    let nothing = attention.causal ? top : 0
    var rows: [[S]] = []
    for (own, query) in queries.enumerated() {
      var row: [S]
      if let sort {
        row = learned(query + keys[own], sort, item % heads.heads, nothing + blocks)
      } else {
        let scale = S(1 / Double(width).squareRoot())
        row = Array(repeating: 0, count: nothing)
        row += keys.map { key in zip(query, key).reduce(S(0)) { $0 + $1.0 * $1.1 } * scale }
      }
      if attention.causal { for other in own..<blocks { row[nothing + other] = -.infinity } }
      rows.append(row)
    }
    return rows
  }

  private func learned(_ input: [S], _ sort: Tensor<S>, _ head: Int, _ count: Int) -> [S] {
    let start = sort.start + head * input.count * sort.width
    return (0..<count).map { column in
      var sum: S = 0
      for (row, number) in input.enumerated() { sum += number * start[row * sort.width + column] }
      return sum > 0 ? sum : attention.causal ? sum * S(0.01) : 0
    }
  }

  /// The mean of all rows up to each.
  private func running(_ row: (Int) -> UnsafeMutablePointer<S>) -> [[S]] {
    var sum = [S](repeating: 0, count: heads.headWidth)
    return (0..<heads.keys).map { place in
      let next = row(place)
      for column in sum.indices { sum[column] += next[column] }
      return sum.map { $0 / S(place + 1) }
    }
  }

  private func sum(of places: Range<Int>, _ row: (Int) -> [S]) -> [S] {
    var sum = [S](repeating: 0, count: heads.headWidth)
    for place in places {
      for (column, number) in row(place).enumerated() { sum[column] += number }
    }
    return sum
  }

  private func numbers(_ start: UnsafeMutablePointer<S>) -> [S] {
    Array(UnsafeBufferPointer(start: start, count: heads.headWidth))
  }

  /// Sinkhorn's iterations: rows and columns in turn are made to sum up to one.
  private func iterated(_ rows: [[S]], _ item: Int) -> [[BlockWeight<S>]] {
    var table = rows.enumerated().map { row, scores in
      scores.enumerated().map { column, score in
        let added = noise.map { $0.elements[(item * rows.count + row) * blocks + column] } ?? 0
        return (log(Double(max(score, 0)) + 1e-6) + Double(added)) / attention.temperature
      }
    }
    func normalised(_ line: [Double]) -> [Double] {
      let largest = line.max() ?? 0
      let total = largest + log(line.reduce(0) { $0 + exp($1 - largest) })
      return line.map { $0 - total }
    }
    for _ in 0..<attention.iterations {
      table = table.map(normalised)
      for column in 0..<blocks {
        let line = normalised(table.map { $0[column] })
        for row in table.indices { table[row][column] = line[row] }
      }
    }
    return table.map { row in
      row.enumerated().map { BlockWeight(column: $0, weight: S(exp($1))) }
    }
  }
}
