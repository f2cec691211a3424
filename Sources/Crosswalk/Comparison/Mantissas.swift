import Diagnostics
import Reports
import Tensors

/// Which narrow dtype wide numbers were once rounded to, as their mantissas say.
///
/// All bits that the narrow dtype lacks are zero, and the last one that it has is in use, as it is in
/// half of all rounded numbers; so that zeros, ones and small whole numbers tell nothing.
struct Mantissas {
  private var bits: UInt64 = 0
  private var count = 0
  private var lastOfBF16 = 0
  private var lastOfF16 = 0

  /// The zeros at the end of binary64's mantissa of what was in bfloat16, and in float16.
  private static let (bf16, f16) = (UInt64(1) << 45, UInt64(1) << 42)
  /// Fewer numbers tell nothing.
  private static let least = 32

  init() {}

  init(of tensor: StoredTensor) throws(CrosswalkError) {
    try add(tensor)
  }

  /// What all matrices and vectors of a model have in common.
  init(ofAll tensors: TensorTable) throws(CrosswalkError) {
    for (_, tensor) in tensors where tensor.dtype.isFloating && isNarrow { try add(tensor) }
  }

  private mutating func add(_ tensor: StoredTensor) throws(CrosswalkError) {
    var own = self
    try tensor.cast(to: .f64).forEachPiece { (_, bytes) throws(CrosswalkError) in
      guard own.isNarrow else { return }
      for number in bytes.bindMemory(to: UInt64.self) where number << 1 != 0 {
        own.bits |= number
        own.count += 1
        if number & Self.bf16 != 0 { own.lastOfBF16 += 1 }
        if number & Self.f16 != 0 { own.lastOfF16 += 1 }
      }
    }
    self = own
  }

  private var isNarrow: Bool { Self.isNarrow(bits) }

  /// Whether all of these bits of binary64 are in a narrow dtype, too.
  static func isNarrow(_ bits: UInt64) -> Bool { bits & (f16 - 1) == 0 }

  /// The dtype; nil where the numbers are as they come.
  var dtype: DType? {
    guard count >= Self.least, isNarrow else { return nil }
    if bits & (Self.bf16 - 1) == 0 { return lastOfBF16 * 4 >= count ? .bf16 : nil }
    return lastOfF16 * 4 >= count ? .f16 : nil
  }
}

extension DType {
  /// How reports speak of what was rounded to this.
  var precision: DifferenceReport.PrecisionClass? {
    switch self {
    case .bf16: .bfloat16
    case .f16: .float16
    default: nil
    }
  }
}
