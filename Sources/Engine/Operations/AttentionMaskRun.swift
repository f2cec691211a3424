import Architectures
import Diagnostics

/// Everything that is added to scores before the softmax, in the shape each part came in.
struct ScoreMask<S: Scalar> {
  /// (1 or batch, keys).
  let keys: Tensor<S>?
  /// (queries, keys), or with axes of heads and batch in front.
  let pairs: Tensor<S>?
  let sizes: Attention.Sizes
  let attention: Attention
  private var heads: Int { attention.heads }

  init(_ call: Call<S>, sizes: Attention.Sizes, of attention: Attention) throws(CrosswalkError) {
    self.sizes = sizes
    self.attention = attention
    keys = call.optional("key_mask") == nil ? nil : try call.floating("key_mask")
    pairs = call.optional("mask") == nil ? nil : try call.floating("mask")
    if let keys, keys.shape != [sizes.batch, sizes.keys] {
      throw CrosswalkError(
        .invalidInput, "a key mask of another shape than batch and keys",
        expected: "\([sizes.batch, sizes.keys])", found: "\(keys.shape)")
    }
    if let pairs, !fits(pairs.shape) {
      throw CrosswalkError(
        .invalidInput, "a mask of another shape than queries and keys",
        expected: "(\(sizes.queries), \(sizes.keys)), also with batch × heads in front",
        found: "\(pairs.shape)")
    }
  }

  private func fits(_ shape: [Int]) -> Bool {
    guard shape.suffix(2) == [sizes.queries, sizes.keys] else { return false }
    let front = Array(shape.dropLast(2))
    return front.isEmpty || front == [sizes.batch * heads] || front == [sizes.batch, heads]
      || front == [sizes.batch, 1] || front == [1, heads] || front == [1, 1]
  }

  /// Adds up what there is to scores of some queries and keys that stand together.
  func add(
    to scores: UnsafeMutablePointer<S>, batch: Int, head: Int, queries: Range<Int>,
    keys seen: Range<Int>
  ) {
    if let pairs {
      let from = pairs.start + start(in: pairs.shape, batch, head) + seen.lowerBound
      let (lines, width) =
        seen.count == sizes.keys ? (1, queries.count * seen.count) : (queries.count, seen.count)
      for line in 0..<lines {
        let row = from + (queries.lowerBound + line) * sizes.keys
        S.kernels.add(scores + line * seen.count, row, width)
      }
    }
    if let keys {
      S.kernels.addBias(
        scores, keys.start + batch * sizes.keys + seen.lowerBound, queries.count, seen.count)
    }
    guard attention.before != nil || attention.after != nil else { return }
    for (line, query) in queries.enumerated() {
      let row = scores + line * seen.count
      let visible = attention.visibleKeys(of: query, sizes).clamped(to: seen)
      for key in seen.lowerBound..<visible.lowerBound { row[key - seen.lowerBound] = -S.infinity }
      for key in visible.upperBound..<seen.upperBound { row[key - seen.lowerBound] = -S.infinity }
    }
  }

  private func start(in shape: [Int], _ batch: Int, _ head: Int) -> Int {
    let area = sizes.queries * sizes.keys
    switch shape.count {
    case 2: return 0
    case 3: return (batch * heads + head) * area
    default: return ((shape[0] == 1 ? 0 : batch) * shape[1] + (shape[1] == 1 ? 0 : head)) * area
    }
  }
}

extension AttentionMask: Executable {
  func run<S: Scalar>(_ call: Call<S>) throws(CrosswalkError) -> Outcome<S> {
    guard let input = call.optional("input") else {
      throw CrosswalkError(.invalidInput, "there is no mask")
    }
    switch input {
    case .floating(let numbers) where additive: return Outcome(try paired(numbers))
    case .floating(let numbers):
      return Outcome(try paired(hidden(numbers.elements.map { $0 != 0 }, numbers.shape)))
    case .integer(let flags):
      return Outcome(try paired(hidden(flags.elements.map { $0 != 0 }, flags.shape)))
    }
  }

  /// (batch, 1, sequence, sequence) of (batch, sequence), when pairs are wanted.
  private func paired<S: Scalar>(_ mask: Tensor<S>) throws(CrosswalkError) -> Tensor<S> {
    guard pairs else { return mask }
    guard mask.shape.count == 2 else {
      throw CrosswalkError(
        .invalidInput, "a mask with the wrong number of axes", expected: "batch, sequence",
        found: "the shape \(mask.shape)")
    }
    let length = mask.width
    let result = try Tensor<S>(shape: [mask.shape[0], 1, length, length])
    for (row, query) in mask.elements.enumerated() {
      let keys = row / length * length
      for key in 0..<length {
        result.elements[row * length + key] = min(query, mask.elements[keys + key])
      }
    }
    return result
  }

  private func hidden<S: Scalar>(_ flags: [Bool], _ shape: [Int]) throws(CrosswalkError)
    -> Tensor<S>
  {
    let mask = try Tensor<S>(shape: shape)
    for (position, flag) in flags.enumerated() {
      mask.elements[position] = flag == (nonzero == .visible) ? 0 : -S.infinity
    }
    return mask
  }
}
