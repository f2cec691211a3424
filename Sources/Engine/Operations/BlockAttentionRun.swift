import Architectures
import Diagnostics

extension BlockAttention: Executable {
  func run<S: Scalar>(_ call: Call<S>) throws(CrosswalkError) -> Outcome<S> {
    let heads = try HeadedInputs(call, heads: heads)
    guard heads.queries == heads.keys else {
      throw CrosswalkError(
        .invalidInput, "blocks of queries and keys of different lengths",
        expected: "as many of both", found: "\(heads.queries) queries, \(heads.keys) keys")
    }
    let globals = try globalKeys(call, heads)
    let layout = Layout(self, length: heads.keys)
    let bias = call.optional("distance_bias") == nil ? nil : try call.floating("distance_bias")
    let farthest = min(heads.keys, (max(before, after) + 1) * block)
    if let bias, bias.shape.count != 2 || bias.shape[0] < farthest || bias.width != self.heads {
      throw CrosswalkError(
        .invalidInput, "biases that do not cover all distances", at: Place(.key("distance_bias")),
        expected: "(\(farthest) or more, \(self.heads))", found: "\(bias.shape)")
    }
    let context = try Tensor<S>(shape: [heads.batch, heads.queries, self.heads * heads.valueWidth])
    let table = try call.wantsAttention ? heads.emptyTable() : nil
    let rotation =
      try layout.isWhole
      ? nil
      : rotary.map { rotary throws(CrosswalkError) in
        try SpanRotation<S>(rotary, width: heads.headWidth, span: (before + after + 1) * block)
      }
    let items = heads.batch * self.heads * layout.blocks
    let most = layout.most + (globals.map(\.positions.count).max() ?? 0)
    let pieces = Workers.pieces(items, cost: 2 * layout.block * most * heads.headWidth)
    var spans: [AttentionSpan<S>] = []
    for _ in 0..<pieces {
      spans.append(
        try AttentionSpan(
          heads, scores, queries: layout.block, keys: max(1, most), rotation: rotation))
    }
    Workers.each(pieces) { piece in
      for place in Workers.range(of: piece, among: pieces, items) {
        let (item, own) = place.quotientAndRemainder(dividingBy: layout.blocks)
        let span = spans[piece]
        let rule = gather(own, item, layout, globals[item / self.heads], into: span)
        span.score(rule, of: item, bias: bias)
        span.attend(
          into: heads.head(context, item),
          table: table.map { $0.start + item * heads.queries * heads.keys })
      }
    }
    if hiddenZero, !layout.isWhole { clear(context, table, heads) }
    return Outcome(context, attention: table)
  }

  /// Puts zeros in the place of what hidden queries got.
  private func clear<S: Scalar>(
    _ context: Tensor<S>, _ table: Tensor<S>?, _ heads: HeadedInputs<S>
  ) {
    guard let mask = heads.mask else { return }
    for place in 0..<mask.count where mask.elements[place] == -S.infinity {
      (context.start + place * context.width).update(repeating: 0, count: context.width)
      guard let table else { continue }
      let (row, query) = place.quotientAndRemainder(dividingBy: heads.keys)
      for head in 0..<self.heads {
        let line = ((row * self.heads + head) * heads.queries + query) * heads.keys
        (table.start + line).update(repeating: 0, count: heads.keys)
      }
    }
  }

  /// The keys that all queries see, for each row of the batch.
  private func globalKeys<S: Scalar>(_ call: Call<S>, _ heads: HeadedInputs<S>)
    throws(CrosswalkError) -> [Globals]
  {
    guard let flags = call.optional("global") else {
      return Array(repeating: Globals([]), count: heads.batch)
    }
    guard flags.shape == [heads.batch, heads.keys] else {
      throw CrosswalkError(
        .invalidInput, "flags of another shape than batch and keys", at: Place(.key("global")),
        expected: "\([heads.batch, heads.keys])", found: "\(flags.shape)")
    }
    return (0..<heads.batch).map { row in
      let keys = (row * heads.keys)..<((row + 1) * heads.keys)
      return switch flags {
      case .floating(let tensor): Globals(tensor.elements[keys].map { $0 != 0 })
      case .integer(let tensor): Globals(tensor.elements[keys].map { $0 != 0 })
      }
    }
  }

