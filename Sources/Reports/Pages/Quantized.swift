import Foundation

/// Numbers in 8 or 16 bits, as pages carry them.
///
/// A code stands for a place in the range, the lowest code for its lower end; the highest code
/// stands for what is not finite. `page.js` reads this form.
struct Quantized: Equatable {
  /// How codes spread over the range.
  enum Scale: String {
    /// Equally.
    case linear
    /// By the square root, so that small numbers are kept finer than large ones.
    case root
  }

  /// Bits of a code: 8 or 16.
  let bits: Int
  /// How codes spread over the range.
  let scale: Scale
  /// What the codes reach from and to.
  let range: ClosedRange<Float>

  /// The code of what is not finite.
  private var blank: Int { bits == 8 ? 255 : 65_535 }

  /// The largest distance between a number in the range and what its code stands for.
  var error: Float {
    let step = 1 / Float(blank - 1)
    let width = range.upperBound - range.lowerBound
    return scale == .linear ? width * step / 2 : width * (1 - (1 - step / 2) * (1 - step / 2))
  }

  /// The code of a number.
  func code(_ value: Float) -> Int {
    guard value.isFinite else { return blank }
    let width = range.upperBound - range.lowerBound
    guard width > 0, width.isFinite else { return 0 }
    let place = min(max((value - range.lowerBound) / width, 0), 1)
    let spread = scale == .linear ? place : place.squareRoot()
    return Int((spread * Float(blank - 1)).rounded())
  }

  /// The codes' bytes: the low bytes of all, then the high bytes of all, which packs better.
  func bytes(of values: some Collection<Float>) -> [UInt8] {
    let count = values.count
    var bytes = [UInt8](repeating: 0, count: count * bits / 8)
    for (index, value) in values.enumerated() {
      let code = code(value)
      bytes[index] = UInt8(truncatingIfNeeded: code)
      if bits == 16 { bytes[count + index] = UInt8(truncatingIfNeeded: code >> 8) }
    }
    return bytes
  }
}

/// The range of the finite numbers, which always holds what is given.
func range(of values: some Sequence<Float>, holding start: ClosedRange<Float>)
  -> ClosedRange<Float>
{
  var (low, high) = (start.lowerBound, start.upperBound)
  for value in values where value.isFinite {
    low = min(low, value)
    high = max(high, value)
  }
  return low...high
}

/// Bytes as base64 (RFC 4648).
func base64(_ bytes: [UInt8]) -> String { Data(bytes).base64EncodedString() }
