public import Documents

/// What the dot products of positions tell of an encoding.
public struct SimilarityVerdict: Sendable, Equatable {
  /// How many positions have no larger dot product with another than with themselves.
  public let largestWithItself: Int
  /// How many positions were compared.
  public let compared: Int
  /// The distance up to which the mean dot product falls with every step.
  public let fallsUntil: Int
  /// The largest distance compared.
  public let farthest: Int
  /// The correlation of distance and mean dot product, -1 to 1; nil where all are one.
  public let correlation: Double?

  /// Whether every position's dot product is largest with itself.
  public var isLargestWithItself: Bool { largestWithItself == compared }
  /// Whether the mean dot product falls from the very first step on.
  public var falls: Bool { fallsUntil > 0 }

  /// The verdict in a sentence.
  public var sentence: String {
    let own =
      isLargestWithItself
      ? "The dot product of every position is largest with itself"
      : "The dot product of \(largestWithItself) of \(compared) positions is largest with itself"
    let fall =
      fallsUntil == farthest
      ? "on average it falls with distance throughout"
      : falls
        ? "on average it falls with distance up to \(fallsUntil)" : "it does not fall with distance"
    let whole = correlation.map { " (correlation with distance \((($0 * 100).rounded() / 100)))" }
    return "\(own), and \(fall)\(whole ?? "")."
  }

  /// The verdict as JSON.
  public var json: JSONObject {
    JSONObject([
      ("largest_with_itself", .bool(isLargestWithItself)),
      ("positions_largest_with_themselves", .count(largestWithItself)),
      ("falls_with_distance", .bool(falls)), ("falls_until", .count(fallsUntil)),
      ("correlation_with_distance", .measured(correlation)),
    ])
  }
}

extension PositionsReport.Table {
  /// What the dot products tell; nil where rows are of distances, or are too few.
  public func verdict(of similarity: Similarity) -> SimilarityVerdict? {
    guard rows == .positions else { return nil }
    return similarity.verdict
  }
}

extension Similarity {
  /// The mean dot product at each distance between compared positions, from 0 on.
  public var meanDots: [Float] {
    positions.indices.map { distance in
      let count = positions.count - distance
      let sum = (0..<count).reduce(0.0) { $0 + Double(dot($1, $1 + distance)) }
      return Float(sum / Double(count))
    }
  }

  /// What the dot products tell; nil for fewer than two positions, or where numbers are not finite.
  fileprivate var verdict: SimilarityVerdict? {
    let means = meanDots
    guard positions.count > 1, means.allSatisfy(\.isFinite) else { return nil }
    // A hair's breadth is rounding, not another order.
    let own = positions.indices.filter { row in
      let limit = dot(row, row) * (1 + 1e-6)
      return positions.indices.allSatisfy { dot(row, $0) <= limit }
    }
    let falling = zip(means, means.dropFirst()).prefix { $1 < $0 }.count
    return SimilarityVerdict(
      largestWithItself: own.count, compared: positions.count,
      fallsUntil: positions[falling] - positions[0],
      farthest: positions[positions.count - 1] - positions[0],
      correlation: Self.correlation(of: means))
  }

  /// Pearson's correlation of numbers and their places.
  private static func correlation(of means: [Float]) -> Double? {
    let count = Double(means.count)
    let middle = (count - 1) / 2
    let mean = means.reduce(0) { $0 + Double($1) } / count
    var (product, places, values) = (0.0, 0.0, 0.0)
    for (place, value) in means.enumerated() {
      let (x, y) = (Double(place) - middle, Double(value) - mean)
      product += x * y
      places += x * x
      values += y * y
    }
    return values > 0 ? product / (places * values).squareRoot() : nil
  }
}
