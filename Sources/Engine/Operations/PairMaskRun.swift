import Architectures
import Diagnostics
import Tensors

extension Reshape: Executable {
  func run<S: Scalar>(_ call: Call<S>) throws(CrosswalkError) -> Outcome<S> {
    guard let input = call.optional("input") else {
      throw CrosswalkError(.invalidInput, "nothing flows into 'input'")
    }
    var shape = input.shape
    let range = try range(of: shape.count)
    shape.replaceSubrange(range, with: try extents(of: Array(shape[range])))
    return Outcome(input.reshaped(shape))
  }
}

extension PairMask: Executable {
  func run<S: Scalar>(_ call: Call<S>) throws(CrosswalkError) -> Outcome<S> {
    let queries = try length(of: "query", call)
    let keys = try length(of: "key", call)
    let rows = try flags("query_mask", of: queries, call)
    var columns: [Flags] = []
    for role in ["key_mask", "value_mask"] {
      if let flags = try flags(role, of: keys, call) { columns.append(flags) }
    }
    let pairs = call.optional("mask")
    let front = pairs.map { Array($0.shape.dropLast(2)) } ?? []
    if let pairs, Array(pairs.shape.suffix(2)) != [queries, keys] || front.count > 2 {
      throw CrosswalkError(
        .invalidInput, "a mask of another shape than queries and keys",
        expected: "(…, \(queries), \(keys))", found: "\(pairs.shape)")
    }
    let batches = ([rows] + columns.map(Optional.some)).compactMap { $0?.batch } + front.prefix(1)
    let batch = batches.max() ?? 1
    guard batches.allSatisfy({ $0 == batch || $0 == 1 }) else {
      throw CrosswalkError(
        .invalidInput, "masks of different batches", expected: "\(batch)", found: "\(batches)")
    }
    let heads = front.count == 2 ? front[1] : 1
    let visible = pairs.map(truths)
    let mask = try Tensor<S>(shape: [batch, heads, queries, keys])
    for item in 0..<(batch * heads) {
      let (row, head) = item.quotientAndRemainder(dividingBy: heads)
      let part = ((front.first ?? 1) == 1 ? 0 : row) * heads + head
      for query in 0..<queries {
        for key in 0..<keys {
          let isSeen =
            own && key - query == keys - queries
            || isNear(query, key) && rows?.isSet(row, query) ?? true
              && columns.allSatisfy { $0.isSet(row, key) }
              && visible?[(part * queries + query) * keys + key] ?? true
          mask.elements[(item * queries + query) * keys + key] = isSeen ? 0 : -S.infinity
        }
      }
    }
    return Outcome(mask)
  }

  private func isNear(_ query: Int, _ key: Int) -> Bool {
    (after.map { key - query <= $0 } ?? true) && (before.map { query - key <= $0 } ?? true)
  }

  private func length<S: Scalar>(of role: String, _ call: Call<S>) throws(CrosswalkError) -> Int {
    guard let shape = call.optional(role)?.shape, shape.count >= 2 else {
      throw CrosswalkError(.invalidInput, "'\(role)' has no sequence")
    }
    return shape[1]
  }

  private func flags<S: Scalar>(_ role: String, of length: Int, _ call: Call<S>)
    throws(CrosswalkError) -> Flags?
  {
    guard let value = call.optional(role) else { return nil }
    guard value.shape.count == 2, value.shape[1] == length else {
      throw CrosswalkError(
        .invalidInput, "'\(role)' is not as long as its sequence", expected: "(batch, \(length))",
        found: "\(value.shape)")
    }
    return Flags(batch: value.shape[0], length: length, truths: truths(value))
  }

  private func truths<S: Scalar>(_ value: Value<S>) -> [Bool] {
    switch value {
    case .floating(let tensor): tensor.elements.map { $0 != 0 }
    case .integer(let tensor): tensor.elements.map { $0 != 0 }
    }
  }

  /// A mask (1 or batch, sequence).
  private struct Flags {
    let batch: Int
    let length: Int
    let truths: [Bool]

    func isSet(_ row: Int, _ position: Int) -> Bool {
      truths[(batch == 1 ? 0 : row) * length + position]
    }
  }
}
