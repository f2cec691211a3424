/// What one element of a tensor is; the raw value is the word used in flags and JSON.
public enum DType: String, Sendable, Hashable, CaseIterable {
  /// IEEE 754 binary64.
  case f64
  /// IEEE 754 binary32.
  case f32
  /// IEEE 754 binary16.
  case f16
  /// The upper half of a binary32.
  case bf16
  /// Eight bits, four of exponent, three of mantissa, no infinities (OCP FP8 E4M3).
  case f8e4m3
  /// Eight bits, five of exponent, two of mantissa (OCP FP8 E5M2).
  case f8e5m2
  /// Eight bits, four of exponent, three of mantissa; no infinities, no negative zero, whose code is
  /// the one NaN (E4M3FNUZ).
  case f8e4m3fnuz
  /// Eight bits, five of exponent, two of mantissa; likewise (E5M2FNUZ).
  case f8e5m2fnuz
  /// Eight bits of exponent: a power of two from 2⁻¹²⁷ to 2¹²⁷, or NaN (OCP MX E8M0).
  case f8e8m0
  /// A signed 64-bit integer.
  case i64
  /// A signed 32-bit integer.
  case i32
  /// A signed 16-bit integer.
  case i16
  /// A signed 8-bit integer.
  case i8
  /// An unsigned 64-bit integer.
  case u64
  /// An unsigned 32-bit integer.
  case u32
  /// An unsigned 16-bit integer.
  case u16
  /// An unsigned 8-bit integer.
  case u8
  /// One byte, 0 or 1.
  case bool
  /// Two binary32, real part first.
  case c64
  /// Two binary64, real part first.
  case c128

  /// Bytes of one element.
  public var byteCount: Int {
    switch self {
    case .c128: 16
    case .f64, .i64, .u64, .c64: 8
    case .f32, .i32, .u32: 4
    case .f16, .bf16, .i16, .u16: 2
    case .f8e4m3, .f8e5m2, .f8e4m3fnuz, .f8e5m2fnuz, .f8e8m0, .i8, .u8, .bool: 1
    }
  }

  /// What sort of number it is.
  public var category: Category {
    switch self {
    case .f64, .f32, .f16, .bf16, .f8e4m3, .f8e5m2, .f8e4m3fnuz, .f8e5m2fnuz, .f8e8m0: .floating
    case .i64, .i32, .i16, .i8: .signed
    case .u64, .u32, .u16, .u8: .unsigned
    case .bool: .boolean
    case .c64, .c128: .complex
    }
  }

  /// The sorts of numbers.
  public enum Category: Sendable {
    /// Floating point.
    case floating
    /// Signed integers.
    case signed
    /// Unsigned integers.
    case unsigned
    /// Truth values.
    case boolean
    /// Complex numbers.
    case complex
  }

  /// Whether the elements are floating-point numbers.
  public var isFloating: Bool { category == .floating }
  /// Whether the elements are integers or truth values.
  public var isIntegral: Bool { category != .floating && category != .complex }
}
