import Diagnostics
import Tensors

/// Which signs of a view differ from those in its storage: torch conjugates and negates lazily, and
/// saves the storage as it is with a dictionary that says so.
struct TorchSigns {
  private var isConjugate = false
  private var isNegative = false

  /// Understands the last argument of a tensor, a dictionary or nothing.
  ///
  /// - Throws: `unsupported` for what else it may say, and for dtypes that have no sign of their own.
  init(_ value: PickleValue, in objects: [PickleObject], _ dtype: DType) throws(CrosswalkError) {
    guard case .object(let index) = value, objects[index].kind == .dictionary else { return }
    let items = objects[index].items
    for start in stride(from: 0, to: items.count, by: 2) {
      switch (items[start], items[start + 1]) {
      case (_, .bool(false)): continue
      case (.string("conj"), .bool(true)) where dtype.category == .complex: isConjugate = true
      case (.string("neg"), .bool(true)) where Self.signed.contains(dtype): isNegative = true
      default:
        throw CrosswalkError(
          .unsupported, "a view whose numbers differ from those that are stored",
          remedy: "save it as it is: tensor.resolve_conj().resolve_neg().clone()")
      }
    }
  }

  private static let signed: Set<DType> = [.f64, .f32, .f16, .bf16, .c128, .c64]

  /// Whether any differ.
  var areFlipped: Bool { isConjugate || isNegative }

  /// What tells this view from others of one storage.
  var view: [Int] { areFlipped ? [isConjugate ? 1 : 0, isNegative ? 1 : 0] : [] }

  /// Whether the signs of real parts, or of real numbers, differ.
  var flipsReal: Bool { isNegative }
  /// Whether the signs of imaginary parts do.
  var flipsImaginary: Bool { isNegative != isConjugate }
}

/// Numbers with some of their signs turned round.
struct SignSource: TensorSource {
  let base: StoredTensor
  let signs: TorchSigns
  let dtype: DType

  func read(_ range: Range<Int>, into buffer: UnsafeMutableRawBufferPointer) throws(CrosswalkError)
  {
    try base.read(range, into: buffer)
    let isComplex = dtype.category == .complex
    let width = isComplex ? dtype.byteCount / 2 : dtype.byteCount
    // The sign is the last bit of the last byte.
    if signs.flipsReal { flip(buffer, from: width - 1) }
    if isComplex, signs.flipsImaginary { flip(buffer, from: 2 * width - 1) }
  }

  private func flip(_ buffer: UnsafeMutableRawBufferPointer, from first: Int) {
    for index in stride(from: first, to: buffer.count, by: dtype.byteCount) {
      buffer[index] ^= 0x80
    }
  }
}
