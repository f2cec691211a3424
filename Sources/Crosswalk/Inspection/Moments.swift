/// What one pass over finite numbers tells: extremes, mean, spread, zeros, bits in use.
///
/// Sums are made over blocks, in eight lanes, and the spread around each block's own mean; blocks
/// are joined as Chan, Golub and LeVeque 1979 join samples. So nothing cancels.
struct Moments {
  private(set) var count = 0
  private(set) var minimum = Double.infinity
  private(set) var maximum = -Double.infinity
  private(set) var zeros = 0
  /// The bits that any of the numbers has, in binary64.
  private(set) var bits: UInt64 = 0
  private var runningMean = 0.0
  /// The sum of squared distances from the mean.
  private var spread = 0.0

  private typealias Lanes = SIMD8<Double>

  /// The mean; the very number where there is only one.
  var mean: Double { minimum == maximum ? minimum : runningMean }
  /// The standard deviation of the population.
  var standardDeviation: Double { minimum == maximum ? 0 : (spread / Double(count)).squareRoot() }
  /// The Euclidean norm.
  var norm: Double { (spread + Double(count) * runningMean * runningMean).squareRoot() }

  /// Takes in a block of finite numbers.
  mutating func add(_ block: UnsafeBufferPointer<Double>) {
    guard !block.isEmpty else { return }
    let mean = survey(block) / Double(block.count)
    let spread = Self.spread(of: block, around: mean)
    let total = Double(count + block.count)
    let distance = mean - runningMean
    self.spread += spread + distance * distance * Double(count) * Double(block.count) / total
    runningMean += distance * Double(block.count) / total
    count += block.count
  }

  /// Takes extremes, zeros and bits, and gives the sum.
  private mutating func survey(_ block: UnsafeBufferPointer<Double>) -> Double {
    var (sums, low, high) = (Lanes.zero, Lanes(repeating: minimum), Lanes(repeating: maximum))
    var (used, none) = (SIMD8<UInt64>.zero, SIMD8<UInt64>.zero)
    let one = SIMD8<UInt64>(repeating: 1)
    Self.forEachLanes(of: block) { lanes in
      sums += lanes
      low.replace(with: lanes, where: lanes .< low)
      high.replace(with: lanes, where: lanes .> high)
      used |= unsafeBitCast(lanes, to: SIMD8<UInt64>.self)
      none &+= SIMD8<UInt64>.zero.replacing(with: one, where: lanes .== 0)
    }
    var sum = sums.sum()
    (minimum, maximum) = (low.min(), high.max())
    for lane in used.indices { bits |= used[lane] }
    zeros += Int(none.wrappedSum())
    for number in Self.rest(of: block) {
      sum += number
      (minimum, maximum) = (Swift.min(minimum, number), Swift.max(maximum, number))
      bits |= number.bitPattern
      if number == 0 { zeros += 1 }
    }
    return sum
  }

  private static func spread(of block: UnsafeBufferPointer<Double>, around mean: Double) -> Double {
    var sums = Lanes.zero
    forEachLanes(of: block) { lanes in
      let distance = lanes - mean
      sums += distance * distance
    }
    var sum = sums.sum()
    for number in rest(of: block) { sum += (number - mean) * (number - mean) }
    return sum
  }

  @inline(__always)
  private static func forEachLanes(of block: UnsafeBufferPointer<Double>, _ body: (Lanes) -> Void) {
    let raw = UnsafeRawBufferPointer(block)
    for start in stride(from: 0, to: raw.count - 63, by: 64) {
      body(raw.loadUnaligned(fromByteOffset: start, as: Lanes.self))
    }
  }

  /// What is left when whole lanes are taken.
  private static func rest(of block: UnsafeBufferPointer<Double>) -> Slice<
    UnsafeBufferPointer<Double>
  > {
    block[(block.count / 8 * 8)...]
  }
}
