import Architectures
import Diagnostics

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A few queries of one head with the keys that they see, wherever these stand in the sequence: what
/// sparse attention is made of.
final class AttentionSpan<S: Scalar>: @unchecked Sendable {
  private let heads: HeadedInputs<S>
  private let settings: SharedScores
  private let queryRoom, keyRoom, valueRoom, scoreRoom, outputRoom: Tensor<S>
  private let places: Tensor<Int>
  private let isGlobal: Tensor<Bool>
  private let rotation: SpanRotation<S>?
  private let most: (queries: Int, keys: Int)
  private var queries = 0
  private var keys = 0

  /// Which of the pairs are seen.
  struct Rule {
    var causal = false
    /// How far before and after a query its keys may stand.
    var reach: (before: Int, after: Int)?
    /// Whether a position's own score stays where its key is hidden.
    var ownIsSeen = false
    /// What a query sees whose own key is hidden.
    var hidden = Hidden.others

    enum Hidden { case others, own, nothing }
  }

  init(
    _ heads: HeadedInputs<S>, _ settings: SharedScores, queries: Int, keys: Int,
    rotation: SpanRotation<S>? = nil
  ) throws(CrosswalkError) {
    self.heads = heads
    self.settings = settings
    self.rotation = rotation
    most = (queries, keys)
    queryRoom = try Tensor(shape: [queries, heads.headWidth])
    keyRoom = try Tensor(shape: [keys, heads.headWidth])
    valueRoom = try Tensor(shape: [keys, heads.valueWidth])
    scoreRoom = try Tensor(shape: [queries, keys])
    outputRoom = try Tensor(shape: [queries, heads.valueWidth])
    places = try Tensor(shape: [queries + keys])
    isGlobal = try Tensor(shape: [keys])
  }

  var hasQueries: Bool { queries > 0 }

  func begin() { (queries, keys) = (0, 0) }

  /// Takes a query; `turn` is its place among the keys that can be seen.
  func addQuery(at position: Int, of item: Int, turn: Int? = nil) {
    let source = heads.head(heads.query, item)
    let row = queryRoom.start + queries * heads.headWidth
    row.update(from: source.start + position * source.stride, count: heads.headWidth)
    if let turn { rotation?.turn(row, by: turn, isKey: false) }
    places.elements[queries] = position
    queries += 1
  }

  /// Takes a key, zeros beyond the sequence's end; a global one is seen however far it is.
  func addKey(at position: Int, of item: Int, turn: Int? = nil, isGlobal: Bool = false) {
    let (key, value) = (heads.head(heads.key, item), heads.head(heads.value, item))
    let row = keyRoom.start + keys * heads.headWidth
    let values = valueRoom.start + keys * heads.valueWidth
    if position >= heads.keys {
      row.update(repeating: 0, count: heads.headWidth)
      values.update(repeating: 0, count: heads.valueWidth)
    } else {
      row.update(from: key.start + position * key.stride, count: heads.headWidth)
      normalise(row)
      if let turn { rotation?.turn(row, by: turn, isKey: true) }
      values.update(from: value.start + position * value.stride, count: heads.valueWidth)
    }
    places.elements[most.queries + keys] = position
    self.isGlobal.elements[keys] = isGlobal
    keys += 1
  }

  /// Brings a key to its length.
  @specialized(where S == Float)
  @specialized(where S == Double)
  private func normalise(_ row: UnsafeMutablePointer<S>) {
    guard settings.keyNorm != .none else { return }
    var sum: S = 0
    for place in 0..<heads.headWidth { sum += row[place] * row[place] }
    let factor: S
    if settings.keyNorm == .l2 {
      factor = 1 / max(sum.squareRoot(), 1e-12)
    } else {
      let width = S(heads.headWidth)
      factor = 1 / ((sum / width + 1e-6) * width).squareRoot()
    }
    for place in 0..<heads.headWidth { row[place] *= factor }
  }

  /// The scores, hidden pairs at -infinity, with biases (distances, heads) if there are.
  func score(_ rule: Rule, of item: Int, bias: Tensor<S>? = nil) {
    let scale = S(settings.scale ?? 1 / Double(heads.headWidth).squareRoot())
    S.kernels.multiplyMatrices(
      Matrix(start: queryRoom.start, stride: heads.headWidth),
      Matrix(start: keyRoom.start, stride: heads.headWidth).transposed,
      Matrix(start: scoreRoom.start, stride: keys), queries, keys, heads.headWidth, scale)
    if let bias { add(bias, item % heads.heads) }
    hide(rule, item)
  }

  @specialized(where S == Float)
  @specialized(where S == Double)
  private func add(_ bias: Tensor<S>, _ head: Int) {
    for query in 0..<queries {
      for key in 0..<keys {
        let distance = abs(places.start[query] - places.start[most.queries + key])
        guard distance < bias.shape[0] else { continue }
        scoreRoom.start[query * keys + key] += bias.start[distance * bias.width + head]
      }
    }
  }

