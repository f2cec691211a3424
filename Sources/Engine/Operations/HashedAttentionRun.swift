import Architectures
import Diagnostics

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

extension HashedAttention: Executable {
  func run<S: Scalar>(_ call: Call<S>) throws(CrosswalkError) -> Outcome<S> {
    let heads = try HeadedInputs(call, heads: heads, key: "query")
    let context = try Tensor<S>(shape: [heads.batch, heads.queries, self.heads * heads.valueWidth])
    let table = try call.wantsAttention ? heads.emptyTable() : nil
    let items = heads.batch * self.heads
    let length = heads.keys
    guard length > wholeUpTo else {
      let span = try AttentionSpan(heads, scores, queries: length, keys: length)
      for item in 0..<items {
        span.begin()
        for place in 0..<length {
          span.addQuery(at: place, of: item)
          span.addKey(at: place, of: item)
        }
        span.score(
          .init(
            causal: causal, ownIsSeen: hidden == .bucket,
            hidden: hidden == .alone ? .nothing : .others), of: item)
        span.attend(
          into: heads.head(context, item), table: table.map { $0.start + item * length * length })
      }
      return Outcome(context, attention: table)
    }
    let filled = try filledLength(length)
    let factors =
      buckets
      ?? most.map { RandomRotations.buckets(length: filled, chunk: chunk, most: $0) }
    let hashes = try Hashes(call, factors: factors, hidden: hidden, heads)
    let keys = (before + after + 1).multipliedReportingOverflow(by: chunk)
    guard !keys.overflow else {
      throw CrosswalkError(.tooLarge, "chunks that reach further than 64 bits count")
    }
    let cost = hashes.rounds * length * 2 * keys.partialValue.clamped * heads.headWidth
    let pieces = Workers.pieces(items, cost: cost)
    var rooms: [(span: AttentionSpan<S>, rounds: Rounds<S>)] = []
    for _ in 0..<pieces {
      rooms.append(
        (
          try AttentionSpan(heads, scores, queries: chunk, keys: keys.partialValue),
          try Rounds(hashes.rounds, length, heads.valueWidth)
        ))
    }
    Workers.each(pieces) { piece in
      let (span, rounds) = rooms[piece]
      for item in Workers.range(of: piece, among: pieces, items) {
        let order = hashes.order(of: item, filled: filled)
        attend(order, item, filled, span, rounds, table: nil)
        rounds.weigh(into: heads.head(context, item))
        if let table {
          attend(order, item, filled, span, rounds, table: table.start + item * length * length)
        }
      }
    }
    return Outcome(context, attention: table)
  }

  /// How many positions there are, with those that fill up.
  private func filledLength(_ length: Int) throws(CrosswalkError) -> Int {
    guard let multiple else {
      guard length.isMultiple(of: chunk) else {
        throw CrosswalkError(
          .invalidInput, "a sequence that chunks do not divide",
          expected: "a multiple of \(chunk)", found: "\(length)")
      }
      return length
    }
    return (length + multiple - 1) / multiple * multiple
  }

  /// Attends in all chunks of all rounds; what each gives, and the logarithm of its sum, go to the
  /// rounds, and in a second pass, with these known, its probabilities to a table.
  private func attend<S: Scalar>(
    _ order: [Int], _ item: Int, _ filled: Int, _ span: AttentionSpan<S>, _ rounds: Rounds<S>,
    table: UnsafeMutablePointer<S>?
  ) {
    let chunks = order.count / chunk
    for own in 0..<chunks {
      let round = own * chunk / filled
      span.begin()
      for place in order[(own * chunk)..<((own + 1) * chunk)] where place < rounds.length {
        span.addQuery(at: place, of: item)
      }
      guard span.hasQueries else { continue }
      for shift in -before...after {
        let other = ((own + shift) % chunks + chunks) % chunks
        for place in order[(other * chunk)..<((other + 1) * chunk)] where place < rounds.length {
          span.addKey(at: place, of: item)
        }
      }
      span.score(
        .init(causal: causal, ownIsSeen: true, hidden: hidden == .alone ? .own : .others), of: item)
      let target = rounds.target(of: round)
      span.attend(
        into: target.output, logarithms: target.logarithms, table: table,
        factors: table == nil ? nil : target.factors)
    }
  }
}

/// What each round of hashing gives, and its weight among all.
private final class Rounds<S: Scalar>: @unchecked Sendable {
  let length: Int
  private let count: Int
  private let width: Int
  private let outputs: Tensor<S>
  private let logarithms: Tensor<S>
  private let factors: Tensor<S>

  init(_ count: Int, _ length: Int, _ width: Int) throws(CrosswalkError) {
    (self.count, self.length, self.width) = (count, length, width)
    outputs = try Tensor(shape: [count, length, width])
    logarithms = try Tensor(shape: [count, length])
    factors = try Tensor(shape: [count, length])
  }

  func target(of round: Int) -> (
    output: Matrix<S>, logarithms: UnsafeMutablePointer<S>, factors: UnsafeMutablePointer<S>
  ) {
    (
      Matrix(start: outputs.start + round * length * width, stride: width),
      logarithms.start + round * length, factors.start + round * length
    )
  }

