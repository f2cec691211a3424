/// The conversions of 16-bit floating point that whole checkpoints go through, made fast.
///
/// They give what ``FloatFormat`` gives, bit for bit.
public enum SmallFloats {
  /// The nearest bfloat16.
  @inline(__always)
  static func bf16(_ value: Float) -> UInt16 {
    let bits = value.bitPattern
    let rounded = UInt16(truncatingIfNeeded: (bits &+ 0x7FFF &+ (bits >> 16 & 1)) >> 16)
    return value.isNaN ? UInt16(truncatingIfNeeded: bits >> 16) | 0x40 : rounded
  }

  /// The nearest binary16.
  @inline(__always)
  public static func f16(_ value: Float) -> UInt16 {
    let sign = UInt16(truncatingIfNeeded: value.bitPattern >> 16) & 0x8000
    let bits = value.bitPattern & 0x7FFF_FFFF
    if bits >= 143 << 23 {  // 65536 and above
      let nan = UInt16(truncatingIfNeeded: bits >> 13) & 0x01FF | 0x7E00
      return sign | (bits > 255 << 23 ? nan : 0x7C00)
    }
    if bits < 113 << 23 {  // subnormal: the sum's last bit is worth what binary16's last bit is
      let sum = Float(bitPattern: bits) + 0.5
      return sign | UInt16(truncatingIfNeeded: sum.bitPattern &- Float(0.5).bitPattern)
    }
    // A mantissa that rounds up carries into the exponent, and at the top makes infinity.
    let rounded = bits &- (112 << 23) &+ 0x0FFF &+ (bits >> 13 & 1)
    return sign | UInt16(truncatingIfNeeded: rounded >> 13)
  }

  /// The number of a binary16.
  @inline(__always)
  public static func float(f16 code: UInt16) -> Float {
    let sign = UInt32(code & 0x8000) << 16
    // Read as binary32 the exponent is 112 too small, for subnormal numbers too.
    let scaled = (Float(bitPattern: UInt32(code & 0x7FFF) << 13) * 0x1p112).bitPattern
    let bits = code & 0x7C00 == 0x7C00 ? UInt32(code & 0x7FFF) << 13 | 0x7F80_0000 : scaled
    return Float(bitPattern: sign | bits)
  }
}
