/// How alike the vectors of a table's positions are.
public struct Similarity: Sendable, Equatable {
  /// The positions compared: all of them, or every so many where there are very many.
  public let positions: [Int]
  /// The Euclidean norm of each compared position's vector.
  public let norms: [Float]
  /// The cosine of the angle between two vectors, row-major, compared positions squared;
  /// NaN where a vector is zero or not finite.
  public let cosine: [Float]

  /// The most positions that are compared unless asked otherwise.
  public static let maximumPositions = 1024

  /// The dot product of two compared positions, by their indices in ``positions``.
  public func dot(_ first: Int, _ second: Int) -> Float {
    let value = cosine[first * positions.count + second]
    return value.isNaN && norms[first].isFinite && norms[second].isFinite
      ? 0 : value * norms[first] * norms[second]
  }

  /// The means of the cosine by distance, over the pairs where it is a number.
  public var byDistance: [ByDistance] {
    var sums = positions.indices.map { _ in Sums() }
    for first in positions.indices {
      for second in first..<positions.count {
        sums[second - first].add(cosine[first * positions.count + second])
      }
    }
    return sums.indices.compactMap { index in
      sums[index].summary(at: positions[index] - positions[0])
    }
  }

  /// The cosine of positions at one distance.
  public struct ByDistance: Sendable, Equatable {
    /// The distance in positions.
    public let distance: Int
    /// The mean.
    public let mean: Float
    /// The smallest.
    public let minimum: Float
    /// The largest.
    public let maximum: Float
  }

  private struct Sums {
    var sum = 0.0
    var count = 0
    var minimum = Float.infinity
    var maximum = -Float.infinity

    mutating func add(_ value: Float) {
      guard !value.isNaN else { return }
      sum += Double(value)
      count += 1
      minimum = min(minimum, value)
      maximum = max(maximum, value)
    }

    func summary(at distance: Int) -> ByDistance? {
      guard count > 0 else { return nil }
      return ByDistance(
        distance: distance, mean: Float(sum / Double(count)), minimum: minimum, maximum: maximum)
    }
  }
}

extension PositionsReport.Table {
  /// The similarity of the table's positions; the cost is positions² × width.
  ///
  /// - Parameter limit: the most positions to compare; of more, every second, third, … is taken.
  public func similarity(ofAtMost limit: Int = Similarity.maximumPositions) -> Similarity {
    let step = max(1, positions / max(1, limit) + (positions % max(1, limit) > 0 ? 1 : 0))
    let chosen = Array(stride(from: 0, to: positions, by: step))
    let vectors = Vectors(of: chosen, in: self)
    let norms = chosen.indices.map { vectors.dot($0, $0).squareRoot() }
    var cosine = [Float](repeating: .nan, count: chosen.count * chosen.count)
    for first in chosen.indices {
      for second in first..<chosen.count {
        let scale = norms[first] * norms[second]
        guard scale > 0, scale.isFinite else { continue }
        let value = min(1, max(-1, vectors.dot(first, second) / scale))
        cosine[first * chosen.count + second] = value
        cosine[second * chosen.count + first] = value
      }
    }
    return Similarity(positions: chosen, norms: norms, cosine: cosine)
  }
}

/// The vectors of some positions, eight numbers at a time, the last filled with zeros.
private struct Vectors {
  private var lanes: [SIMD8<Float>]
  private let stride: Int

  init(of positions: [Int], in table: PositionsReport.Table) {
    stride = (table.width + 7) / 8
    lanes = Array(repeating: .zero, count: positions.count * stride)
    for (row, position) in positions.enumerated() {
      for dimension in 0..<table.width {
        lanes[row * stride + dimension / 8][dimension % 8] =
          table.values[position * table.width + dimension]
      }
    }
  }

  /// The dot product of two vectors.
  func dot(_ first: Int, _ second: Int) -> Float {
    lanes.withUnsafeBufferPointer { lanes in
      guard var a = lanes.baseAddress, var b = lanes.baseAddress else { return 0 }
      a += first * stride
      b += second * stride
      var sum = SIMD8<Float>.zero
      for index in 0..<stride { sum += a[index] * b[index] }
      return sum.sum()
    }
  }
}