  @specialized(where S == Float)
  @specialized(where S == Double)
  private func hide(_ rule: Rule, _ item: Int) {
    let mask = heads.mask(of: item)
    let positions = places.start + most.queries
    for query in 0..<queries {
      let (row, own) = (scoreRoom.start + query * keys, places.start[query])
      let isAlone = rule.hidden != .others && mask?[own] == -S.infinity
      for key in 0..<keys {
        let position = positions[key]
        let isOwn = position == own && settings.own != nil
        if rule.causal && position > own { row[key] = -.infinity }
        if let reach = rule.reach, !isGlobal.start[key],
          position < own - reach.before || position > own + reach.after
        {
          row[key] = -.infinity
        }
        if let mask, !(isOwn && rule.ownIsSeen) {
          row[key] += position < heads.keys ? mask[position] : -.infinity
        }
        if isAlone, rule.hidden == .nothing || position != own { row[key] = -.infinity }
        if isOwn, row[key] > -.infinity { row[key] = S(settings.own ?? 0) }
      }
    }
  }

  /// What queries read of values, at `target` row by row of positions; and the logarithms of the
  /// sums that scores were divided by, at `logarithms`, where they are wanted.
  func attend(
    into target: Matrix<S>, logarithms: UnsafeMutablePointer<S>? = nil,
    table: UnsafeMutablePointer<S>? = nil, factors: UnsafeMutablePointer<S>? = nil
  ) {
    if let logarithms {
      divideByLogarithms(logarithms)
    } else {
      S.kernels.softmax(scoreRoom.start, nil, queries, keys, true)
    }
    S.kernels.multiplyMatrices(
      Matrix(start: scoreRoom.start, stride: keys),
      Matrix(start: valueRoom.start, stride: heads.valueWidth),
      Matrix(start: outputRoom.start, stride: heads.valueWidth), queries, heads.valueWidth, keys, 1)
    for query in 0..<queries {
      (target.start + places.start[query] * target.stride).update(
        from: outputRoom.start + query * heads.valueWidth, count: heads.valueWidth)
    }
    if let table { show(in: table, factors) }
  }

  /// exp(score - logarithm of the sum), as it is where several hashes are weighed by their sums: the
  /// logarithm's own rounding is part of the result.
  @specialized(where S == Float)
  @specialized(where S == Double)
  private func divideByLogarithms(_ logarithms: UnsafeMutablePointer<S>) {
    for query in 0..<queries {
      let row = UnsafeMutableBufferPointer(start: scoreRoom.start + query * keys, count: keys)
      let largest = row.max() ?? 0
      var sum: S = 0
      for score in row { sum += S(exp(Double(score - largest))) }
      let logarithm = largest + S(log(Double(sum)))
      logarithms[places.start[query]] = logarithm
      for key in 0..<keys { row[key] = S(exp(Double(row[key] - logarithm))) }
    }
  }

  /// Adds the probabilities to a table (queries, keys), times a factor of each query.
  @specialized(where S == Float)
  @specialized(where S == Double)
  private func show(in table: UnsafeMutablePointer<S>, _ factors: UnsafeMutablePointer<S>?) {
    for query in 0..<queries {
      let own = places.start[query]
      for key in 0..<keys {
        let position = places.start[most.queries + key]
        guard position < heads.keys else { continue }
        table[own * heads.keys + position] +=
          scoreRoom.start[query * keys + key] * (factors?[own] ?? 1)
      }
    }
  }
}

/// The turns of rotary positions within a span.
struct SpanRotation<S: Scalar>: Sendable {
  private let width: Int
  private let cosines: Tensor<S>
  private let sines: Tensor<S>
  private let magnitudes: Tensor<S>?

  init(_ rotary: BlockRotary, width: Int, span: Int) throws(CrosswalkError) {
    self.width = width
    let pairs = width / 2
    cosines = try Tensor(shape: [span, pairs])
    sines = try Tensor(shape: [span, pairs])
    magnitudes = try rotary.decay == nil ? nil : Tensor(shape: [span, pairs])
    for place in 0..<span {
      for pair in 0..<pairs {
        let slot = place * pairs + pair
        // Frequencies of the packages' own precision, as for any other rotary positions.
        let frequency = Float(1 / pow(rotary.base, Double(2 * pair) / Double(width)))
        let angle = Double(Float(place) * frequency)
        cosines.elements[slot] = S(cos(angle))
        sines.elements[slot] = S(sin(angle))
        if let decay = rotary.decay, let magnitudes {
          let factor = (Double(2 * pair) + 0.4 * Double(width)) / (1.4 * Double(width))
          magnitudes.elements[slot] = S(pow(factor, Double(place - span / 2) / decay))
        }
      }
    }
  }

  @specialized(where S == Float)
  @specialized(where S == Double)
  func turn(_ row: UnsafeMutablePointer<S>, by place: Int, isKey: Bool) {
    let pairs = width / 2
    for pair in 0..<pairs {
      let slot = place * pairs + pair
      let (x, y) = (row[pair], row[pairs + pair])
      var (cosine, sine) = (cosines.start[slot], sines.start[slot])
      if let magnitudes {
        let magnitude = isKey ? 1 / magnitudes.start[slot] : magnitudes.start[slot]
        (cosine, sine) = (cosine * magnitude, sine * magnitude)
      }
      row[pair] = x * cosine - y * sine
      row[pairs + pair] = y * cosine + x * sine
    }
  }
}