  /// Takes the queries of a block and the keys that they see.
  private func gather<S: Scalar>(
    _ own: Int, _ item: Int, _ layout: Layout, _ globals: Globals, into span: AttentionSpan<S>
  ) -> AttentionSpan<S>.Rule {
    var rule = AttentionSpan<S>.Rule(causal: causal)
    span.begin()
    let turn = rotary == nil || layout.isWhole ? nil : (before + after) * block
    for (offset, position) in layout.positions(of: own).enumerated() {
      span.addQuery(at: position, of: item, turn: turn.map { $0 + offset })
    }
    if layout.isGlobal(own) {
      for key in 0..<layout.length { span.addKey(at: key, of: item) }
      return rule
    }
    if exact { rule.reach = (before * block, after * block) }
    let seen = layout.neighbours(of: own, before, after, wrapped: wrapped)
    for (place, neighbour) in seen {
      for offset in 0..<block {
        let position = neighbour * block + offset
        guard position < layout.length || padding == .zeros else { break }
        span.addKey(
          at: position, of: item, turn: turn == nil ? nil : place * block + offset,
          isGlobal: globals.contains(position))
      }
    }
    let near = Set(seen.map(\.block))
    for other in layout.globals where !near.contains(other) {
      for key in layout.positions(of: other) { span.addKey(at: key, of: item) }
    }
    for other in further.map({ $0 < 0 ? $0 + layout.blocks : $0 }) where layout.isBlock(other) {
      for key in layout.positions(of: other) { span.addKey(at: key, of: item) }
    }
    for key in globals.positions where !near.contains(key / block) {
      span.addKey(at: key, of: item, isGlobal: true)
    }
    return rule
  }

  /// The keys of a row of the batch that all queries see.
  struct Globals {
    let positions: [Int]
    private let flags: [Bool]

    init(_ flags: [Bool]) {
      self.flags = flags
      positions = flags.indices.filter { flags[$0] }
    }

    func contains(_ position: Int) -> Bool { flags.indices.contains(position) && flags[position] }
  }

  /// How a sequence falls into blocks.
  struct Layout {
    let length: Int
    let block: Int
    let blocks: Int
    let isWhole: Bool
    /// The most keys that a block of queries sees.
    let most: Int
    private let ends: (first: Int, last: Int)

    init(_ attention: BlockAttention, length: Int) {
      self.length = length
      isWhole = length <= attention.wholeUpTo
      block = isWhole ? max(length, 1) : min(attention.block, max(length, 1))
      let multiple = attention.multiple ?? attention.block
      let filled = (length + multiple - 1) / multiple * (multiple / attention.block)
      blocks = isWhole ? 1 : filled
      ends = (min(attention.first, blocks), min(attention.last, blocks))
      let around = attention.before + attention.after + 1
      let others = ends.first + ends.last + attention.further.count
      let near = (attention.wrapped ? around : min(around, blocks)) + others
      // Where that is beyond counting, so is the memory that would be asked for.
      let some = near.multipliedReportingOverflow(by: attention.block)
      let hasEnds = isWhole || ends.first + ends.last > 0
      most = some.overflow ? .max : hasEnds ? max(length, some.partialValue) : some.partialValue
    }

    /// The blocks around one, each with its place among all that can be there.
    func neighbours(of own: Int, _ before: Int, _ after: Int, wrapped: Bool) -> [(
      place: Int, block: Int
    )] {
      if wrapped {
        return (0...(before + after)).map { place in
          let block = (own - before + place) % blocks
          return (place, block < 0 ? block + blocks : block)
        }
      }
      return (max(0, own - before)...min(blocks - 1, own + after)).map { ($0 - own + before, $0) }
    }

    func isBlock(_ place: Int) -> Bool { place >= 0 && place < blocks }

    func isGlobal(_ place: Int) -> Bool {
      isWhole || place < ends.first || place >= blocks - ends.last
    }

    /// The blocks that all see.
    var globals: [Int] {
      Array(0..<ends.first) + Array(max(ends.first, blocks - ends.last)..<blocks)
    }

    func positions(of place: Int) -> Range<Int> {
      min(length, place * block)..<min(length, (place + 1) * block)
    }
  }
}
