#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Numbers of binary32 as text: read to the nearest, written with the fewest digits that are read as
/// the same.
enum DecimalText {
  private static let powers: [Double] = (0...22).map { pow(10, Double($0)) }

  /// The number that bytes are the text of, as Python and C write it: `-0.25`, `1e-05`, `nan`, `inf`.
  static func number(_ bytes: UnsafeRawBufferPointer) -> Float? {
    var rest = bytes[...]
    let isNegative = rest.first == UInt8(ascii: "-")
    if isNegative || rest.first == UInt8(ascii: "+") { rest = rest.dropFirst() }
    guard let first = rest.first else { return nil }
    guard isDigit(first) || first == UInt8(ascii: ".") else {
      return word(rest).map { isNegative ? -$0 : $0 }
    }
    guard let parts = parts(&rest), rest.isEmpty else { return nil }
    guard let number = parts.number else {
      return Float(String(decoding: bytes, as: UTF8.self))
    }
    return isNegative ? -number : number
  }

  /// The text of a number.
  static func append(_ number: Float, to bytes: inout [UInt8]) {
    guard !number.isNaN else {
      bytes += Array((number.sign == .minus ? "-nan" : "nan").utf8)
      return
    }
    bytes += number.description.utf8
  }

  private static func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 }

  private static func word(_ bytes: Slice<UnsafeRawBufferPointer>) -> Float? {
    guard bytes.count == 3 || bytes.count == 8 else { return nil }
    switch String(decoding: bytes, as: UTF8.self).lowercased() {
    case "nan": return .nan
    case "inf", "infinity": return .infinity
    default: return nil
    }
  }

  /// Digits as an integer, and the power of ten that it is multiplied by.
  private struct Parts {
    var mantissa: UInt64 = 0
    var digits = 0
    var exponent = 0

    mutating func add(_ digit: UInt8) {
      if mantissa > 0 || digit > 0 { digits += 1 }
      mantissa = mantissa &* 10 &+ UInt64(digit)
    }

    /// The nearest binary32; nil where the quick way does not tell it.
    var number: Float? {
      guard digits <= 18, mantissa < 1 << 53, exponent.magnitude <= 22 else {
        return mantissa == 0 && digits == 0 ? 0 : nil
      }
      // Both are exact, so the quotient is the nearest binary64.
      let power = DecimalText.powers[Int(exponent.magnitude)]
      let wide = exponent < 0 ? Double(mantissa) / power : Double(mantissa) * power
      // Rounded twice it could go the wrong way only from halfway between two numbers.
      return wide.bitPattern & 0x1FFF_FFFF == 0x1000_0000 ? nil : Float(wide)
    }
  }

  private static func parts(_ rest: inout Slice<UnsafeRawBufferPointer>) -> Parts? {
    var parts = Parts()
    var count = digits(&rest) { parts.add($0) }
    if rest.first == UInt8(ascii: ".") {
      rest = rest.dropFirst()
      let places = digits(&rest) { parts.add($0) }
      parts.exponent = -places
      count += places
    }
    guard count > 0 else { return nil }
    guard let next = rest.first, next | 0x20 == UInt8(ascii: "e") else { return parts }
    rest = rest.dropFirst()
    let isNegative = rest.first == UInt8(ascii: "-")
    if isNegative || rest.first == UInt8(ascii: "+") { rest = rest.dropFirst() }
    var exponent = 0
    let places = digits(&rest) { exponent = min(exponent * 10 + Int($0), 1 << 20) }
    parts.exponent += isNegative ? -exponent : exponent
    return places > 0 ? parts : nil
  }

  /// Takes digits; returns how many there were.
  private static func digits(
    _ rest: inout Slice<UnsafeRawBufferPointer>, _ take: (UInt8) -> Void
  ) -> Int {
    let start = rest.startIndex
    while let byte = rest.first, isDigit(byte) {
      take(byte &- UInt8(ascii: "0"))
      rest = rest.dropFirst()
    }
    return rest.startIndex - start
  }
}
