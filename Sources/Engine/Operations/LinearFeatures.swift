import Architectures
import Diagnostics

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// What one head of linear attention works in.
final class LinearRoom<S: Scalar>: @unchecked Sendable {
  /// How many positions the causal kind takes at a time.
  static var stretch: Int { 64 }

  let features: Int
  let valueWidth: Int
  private let queryRoom, keyRoom, valueRoom, outputRoom, stateRoom, changeRoom, sumRoom: Tensor<S>
  private let within: Tensor<S>
  /// (queries, features).
  var queryFeatures: UnsafeMutablePointer<S> { queryRoom.start }
  /// (keys, features).
  var keyFeatures: UnsafeMutablePointer<S> { keyRoom.start }
  /// (queries, value width).
  var output: UnsafeMutablePointer<S> { outputRoom.start }
  /// Each feature's sum over the keys so far.
  var sums: UnsafeMutablePointer<S> { sumRoom.start }

  init(heads: HeadedInputs<S>, features: Int, causal: Bool, block: Int) throws(CrosswalkError) {
    self.features = features
    valueWidth = heads.valueWidth
    queryRoom = try Tensor(shape: [heads.queries, features])
    keyRoom = try Tensor(shape: [heads.keys, features])
    valueRoom = try Tensor(shape: [heads.keys, valueWidth])
    outputRoom = try Tensor(shape: [heads.queries, valueWidth])
    stateRoom = try Tensor(shape: [features, valueWidth])
    changeRoom = try Tensor(shape: [max(features, Self.stretch), valueWidth])
    sumRoom = try Tensor(shape: [features])
    within = try Tensor(shape: causal && block == 1 ? [Self.stretch, Self.stretch] : [0])
  }

  /// Takes the values of a head, hidden ones as zeros.
  func loadValues(_ heads: HeadedInputs<S>, _ item: Int, hidden: Bool) {
    let source = heads.head(heads.value, item)
    let mask = heads.mask(of: item)
    for key in 0..<heads.keys {
      let row = valueRoom.start + key * valueWidth
      if let mask, mask[key] == -S.infinity, hidden {
        row.update(repeating: 0, count: valueWidth)
      } else {
        row.update(from: source.start + key * source.stride, count: valueWidth)
      }
    }
  }

  func store(into context: Tensor<S>, _ heads: HeadedInputs<S>, _ item: Int) {
    let target = heads.head(context, item)
    for query in 0..<heads.queries {
      (target.start + query * target.stride).update(
        from: output + query * valueWidth, count: valueWidth)
    }
  }

  /// Begins again without keys.
  func forget() {
    stateRoom.elements.update(repeating: 0)
    sumRoom.elements.update(repeating: 0)
  }

  /// Adds keys to what is known of those before.
  func add(keys: Range<Int>, alsoSums: Bool = true) {
    S.kernels.multiplyMatrices(
      Matrix(start: keyFeatures + keys.lowerBound * features, stride: features).transposed,
      Matrix(start: valueRoom.start + keys.lowerBound * valueWidth, stride: valueWidth),
      Matrix(start: changeRoom.start, stride: valueWidth), features, valueWidth, keys.count, 1)
    S.kernels.add(stateRoom.start, changeRoom.start, features * valueWidth)
    if alsoSums { addSums(keys) }
  }

  func addSums(_ keys: Range<Int>) { for key in keys { addSum(of: key) } }

  func addSum(of key: Int) { S.kernels.add(sums, keyFeatures + key * features, features) }

  /// What queries read of the keys that are known.
  func read(queries: Range<Int>) {
    S.kernels.multiplyMatrices(
      Matrix(start: queryFeatures + queries.lowerBound * features, stride: features),
      Matrix(start: stateRoom.start, stride: valueWidth),
      Matrix(start: output + queries.lowerBound * valueWidth, stride: valueWidth),
      queries.count, valueWidth, features, 1)
  }

  /// Adds what queries of a stretch read of its own keys up to theirs.
  func readWithin(_ part: Range<Int>) {
    let first = part.lowerBound * features
    S.kernels.multiplyMatrices(
      Matrix(start: queryFeatures + first, stride: features),
      Matrix(start: keyFeatures + first, stride: features).transposed,
      Matrix(start: within.start, stride: part.count), part.count, part.count, features, 1)
    for query in 0..<part.count {
      (within.start + query * part.count + query + 1).update(
        repeating: 0, count: part.count - query - 1)
    }
    S.kernels.multiplyMatrices(
      Matrix(start: within.start, stride: part.count),
      Matrix(start: valueRoom.start + part.lowerBound * valueWidth, stride: valueWidth),
      Matrix(start: changeRoom.start, stride: valueWidth), part.count, valueWidth, part.count, 1)
    S.kernels.add(
      output + part.lowerBound * valueWidth, changeRoom.start, part.count * valueWidth)
  }
}

/// Makes the features of queries and keys of one head.
struct FeatureMaker<S: Scalar> {
  private let attention: LinearAttention
  private let projection: Tensor<S>?
  private let heads: HeadedInputs<S>
  private let elu = NumberFunction(.elu).kernel() as NumberKernel<S>
  private let exponential = NumberFunction(.exp).kernel() as NumberKernel<S>
  /// How many features there are.
  let count: Int

