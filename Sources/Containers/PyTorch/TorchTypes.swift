import Tensors

/// torch's words for dtypes.
enum TorchTypes {
  /// Storage classes; nil for those whose elements no dtype here holds.
  static let storages: [String: DType?] = [
    "DoubleStorage": .f64, "FloatStorage": .f32, "HalfStorage": .f16, "BFloat16Storage": .bf16,
    "LongStorage": .i64, "IntStorage": .i32, "ShortStorage": .i16, "CharStorage": .i8,
    "ByteStorage": .u8, "BoolStorage": .bool, "ComplexFloatStorage": .c64,
    "ComplexDoubleStorage": .c128, "QUInt8Storage": nil, "QInt8Storage": nil, "QInt32Storage": nil,
    "QUInt4x2Storage": nil, "QUInt2x4Storage": nil,
  ]

  /// Names of `torch.dtype`; nil for those that no dtype here holds.
  static let dtypes: [String: DType?] = [
    "float64": .f64, "double": .f64, "float32": .f32, "float": .f32, "float16": .f16, "half": .f16,
    "bfloat16": .bf16, "float8_e4m3fn": .f8e4m3, "float8_e5m2": .f8e5m2, "int64": .i64,
    "long": .i64, "int32": .i32, "int": .i32, "int16": .i16, "short": .i16, "int8": .i8,
    "uint64": .u64, "uint32": .u32, "uint16": .u16, "uint8": .u8, "bool": .bool,
    "complex64": .c64, "cfloat": .c64, "complex128": .c128, "cdouble": .c128, "complex32": nil,
    "float8_e4m3fnuz": .f8e4m3fnuz, "float8_e5m2fnuz": .f8e5m2fnuz, "float8_e8m0fnu": .f8e8m0,
    "float4_e2m1fn_x2": nil, "quint8": nil, "qint8": nil, "qint32": nil, "quint4x2": nil,
    "quint2x4": nil,
  ]

  /// The storage class for a dtype; nil for dtypes that torch stores untyped.
  static func storage(of dtype: DType) -> String? {
    switch dtype {
    case .f64: "DoubleStorage"
    case .f32: "FloatStorage"
    case .f16: "HalfStorage"
    case .bf16: "BFloat16Storage"
    case .i64: "LongStorage"
    case .i32: "IntStorage"
    case .i16: "ShortStorage"
    case .i8: "CharStorage"
    case .u8: "ByteStorage"
    case .bool: "BoolStorage"
    case .c64: "ComplexFloatStorage"
    case .c128: "ComplexDoubleStorage"
    case .f8e4m3, .f8e5m2, .f8e4m3fnuz, .f8e5m2fnuz, .f8e8m0, .u64, .u32, .u16: nil
    }
  }

  /// The name of `torch.dtype` for the dtypes that torch stores untyped.
  static func name(of dtype: DType) -> String {
    switch dtype {
    case .f8e4m3: "float8_e4m3fn"
    case .f8e5m2: "float8_e5m2"
    case .f8e4m3fnuz: "float8_e4m3fnuz"
    case .f8e5m2fnuz: "float8_e5m2fnuz"
    case .f8e8m0: "float8_e8m0fnu"
    case .u64: "uint64"
    case .u32: "uint32"
    default: "uint16"
    }
  }
}
