extension Numbers {
  /// Reads an element of an integral dtype; any byte but 0 is true.
  static func integer(at index: Int, of bytes: UnsafeRawBufferPointer, _ dtype: DType) -> Integer {
    func element<Element: FixedWidthInteger & BitwiseCopyable>(_ type: Element.Type) -> Integer {
      let value = bytes.loadUnaligned(
        fromByteOffset: index * MemoryLayout<Element>.size, as: Element.self)
      return Integer(magnitude: UInt64(value.magnitude), isNegative: value < 0)
    }
    return switch dtype {
    case .i64: element(Int64.self)
    case .i32: element(Int32.self)
    case .i16: element(Int16.self)
    case .i8: element(Int8.self)
    case .u64: element(UInt64.self)
    case .u32: element(UInt32.self)
    case .u16: element(UInt16.self)
    case .bool: Integer(magnitude: bytes[index] == 0 ? 0 : 1, isNegative: false)
    default: element(UInt8.self)
    }
  }

  /// Writes an integer as an element of any real dtype; false when it does not fit.
  static func store(
    _ value: Integer, at index: Int, of bytes: UnsafeMutableRawBufferPointer, _ dtype: DType
  ) -> Bool {
    switch dtype {
    case .f64:
      let number = Double(value.magnitude)
      bytes.storeBytes(
        of: value.isNegative ? -number : number, toByteOffset: index * 8, as: Double.self)
    case .f32:
      let number = Float(value.magnitude)
      bytes.storeBytes(
        of: value.isNegative ? -number : number, toByteOffset: index * 4, as: Float.self)
    case .f16, .bf16:
      let code = dtype.smallFormat?.encode(value) ?? 0
      bytes.storeBytes(of: code, toByteOffset: index * 2, as: UInt16.self)
    case .f8e4m3, .f8e5m2, .f8e4m3fnuz, .f8e5m2fnuz:
      bytes[index] = UInt8(truncatingIfNeeded: dtype.smallFormat?.encode(value) ?? 0)
    default: return storeInteger(value, at: index, of: bytes, dtype)
    }
    return true
  }

  private static func storeInteger(
    _ value: Integer, at index: Int, of bytes: UnsafeMutableRawBufferPointer, _ dtype: DType
  ) -> Bool {
    func element<Element: FixedWidthInteger & BitwiseCopyable>(_ type: Element.Type) -> Bool {
      guard let number = value.exactly(Element.self) else { return false }
      bytes.storeBytes(
        of: number, toByteOffset: index * MemoryLayout<Element>.size, as: Element.self)
      return true
    }
    return switch dtype {
    case .i64: element(Int64.self)
    case .i32: element(Int32.self)
    case .i16: element(Int16.self)
    case .i8: element(Int8.self)
    case .u64: element(UInt64.self)
    case .u32: element(UInt32.self)
    case .u16: element(UInt16.self)
    case .u8: element(UInt8.self)
    case .bool: value.magnitude <= 1 && !value.isNegative && element(UInt8.self)
    default: false
    }
  }
}

extension Integer {
  /// The integer in a type, when that holds it.
  func exactly<Number: FixedWidthInteger>(_ type: Number.Type) -> Number? {
    guard isNegative else { return Number(exactly: magnitude) }
    guard magnitude <= 1 << 63 else { return nil }
    return Number(exactly: Int64(truncatingIfNeeded: 0 &- magnitude))
  }
}
