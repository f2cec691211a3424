import Diagnostics
import Tensors

/// Tells numbers that were once narrower: their last bits are all zero.
struct Fingerprint {
  private let moments: Moments

  init(_ moments: Moments) { self.moments = moments }

  /// A narrower format: the bits of its mantissa, its largest number, and the power of two that
  /// makes each of its numbers an integer.
  private struct Format {
    let dtype: DType
    let mantissa: UInt64
    let largest: Double
    let unit: Double
  }

  /// The formats, the narrowest mantissa first.
  private static let formats = [
    Format(dtype: .bf16, mantissa: 7, largest: 0x1.FEp127, unit: 0x1p133),
    Format(dtype: .f16, mantissa: 10, largest: 65504, unit: 0x1p24),
    Format(dtype: .f32, mantissa: 23, largest: 0x1.FFFFFEp127, unit: 0x1p149),
  ]

  /// The narrower dtype that holds every number of a tensor, nil when none does or when the
  /// numbers are too few or too plain to tell.
  func format(of tensor: StoredTensor) throws(CrosswalkError) -> DType? {
    guard [.f32, .f64].contains(tensor.dtype), moments.count - moments.zeros >= 32 else {
      return nil
    }
    for format in Self.formats where format.dtype.byteCount < tensor.dtype.byteCount {
      let unused: UInt64 = (1 << (52 - format.mantissa)) - 1
      guard moments.bits & unused == 0 else { continue }
      // Numbers such as 1 or 0.5 fit anything; those of a trained tensor use every bit there is.
      let used: UInt64 = ((1 << format.mantissa) - 1) << (52 - format.mantissa)
      guard moments.bits & used == used else { return nil }
      return try isWithin(format, tensor) ? format.dtype : nil
    }
    return nil
  }

  /// Whether the exponents fit, too.
  private func isWithin(_ format: Format, _ tensor: StoredTensor) throws(CrosswalkError) -> Bool {
    guard max(-moments.minimum, moments.maximum) <= format.largest else { return false }
    var isWithin = true
    try NumberReader(tensor).forEachBlock { (block) throws(CrosswalkError) in
      for number in Finite.compact(block).finite {
        let units = number * format.unit
        if units != units.rounded(.towardZero) { isWithin = false }
      }
    }
    return isWithin
  }
}
