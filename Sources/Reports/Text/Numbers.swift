#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Numbers as reports write them; the same everywhere, whatever the locale.
public enum Numbers {
  /// Four digits and an exponent: `1.234e-05`.
  public static func scientific(_ value: Double) -> String { print(value, "%.3e") }

  /// As few characters as tell about `digits` digits: `0.4312`, `1.2e-07`.
  public static func brief(_ value: Double, digits: Int = 4) -> String {
    print(value, "%.\(min(max(digits, 1), 17))g")
  }

  /// A fixed number of decimals, for values of moderate size: `0.431`; an exponent beyond.
  public static func fixed(_ value: Double, decimals: Int) -> String {
    abs(value) < 1e15 ? print(value, "%.\(min(max(decimals, 0), 17))f") : scientific(value)
  }

  /// A count with its thousands apart: `22,713,216`.
  public static func grouped(_ value: Int) -> String {
    let digits = Array("\(value.magnitude)")
    var text = value < 0 ? "-" : ""
    for (index, digit) in digits.enumerated() {
      if index > 0, (digits.count - index).isMultiple(of: 3) { text += "," }
      text.append(digit)
    }
    return text
  }

  /// A count of bytes in decimal units: `90.9 MB`.
  public static func bytes(_ count: Int) -> String {
    guard count.magnitude >= 1000 else { return "\(count) B" }
    var value = Double(count)
    var unit = "B"
    for next in ["kB", "MB", "GB", "TB", "PB"] where abs(value) >= 999.95 {
      value /= 1000
      unit = next
    }
    return "\(fixed(value, decimals: 1)) \(unit)"
  }

  /// A shape: `6 × 384`; a scalar has none.
  public static func shape(_ extents: [Int]) -> String {
    extents.isEmpty ? "scalar" : extents.map { "\($0)" }.joined(separator: "×")
  }

  /// Prints by one of the formats above; 64 characters hold the longest.
  private static func print(_ value: Double, _ format: String) -> String {
    guard value.isFinite else { return value.isNaN ? "NaN" : value < 0 ? "-inf" : "inf" }
    return withVaList([value]) { arguments in
      withUnsafeTemporaryAllocation(of: CChar.self, capacity: 64) { buffer in
        let length = vsnprintf(buffer.baseAddress, buffer.count, format, arguments)
        let bytes = buffer.prefix(max(0, min(Int(length), buffer.count - 1)))
        return String(decoding: bytes.map(UInt8.init(bitPattern:)), as: UTF8.self)
      }
    }
  }
}
