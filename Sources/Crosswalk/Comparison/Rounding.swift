import Tensors

/// What rounding explains, in units of the reference's root mean square.
///
/// Measured on float32 ports of twelve layers against float64: relative RMS 5e-7, largest
/// difference 2.5e-6 at an RMS of 1; a correct port stays within a small multiple of its floor, a
/// fault does not.
struct Rounding {
  /// The relative RMS of the difference.
  var relativeRMS: Double
  /// The largest difference over the reference's RMS.
  var relativeMaximum: Double

  /// A difference of so many times the floor is no rounding.
  static let factor = 10.0
  /// A tensor of fewer elements says too little about its own rounding.
  static let tellingCount = 64
  /// A recording further from the float64 one is apart by more than rounding.
  static func explicable(of dtype: DType) -> Rounding {
    let times = max(1, dtype.roundingUnit / 0x1p-13)
    return Rounding(relativeRMS: 1e-3 * times, relativeMaximum: 1e-1 * times)
  }

  /// The distance between a recording and its exact answer, when rounding can be its cause.
  init?(explaining distance: Distance, of dtype: DType = .f32) {
    let most = Rounding.explicable(of: dtype)
    guard distance.nonFinite == 0, distance.relativeRMS <= most.relativeRMS,
      distance.relativeMaximum <= most.relativeMaximum
    else { return nil }
    relativeRMS = distance.relativeRMS
    relativeMaximum = distance.relativeMaximum
  }

  private init(relativeRMS: Double, relativeMaximum: Double) {
    self.relativeRMS = relativeRMS
    self.relativeMaximum = relativeMaximum
  }

  /// The least that one operation's rounding comes to, even if a recording is luckier.
  static func least(of dtype: DType) -> Rounding {
    Rounding(relativeRMS: dtype.roundingUnit, relativeMaximum: 5 * dtype.roundingUnit)
  }

  /// The rounding of a deep model, where no exact answer is known.
  ///
  /// Of the narrow dtypes measured signal-to-noise ratios are 33 dB (bfloat16) and 56 dB (float16) at
  /// the worst: their roundings add up to less.
  static func usual(of dtype: DType) -> Rounding {
    let times = [.bf16, .f16].contains(dtype) ? 1.0 : 4.0
    return Rounding(
      relativeRMS: times * dtype.roundingUnit, relativeMaximum: 5 * times * dtype.roundingUnit)
  }

  /// The larger of two floors.
  func atLeast(_ other: Rounding) -> Rounding {
    Rounding(
      relativeRMS: max(relativeRMS, other.relativeRMS),
      relativeMaximum: max(relativeMaximum, other.relativeMaximum))
  }
}

extension DType {
  /// The distance from 1 to the next number: what one rounding is worth.
  var roundingUnit: Double {
    switch self {
    case .f64, .c128: 0x1p-52
    case .f16: 0x1p-10
    case .bf16: 0x1p-7
    case .f8e4m3, .f8e4m3fnuz: 0x1p-3
    case .f8e5m2, .f8e5m2fnuz: 0x1p-2
    case .f8e8m0: 1
    default: 0x1p-23
    }
  }

  /// The coarser of two dtypes, by what one rounding is worth.
  func coarser(_ other: DType) -> DType { roundingUnit >= other.roundingUnit ? self : other }
}
