public import Diagnostics

extension StoredTensor {
  /// All numbers as binary32, cast where they are another real dtype.
  ///
  /// - Throws: `wrongDType` for complex numbers, or whatever reading meets.
  public func floats() throws(CrosswalkError) -> [Float] {
    try cast(to: .f32).elements(zero: 0)
  }

  /// All numbers as binary64, cast where they are another real dtype.
  ///
  /// - Throws: `wrongDType` for complex numbers, or whatever reading meets.
  public func doubles() throws(CrosswalkError) -> [Double] {
    try cast(to: .f64).elements(zero: 0)
  }

  /// All integers.
  ///
  /// - Throws: `wrongDType` for floating point and for a number beyond `Int`.
  public func ints() throws(CrosswalkError) -> [Int] {
    try cast(to: .i64).elements(zero: 0)
  }

  private func elements<Element: BitwiseCopyable>(zero: Element) throws(CrosswalkError)
    -> [Element]
  {
    var elements = [Element](repeating: zero, count: count)
    try elements.withUnsafeMutableBufferPointer { (buffer) throws(CrosswalkError) in
      try read(0..<count, into: UnsafeMutableRawBufferPointer(buffer))
    }
    return elements
  }

  /// A tensor that holds one number everywhere.
  ///
  /// - Throws: `wrongDType` when an integral dtype does not hold the number.
  public static func filled(_ dtype: DType, _ shape: [Int], value: Double) throws(CrosswalkError)
    -> StoredTensor
  {
    guard let element = Numbers.element(value, of: dtype) else {
      throw CrosswalkError(
        .wrongDType, "a tensor cannot be filled with this number",
        expected: "a number that \(dtype.rawValue) holds", found: "\(value)")
    }
    return try StoredTensor(dtype, shape, source: FilledSource(element: element))
  }
}

/// A source of one element, repeated.
struct FilledSource: TensorSource {
  let element: [UInt8]

  func read(_ range: Range<Int>, into buffer: UnsafeMutableRawBufferPointer) throws(CrosswalkError)
  {
    buffer.copyBytes(from: element)
    // What is filled already is copied behind itself, twice as much each time.
    var filled = element.count
    while filled < buffer.count {
      let count = min(filled, buffer.count - filled)
      UnsafeMutableRawBufferPointer(rebasing: buffer[filled..<filled + count])
        .copyMemory(from: UnsafeRawBufferPointer(rebasing: buffer[..<count]))
      filled += count
    }
  }
}

extension Numbers {
  /// The bytes of a number as an element of a dtype; nil when an integral dtype has no such number.
  static func element(_ value: Double, of dtype: DType) -> [UInt8]? {
    var bytes = [UInt8](repeating: 0, count: dtype.byteCount)
    let isStored = bytes.withUnsafeMutableBytes { buffer in
      switch dtype.category {
      case .floating:
        var values = [value]
        values.withUnsafeMutableBufferPointer { store($0, into: buffer, dtype) }
        return true
      case .complex:
        // The real part; the imaginary one stays zero.
        if dtype == .c64 {
          buffer.storeBytes(of: Float(value), as: Float.self)
        } else {
          buffer.storeBytes(of: value, as: Double.self)
        }
        return true
      default:
        guard let magnitude = UInt64(exactly: value.magnitude) else { return false }
        return store(
          Integer(magnitude: magnitude, isNegative: value < 0), at: 0, of: buffer, dtype)
      }
    }
    return isStored ? bytes : nil
  }
}