  /// The sum of all rounds, each by the share of its sum.
  @specialized(where S == Float)
  @specialized(where S == Double)
  func weigh(into target: Matrix<S>) {
    for place in 0..<length {
      var largest = -S.infinity
      for round in 0..<count { largest = max(largest, logarithms.start[round * length + place]) }
      var sum: S = 0
      for round in 0..<count {
        sum += S(exp(Double(logarithms.start[round * length + place] - largest)))
      }
      let logarithm = largest + S(log(Double(sum)))
      let row = target.start + place * target.stride
      row.update(repeating: 0, count: width)
      for round in 0..<count {
        let slot = round * length + place
        let factor = S(exp(Double(logarithms.start[slot] - logarithm)))
        factors.start[slot] = factor
        for column in 0..<width { row[column] += factor * outputs.start[slot * width + column] }
      }
    }
  }
}

/// The buckets of a call's positions.
private struct Hashes<S: Scalar>: Sendable {
  private let heads: HeadedInputs<S>
  private let hashed: Tensor<S>
  private let rotations: Tensor<S>
  /// The sizes of the factors that a bucket's number is made of.
  private let factors: [Int]
  /// Whether what is hidden comes last, in a bucket of its own.
  private let hasHiddenBucket: Bool
  let rounds: Int

  init(
    _ call: Call<S>, factors: [Int]?, hidden: HashedAttention.Hidden, _ heads: HeadedInputs<S>
  ) throws(CrosswalkError) {
    self.heads = heads
    hasHiddenBucket = hidden == .bucket
    hashed = try call.optional("hashed") == nil ? heads.query : call.floating("hashed")
    rotations = try call.floating("rotations")
    let shape = rotations.shape
    guard shape.count == 4, [1, heads.heads, heads.batch * heads.heads].contains(shape[0]),
      shape[1] == heads.headWidth, shape[2] > 0, shape[3] > 0, hashed.shape == heads.query.shape
    else {
      throw CrosswalkError(
        .invalidInput, "rotations that do not fit the heads", at: Place(.key("rotations")),
        expected: "(1 or \(heads.heads), \(heads.headWidth), rounds, directions)",
        found: "\(shape)")
    }
    rounds = shape[2]
    let factors = factors ?? [2 * shape[3]]
    self.factors = factors
    let product = factors.reduce((2 * (heads.keys + 1), false)) { product, factor in
      let next = product.0.multipliedReportingOverflow(by: factor)
      return (next.partialValue, product.1 || next.overflow)
    }
    guard factors.reduce(0, { $0 &+ $1 }) == 2 * shape[3], !product.1 else {
      throw CrosswalkError(
        .invalidInput, "rotations of another number of directions than there are buckets",
        at: Place(.key("rotations")), expected: "\(factors) / 2", found: "\(shape[3])")
    }
  }

  /// The positions of all rounds, one after the other, each sorted by its buckets; positions that
  /// fill up come last.
  func order(of item: Int, filled: Int) -> [Int] {
    let directions = rotations.shape[3]
    let source = heads.head(hashed, item)
    let mask = heads.mask(of: item)
    let first =
      switch rotations.shape[0] {
      case 1: 0
      case heads.heads: item % heads.heads
      default: item
      }
    let matrix = rotations.start + first * heads.headWidth * rounds * directions
    let stretch = min(heads.keys, 256)
    var products = [S](repeating: 0, count: stretch * directions)
    var order: [Int] = []
    order.reserveCapacity(rounds * filled)
    for round in 0..<rounds {
      // Bucket and position in one number, so that equals stay in order.
      var places: [Int] = []
      places.reserveCapacity(heads.keys)
      products.withUnsafeMutableBufferPointer { room in
        guard let room = room.baseAddress else { return }
        for start in stride(from: 0, to: heads.keys, by: stretch) {
          let count = min(stretch, heads.keys - start)
          S.kernels.multiplyMatrices(
            Matrix(start: source.start + start * source.stride, stride: source.stride),
            Matrix(start: matrix + round * directions, stride: rounds * directions),
            Matrix(start: room, stride: directions), count, directions, heads.headWidth, 1)
          for row in 0..<count {
            let isLast = hasHiddenBucket && mask?[start + row] == -S.infinity
            let bucket = isLast ? buckets : bucket(room + row * directions)
            places.append(bucket * heads.keys + start + row)
          }
        }
      }
      places.sort()
      for place in places { order.append(place % heads.keys) }
      order += heads.keys..<filled
    }
    return order
  }

  /// The number of buckets, whose products with positions were found to be countable.
  private var buckets: Int { factors.reduce(1, *) }

  @specialized(where S == Float)
  @specialized(where S == Double)
  private func bucket(_ products: UnsafeMutablePointer<S>) -> Int {
    var (bucket, weight, first) = (0, 1, 0)
    for factor in factors {
      let count = factor / 2
      var (best, place) = (-S.infinity, 0)
      for index in 0..<count where products[first + index] > best {
        (best, place) = (products[first + index], index)
      }
      for index in 0..<count where -products[first + index] > best {
        (best, place) = (-products[first + index], count + index)
      }
      bucket += weight * place
      weight *= factor
      first += count
    }
    return bucket
  }
}

extension Int {
  /// Small enough to be multiplied on.
  fileprivate var clamped: Int { Swift.min(self, 1 << 20) }
}
