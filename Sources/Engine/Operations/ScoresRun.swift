import Architectures
import Diagnostics

/// What queries and keys of one head make of themselves before any mask.
struct Scores<S: Scalar> {
  private let attention: Attention
  private let sizes: Attention.Sizes
  private let weight: Tensor<S>?
  private let bias: Tensor<S>?
  private let factor: S
  /// Room for what leads to the scores, for each piece of work.
  private let room: Tensor<S>
  private let tanh = NumberFunction(.tanh).kernel() as NumberKernel<S>

  init(_ call: Call<S>, sizes: Attention.Sizes, of attention: Attention, pieces: Int)
    throws(CrosswalkError)
  {
    self.attention = attention
    self.sizes = sizes
    guard attention.score != .location || sizes.headWidth == sizes.keys else {
      throw CrosswalkError(
        .invalidInput, "queries with scores for another number of keys",
        expected: "\(sizes.headWidth) keys", found: "\(sizes.keys)")
    }
    let isWeighted = attention.score == .bilinear || attention.scoreWeight != .none
    weight = isWeighted ? try call.parameter("score.weight") : nil
    bias = attention.scoreBias ? try call.parameter("score.bias") : nil
    let plain = attention.score == .dot ? 1 / Double(sizes.headWidth).squareRoot() : 1
    let scalar = attention.scoreWeight == .scalar ? weight?.elements.first : nil
    factor = S(attention.scale ?? plain) * (scalar ?? 1)
    let needed =
      switch attention.score {
      case .dot: attention.scoreWeight == .vector ? sizes.queries * sizes.headWidth : 0
      case .bilinear: sizes.queries * sizes.keyHeadWidth
      case .additive: (sizes.keys + 1) * sizes.headWidth
      case .location: 0
      }
    room = try Tensor(shape: [pieces, needed])
    if attention.scoreWeight != .vector, attention.score == .additive {
      for piece in 0..<pieces {
        (room.start + piece * room.width + sizes.keys * sizes.headWidth).update(
          repeating: 1, count: sizes.headWidth)
      }
    }
  }

  /// Writes scores (queries, keys) of a query head (queries, head width) and a key head (keys, key
  /// head width), as many as there are, or fewer.
  func make(
    _ query: Matrix<S>, _ key: Matrix<S>, into scores: UnsafeMutablePointer<S>, head: Int,
    piece: Int, queries: Int, keys: Int
  ) {
    let width = sizes.headWidth
    let room = room.start + piece * room.width
    let target = Matrix(start: scores, stride: keys)
    switch attention.score {
    case .dot where attention.scoreWeight == .vector:
      for row in 0..<queries {
        let line = room + row * width
        line.update(from: query.start + row * query.stride, count: width)
        if let weight { S.kernels.multiply(line, weight.start + head * width, width) }
      }
      S.kernels.multiplyMatrices(
        Matrix(start: room, stride: width), key.transposed, target, queries, keys, width, factor)
    case .dot:
      S.kernels.multiply(query, byTransposed: key, into: target, queries, keys, width, factor)
    case .bilinear:
      let inner = sizes.keyHeadWidth
      if let weight {
        S.kernels.multiplyMatrices(
          query, Matrix(start: weight.start + head * width * inner, stride: inner),
          Matrix(start: room, stride: inner), queries, inner, width, 1)
      }
      S.kernels.multiplyMatrices(
        Matrix(start: room, stride: inner), key.transposed, target, queries, keys, inner, factor)
    case .location:
      for row in 0..<queries {
        for place in 0..<keys {
          scores[row * keys + place] = query.start[row * query.stride + place] * factor
        }
      }
    case .additive:
      let ones = room + sizes.keys * width
      let vector = attention.scoreWeight == .vector ? weight.map { $0.start + head * width } : nil
      for row in 0..<queries {
        for place in 0..<keys {
          (room + place * width).update(from: key.start + place * key.stride, count: width)
        }
        S.kernels.addBias(room, query.start + row * query.stride, keys, width)
        tanh.apply(room, into: room, count: keys * width)
        S.kernels.multiplyMatrices(
          Matrix(start: vector ?? ones, stride: width),
          Matrix(start: room, stride: width).transposed,
          Matrix(start: scores + row * keys, stride: keys), 1, keys, width, factor)
      }
    }
    if let bias { add(bias.elements[head], to: scores, queries * keys) }
  }

  @specialized(where S == Float)
  @specialized(where S == Double)
  private func add(_ bias: S, to scores: UnsafeMutablePointer<S>, _ count: Int) {
    for place in 0..<count { scores[place] += bias }
  }
}
