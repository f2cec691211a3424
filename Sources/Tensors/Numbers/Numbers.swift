/// Numbers in and out of the bytes of each dtype.
enum Numbers {
  /// How many numbers are converted at a time where binary64 stands between two dtypes.
  static let chunk = 4096

  /// Casts floating-point or complex numbers; a pair that matters has its own loop.
  static func cast(
    _ source: UnsafeRawBufferPointer, _ from: DType, into target: UnsafeMutableRawBufferPointer,
    _ to: DType
  ) {
    let count = target.count / to.byteCount
    switch (from, to) {
    case (.f32, .bf16): each(source, target, count) { (x: Float) in SmallFloats.bf16(x) }
    case (.f32, .f16): each(source, target, count) { (x: Float) in SmallFloats.f16(x) }
    case (.bf16, .f32):
      each(source, target, count) { (x: UInt16) in Float(bitPattern: UInt32(x) << 16) }
    case (.f16, .f32): each(source, target, count) { (x: UInt16) in SmallFloats.float(f16: x) }
    case (.f64, .f32): each(source, target, count) { (x: Double) in Float(x) }
    case (.f32, .f64): each(source, target, count) { (x: Float) in Double(x) }
    case (.c128, .c64): each(source, target, 2 * count) { (x: Double) in Float(x) }
    case (.c64, .c128): each(source, target, 2 * count) { (x: Float) in Double(x) }
    default: castByWayOfDouble(source, from, into: target, to)
    }
  }

  @inline(__always)
  private static func each<From: BitwiseCopyable, To: BitwiseCopyable>(
    _ source: UnsafeRawBufferPointer, _ target: UnsafeMutableRawBufferPointer, _ count: Int,
    _ convert: (From) -> To
  ) {
    guard let read = source.baseAddress, let write = target.baseAddress else { return }
    let (from, to) = (MemoryLayout<From>.size, MemoryLayout<To>.size)
    for index in 0..<count {
      (write + index * to).storeBytes(
        of: convert((read + index * from).loadUnaligned(as: From.self)), as: To.self)
    }
  }

  private static func castByWayOfDouble(
    _ source: UnsafeRawBufferPointer, _ from: DType, into target: UnsafeMutableRawBufferPointer,
    _ to: DType
  ) {
    let count = target.count / to.byteCount
    var values = [Double](repeating: 0, count: min(count, chunk))
    for start in stride(from: 0, to: count, by: chunk) {
      let end = min(start + chunk, count)
      values.withUnsafeMutableBufferPointer { values in
        let part = UnsafeMutableBufferPointer(rebasing: values[..<(end - start)])
        load(
          UnsafeRawBufferPointer(rebasing: source[start * from.byteCount..<end * from.byteCount]),
          from, into: part)
        store(
          part,
          into: UnsafeMutableRawBufferPointer(
            rebasing: target[start * to.byteCount..<end * to.byteCount]), to)
      }
    }
  }

  /// Reads floating-point numbers.
  static func load(
    _ bytes: UnsafeRawBufferPointer, _ dtype: DType, into values: UnsafeMutableBufferPointer<Double>
  ) {
    let format = dtype.smallFormat
    for index in values.indices {
      values[index] =
        switch dtype {
        case .f64: bytes.loadUnaligned(fromByteOffset: index * 8, as: Double.self)
        case .f32: Double(bytes.loadUnaligned(fromByteOffset: index * 4, as: Float.self))
        default: Double(format?.decode(code(at: index, of: bytes, dtype)) ?? .nan)
        }
    }
  }

  /// Writes floating-point numbers, each rounded once.
  static func store(
    _ values: UnsafeMutableBufferPointer<Double>, into bytes: UnsafeMutableRawBufferPointer,
    _ dtype: DType
  ) {
    let format = dtype.smallFormat
    for index in values.indices {
      switch dtype {
      case .f64: bytes.storeBytes(of: values[index], toByteOffset: index * 8, as: Double.self)
      case .f32: bytes.storeBytes(of: Float(values[index]), toByteOffset: index * 4, as: Float.self)
      default: store(code: format?.encode(values[index]) ?? 0, at: index, of: bytes, dtype)
      }
    }
  }

  private static func code(at index: Int, of bytes: UnsafeRawBufferPointer, _ dtype: DType)
    -> UInt16
  {
    dtype.byteCount == 1
      ? UInt16(bytes[index]) : bytes.loadUnaligned(fromByteOffset: index * 2, as: UInt16.self)
  }

  private static func store(
    code: UInt16, at index: Int, of bytes: UnsafeMutableRawBufferPointer, _ dtype: DType
  ) {
    if dtype.byteCount == 1 {
      bytes[index] = UInt8(truncatingIfNeeded: code)
    } else {
      bytes.storeBytes(of: code, toByteOffset: index * 2, as: UInt16.self)
    }
  }

  /// The nearest number that a floating-point dtype holds.
  static func rounded(_ value: Double, to dtype: DType) -> Double {
    if let format = dtype.smallFormat { return Double(format.decode(format.encode(value))) }
    return dtype == .f32 ? Double(Float(value)) : value
  }
}
