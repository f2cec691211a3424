/// A binary floating-point format of 16 bits or fewer, by its fields.
struct FloatFormat {
  let exponentBits: Int
  let mantissaBits: Int
  /// What is not a finite number.
  let specials: Specials

  /// The codes that stand for no finite number.
  enum Specials {
    /// Those of the largest exponent: infinities and NaN, as IEEE 754 has it.
    case infinities
    /// The largest code of either sign, NaN.
    case largest
    /// That of a negative zero, NaN.
    case negativeZero
    /// The largest, NaN; there is no sign, no mantissa and no zero.
    case scale
  }

  static let f16 = FloatFormat(exponentBits: 5, mantissaBits: 10, specials: .infinities)
  static let bf16 = FloatFormat(exponentBits: 8, mantissaBits: 7, specials: .infinities)
  static let f8e5m2 = FloatFormat(exponentBits: 5, mantissaBits: 2, specials: .infinities)
  static let f8e4m3 = FloatFormat(exponentBits: 4, mantissaBits: 3, specials: .largest)
  static let f8e5m2fnuz = FloatFormat(exponentBits: 5, mantissaBits: 2, specials: .negativeZero)
  static let f8e4m3fnuz = FloatFormat(exponentBits: 4, mantissaBits: 3, specials: .negativeZero)
  static let f8e8m0 = FloatFormat(exponentBits: 8, mantissaBits: 0, specials: .scale)

  private var bias: Int {
    (1 << (exponentBits - 1)) - (specials == .negativeZero ? 0 : 1)
  }
  private var signBit: UInt16 { 1 << UInt16(exponentBits + mantissaBits) }
  private var topExponent: UInt16 { ((1 << UInt16(exponentBits)) - 1) << UInt16(mantissaBits) }
  /// What a magnitude beyond the largest number becomes: infinity, or NaN where there is none.
  private var overflow: UInt16 {
    switch specials {
    case .infinities: topExponent
    case .largest, .scale: signBit - 1
    case .negativeZero: signBit
    }
  }

  /// The nearest code to a number, ties to even; infinity where there is none becomes NaN.
  ///
  /// Nothing is made a scale, which has no zero and no sign.
  func encode(_ value: Double) -> UInt16 {
    guard specials != .scale else { return overflow }
    let sign = value.sign == .minus ? signBit : 0
    if value.isNaN { return sign | nan(value.significandBitPattern) }
    if value.isInfinite { return sign | overflow }
    if value == 0 { return signed(0, sign) }
    // A subnormal binary64 lies far below any of these formats, so its missing bit is no matter.
    let significand = value.significandBitPattern | 1 << 52
    return signed(encode(significand, exponent: Int(value.exponentBitPattern) - 1075), sign)
  }

  /// The nearest code to an integer.
  func encode(_ value: Integer) -> UInt16 {
    guard specials != .scale else { return overflow }
    guard value.magnitude > 0 else { return 0 }
    return signed(encode(value.magnitude, exponent: 0), value.isNegative ? signBit : 0)
  }

  private func signed(_ code: UInt16, _ sign: UInt16) -> UInt16 {
    code == 0 && specials == .negativeZero ? 0 : sign | code
  }

  /// The nearest code to `significand` times two to the `exponent`, rounded once.
  private func encode(_ significand: UInt64, exponent: Int) -> UInt16 {
    let leading = 63 - significand.leadingZeroBitCount + exponent
    guard leading <= bias + 1 else { return overflow }
    let scale = max(leading, 1 - bias)
    let shift = scale - mantissaBits - exponent
    let rounded = FloatFormat.roundedShift(significand, by: shift)
    // The hidden bit of a normal number carries into the exponent field, and so does rounding up.
    let code = (scale + bias - 1) << mantissaBits + Int(rounded)
    return code < Int(overflow) ? UInt16(code) : overflow
  }

  private static func roundedShift(_ value: UInt64, by shift: Int) -> UInt64 {
    if shift <= 0 { return value << UInt64(-shift) }
    if shift > 64 { return 0 }
    let half: UInt64 = 1 << UInt64(shift - 1)
    let kept = shift == 64 ? 0 : value >> UInt64(shift)
    let rest = value & (half | (half - 1))
    let roundsUp = rest > half || (rest == half && kept & 1 == 1)
    return roundsUp ? kept + 1 : kept
  }

  private func nan(_ payload: UInt64) -> UInt16 {
    guard specials == .infinities else { return overflow }
    let quiet: UInt16 = 1 << UInt16(mantissaBits - 1)
    return topExponent | quiet | UInt16(payload >> UInt64(52 - mantissaBits)) & (quiet - 1)
  }

  /// The number of a code, which binary32 holds exactly.
  func decode(_ code: UInt16) -> Float {
    if specials == .scale { return power(code) }
    let magnitude = code & (signBit - 1)
    let exponent = Int(magnitude >> UInt16(mantissaBits))
    let mantissa = magnitude & ((1 << UInt16(mantissaBits)) - 1)
    let sign: UInt32 = code & signBit == 0 ? 0 : 1 << 31
    if isNaN(code) { return Float(bitPattern: sign | 0x7FC0_0000) }
    let fraction = UInt32(mantissa) << UInt32(23 - mantissaBits)
    if specials == .infinities, magnitude >= topExponent {
      return Float(bitPattern: sign | 0x7F80_0000 | fraction)
    }
    if exponent == 0 {
      let value = Float(
        sign: .plus, exponent: 1 - bias - mantissaBits, significand: Float(mantissa))
      return Float(bitPattern: sign | value.bitPattern)
    }
    return Float(bitPattern: sign | UInt32(exponent - bias + 127) << 23 | fraction)
  }

  /// Whether a code is the one NaN of a format without infinities.
  private func isNaN(_ code: UInt16) -> Bool {
    switch specials {
    case .infinities: false
    case .largest, .scale: code & (signBit - 1) == signBit - 1
    case .negativeZero: code == signBit
    }
  }

  /// The power of two of a scale; the least is a subnormal binary32.
  private func power(_ code: UInt16) -> Float {
    guard !isNaN(code) else { return .nan }
    return code == 0 ? 0x1p-127 : Float(bitPattern: UInt32(code) << 23)
  }
}

extension DType {
  /// The format of the small floating-point dtypes.
  var smallFormat: FloatFormat? {
    switch self {
    case .f16: .f16
    case .bf16: .bf16
    case .f8e5m2: .f8e5m2
    case .f8e4m3: .f8e4m3
    case .f8e5m2fnuz: .f8e5m2fnuz
    case .f8e4m3fnuz: .f8e4m3fnuz
    case .f8e8m0: .f8e8m0
    default: nil
    }
  }
}

/// An integer of any of the integral dtypes.
struct Integer {
  var magnitude: UInt64
  var isNegative: Bool
}
