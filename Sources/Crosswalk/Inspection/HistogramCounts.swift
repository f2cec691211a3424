import Reports

/// Counts of finite numbers in bins of equal width between their extremes.
struct HistogramCounts {
  private let lower: Double
  private let upper: Double
  private let scale: Double
  /// Neighbours are counted in different sets: one count need not wait for the other.
  private var counts = [Int](repeating: 0, count: TensorStatistics.bins * sets)
  private static let sets = 4

  /// Makes ready to count; nil where all numbers are one, so that bins would have no width.
  init?(_ moments: Moments) {
    guard moments.minimum < moments.maximum else { return nil }
    lower = moments.minimum
    upper = moments.maximum
    // Halved, so that not even the extremes of binary64 overflow.
    scale = Double(TensorStatistics.bins) / (upper / 2 - lower / 2)
  }

  /// Counts a block of numbers between the extremes.
  mutating func add(_ block: UnsafeBufferPointer<Double>) {
    let last = Double(TensorStatistics.bins - 1)
    let (scale, lower) = (scale, lower / 2)
    counts.withUnsafeMutableBufferPointer { counts in
      for index in block.indices {
        let position = (block[index] / 2 - lower) * scale
        // What is not below, NaN of subnormal widths included, goes to the last bin.
        let bin = Int(position < last ? position : last)
        counts[(index & (Self.sets - 1)) &* TensorStatistics.bins &+ bin] &+= 1
      }
    }
  }

  /// The result.
  var histogram: InspectReport.Histogram {
    let bins = TensorStatistics.bins
    let sums = (0..<bins).map { bin in
      stride(from: bin, to: counts.count, by: bins).reduce(0) { $0 + counts[$1] }
    }
    return InspectReport.Histogram(lower: lower, upper: upper, counts: sums)
  }
}
