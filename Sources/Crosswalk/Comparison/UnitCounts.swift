import Tensors

/// The numbers that a dtype has, counted from zero up.
struct FloatGrid {
  /// What makes the dtype's least normal number binary64's.
  private let scale: Double
  /// The bits of mantissa that binary64 has and the dtype has not.
  private let shift: UInt64

  /// The grid of a floating or complex dtype; nil for integers, whose differences are their own.
  init?(_ dtype: DType) {
    let (mantissa, exponent): (Int, Int)
    switch dtype {
    case .f64, .c128: (mantissa, exponent) = (52, -1022)
    case .f32, .c64: (mantissa, exponent) = (23, -126)
    case .f16: (mantissa, exponent) = (10, -14)
    case .bf16: (mantissa, exponent) = (7, -126)
    case .f8e4m3: (mantissa, exponent) = (3, -6)
    case .f8e4m3fnuz: (mantissa, exponent) = (3, -7)
    case .f8e5m2: (mantissa, exponent) = (2, -14)
    case .f8e5m2fnuz: (mantissa, exponent) = (2, -15)
    case .f8e8m0: (mantissa, exponent) = (0, -127)
    default: return nil
    }
    scale = Double(sign: .plus, exponent: -1022 - exponent, significand: 1)
    shift = UInt64(52 - mantissa)
  }

  /// How many steps of the grid lie between two finite numbers, each rounded to it.
  @inline(__always)
  func steps(between a: Double, _ b: Double) -> UInt64 {
    let (x, y) = (index(of: a), index(of: b))
    guard (a < 0) == (b < 0) else { return x &+ y }
    return x > y ? x &- y : y &- x
  }

  @inline(__always)
  private func index(of number: Double) -> UInt64 {
    let half: UInt64 = shift == 0 ? 0 : 1 << (shift &- 1)
    return ((number.magnitude * scale).bitPattern &+ half) >> shift
  }
}

/// Distances in units of the last place of a dtype, counted in bins: exact up to 64, then within a
/// thirty-second.
struct UnitCounts {
  private let grid: FloatGrid
  private var counts = [Int](repeating: 0, count: bins)
  private var total = 0

  private static let exact = 64
  private static let bins = 64 + 58 * 32

  /// Makes ready to count in units of a dtype; nil for integers.
  init?(of dtype: DType) {
    guard let grid = FloatGrid(dtype) else { return nil }
    self.grid = grid
  }

  /// Counts the distances of pairs of which both are finite.
  mutating func add(
    _ a: Slice<UnsafeBufferPointer<Double>>, _ b: Slice<UnsafeBufferPointer<Double>>
  ) {
    let grid = grid
    var added = 0
    counts.withUnsafeMutableBufferPointer { counts in
      for (x, y) in zip(a, b) where (x - y).isFinite {
        counts[x == y ? 0 : Self.bin(of: grid.steps(between: x, y))] &+= 1
        added &+= 1
      }
    }
    total += added
  }

  @inline(__always)
  private static func bin(of steps: UInt64) -> Int {
    guard steps >= exact else { return Int(truncatingIfNeeded: steps) }
    let exponent = 63 &- steps.leadingZeroBitCount
    let place = Int(truncatingIfNeeded: (steps >> UInt64(exponent &- 5)) & 31)
    return exact &+ (exponent &- 6) &* 32 &+ place
  }

  /// The least distance that a share of all pairs does not exceed; nil when there are none.
  func quantile(_ share: Double) -> Double? {
    guard total > 0 else { return nil }
    let wanted = max(1, Int((share * Double(total)).rounded(.up)))
    var seen = 0
    for (bin, count) in counts.enumerated() {
      seen += count
      guard seen >= wanted else { continue }
      guard bin >= Self.exact else { return Double(bin) }
      let (octave, place) = ((bin - Self.exact) / 32, (bin - Self.exact) % 32)
      return Double(sign: .plus, exponent: octave + 1, significand: Double(32 + place))
    }
    return nil
  }
}