  init(of attention: LinearAttention, projection: Tensor<S>?, heads: HeadedInputs<S>) {
    self.attention = attention
    self.projection = projection
    self.heads = heads
    count = projection.map { $0.shape[0] * (attention.opposite ? 2 : 1) } ?? heads.headWidth
  }

  func make(_ item: Int, _ room: LinearRoom<S>) {
    let mask = heads.mask(of: item)
    features(of: heads.head(heads.query, item), heads.queries, isKey: false, room.queryFeatures)
    if attention.features == .softmax {
      for query in 0..<heads.queries {
        S.kernels.softmax(room.queryFeatures + query * count, nil, 1, count, true)
      }
    }
    if attention.scale != 1 {
      S.kernels.scale(room.queryFeatures, S(attention.scale), heads.queries * count)
    }
    let keys = room.keyFeatures
    features(of: heads.head(heads.key, item), heads.keys, isKey: true, keys)
    let hides = attention.masked == .keys ? mask : nil
    if attention.features == .softmax {
      attention.causal
        ? exponential.apply(keys, into: keys, count: heads.keys * count)
        : softmaxOverSequence(keys, hides)
    }
    if let hides {
      for key in 0..<heads.keys where hides[key] == -S.infinity {
        (keys + key * count).update(repeating: 0, count: count)
      }
    }
  }

  private func features(
    of source: Matrix<S>, _ rows: Int, isKey: Bool, _ target: UnsafeMutablePointer<S>
  ) {
    let width = heads.headWidth
    let scale = S(attention.inputScale)
    if let projection {
      S.kernels.multiplyMatrices(
        source, Matrix(start: projection.start, stride: width).transposed,
        Matrix(start: target, stride: count), rows, projection.shape[0], width, scale)
    } else {
      for row in 0..<rows {
        (target + row * count).update(from: source.start + row * source.stride, count: width)
      }
      if scale != 1 { S.kernels.scale(target, scale, rows * count) }
    }
    switch attention.features {
    case .softmax: return
    case .elu:
      elu.apply(target, into: target, count: rows * count)
      add(1 + attention.featureEpsilon, to: target, rows * count)
    case .relu:
      S.kernels.clamp(target, 0, S.infinity, rows * count)
      add(attention.featureEpsilon, to: target, rows * count)
    case .random: exponents(of: source, rows, isKey: isKey, target)
    }
  }

  @specialized(where S == Float)
  @specialized(where S == Double)
  private func add(_ number: Double, to target: UnsafeMutablePointer<S>, _ total: Int) {
    guard number != 0 else { return }
    for place in 0..<total { target[place] += S(number) }
  }

  /// exp(w · x - |x|² / 2), stabilised, of products that stand in the first part of each row.
  @specialized(where S == Float)
  @specialized(where S == Double)
  private func exponents(
    of source: Matrix<S>, _ rows: Int, isKey: Bool, _ target: UnsafeMutablePointer<S>
  ) {
    let directions = projection?.shape[0] ?? count
    let square = S(attention.inputScale * attention.inputScale)
    var (largest, norm): (S, S) = (-.infinity, 0)
    for row in 0..<rows {
      let line = target + row * count
      for place in 0..<directions { largest = max(largest, line[place]) }
      norm = max(norm, squares(source, row) * square)
    }
    for row in 0..<rows {
      let line = target + row * count
      var offset = squares(source, row) * square / 2
      switch attention.stabilised {
      case .none: break
      case .norm: offset += norm
      case .largest:
        var own = -S.infinity
        for place in 0..<directions { own = max(own, line[place]) }
        offset += isKey ? largest : own
      }
      for place in 0..<directions {
        let product = line[place]
        line[place] = product - offset
        if attention.opposite { line[directions + place] = -product - offset }
      }
    }
    exponential.apply(target, into: target, count: rows * count)
    add(attention.featureEpsilon, to: target, rows * count)
    S.kernels.scale(target, S(1 / Double(count).squareRoot()), rows * count)
  }

  @specialized(where S == Float)
  @specialized(where S == Double)
  private func squares(_ source: Matrix<S>, _ row: Int) -> S {
    let line = source.start + row * source.stride
    var sum: S = 0
    for place in 0..<heads.headWidth { sum += line[place] * line[place] }
    return sum
  }

  /// Softmax down each column, the rows that are hidden left out.
  @specialized(where S == Float)
  @specialized(where S == Double)
  private func softmaxOverSequence(
    _ keys: UnsafeMutablePointer<S>, _ mask: UnsafeMutablePointer<S>?
  ) {
    for feature in 0..<count {
      var largest = -S.infinity
      for key in 0..<heads.keys where mask?[key] != -S.infinity {
        largest = max(largest, keys[key * count + feature])
      }
      var sum: S = 0
      for key in 0..<heads.keys where mask?[key] != -S.infinity {
        let value = S(exp(Double(keys[key * count + feature] - largest)))
        keys[key * count + feature] = value
        sum += value
      }
      for key in 0..<heads.keys { keys[key * count + feature] /= sum }
    }
  }
}
