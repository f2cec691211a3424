import CHDF5
import Diagnostics
import Tensors

/// How the library's datatypes and ours correspond, both ways.
extension HDF5Handle {
  /// What elements of this datatype are.
  func element() throws(CrosswalkError) -> HDF5Survey.Element {
    let (kind, size) = HDF5Library.exclusively { (H5Tget_class(id).rawValue, H5Tget_size(id)) }
    switch H5T_class_t(kind) {
    case H5T_INTEGER: return integer(size)
    case H5T_FLOAT: return float(size)
    case H5T_COMPOUND: return try complex()
    case H5T_ENUM: return try truthValue(size)
    case H5T_OPAQUE: return .opaque(byteCount: size)
    case H5T_STRING:
      let isVariable = HDF5Library.exclusively { H5Tis_variable_str(id) } > 0
      return .other(isVariable ? "strings of variable length" : "strings of \(size) bytes")
    case H5T_REFERENCE: return .other("references")
    case H5T_BITFIELD: return .other("bit fields of \(size) bytes")
    case H5T_VLEN: return .other("sequences of variable length")
    case H5T_ARRAY: return .other("arrays as elements")
    default: return .other("elements of a datatype unknown here")
    }
  }

  private func integer(_ size: Int) -> HDF5Survey.Element {
    let (isPlain, isSigned) = HDF5Library.exclusively {
      (H5Tget_precision(id) == size &* 8 && H5Tget_offset(id) == 0, H5Tget_sign(id) == H5T_SGN_2)
    }
    let dtype: DType? =
      switch (size, isSigned) {
      case (1, true): .i8
      case (1, false): .u8
      case (2, true): .i16
      case (2, false): .u16
      case (4, true): .i32
      case (4, false): .u32
      case (8, true): .i64
      case (8, false): .u64
      default: nil
      }
    guard isPlain, let dtype, let isBig = isBigEndian() else {
      return .other("integers of an unusual format")
    }
    return .number(dtype, bigEndian: isBig)
  }

  private func float(_ size: Int) -> HDF5Survey.Element {
    var fields = [Int](repeating: 0, count: 5)
    let (bias, isImplied) = HDF5Library.exclusively {
      fields.withUnsafeMutableBufferPointer { fields in
        guard let at = fields.baseAddress else { return }
        _ = H5Tget_fields(id, at, at + 1, at + 2, at + 3, at + 4)
      }
      return (H5Tget_ebias(id), H5Tget_norm(id) == H5T_NORM_IMPLIED)
    }
    let format = FloatFormat(size: size, fields: fields, bias: bias)
    guard isImplied, let isBig = isBigEndian(),
      let dtype = FloatFormat.known.first(where: { $0.1 == format })?.0
    else { return .other("floating-point numbers of an unusual format") }
    return .number(dtype, bigEndian: isBig)
  }

  /// Whether the bytes come highest first; nil for an order that is neither.
  private func isBigEndian() -> Bool? {
    switch HDF5Library.exclusively({ H5Tget_order(id) }) {
    case H5T_ORDER_LE, H5T_ORDER_NONE: false
    case H5T_ORDER_BE: true
    default: nil
    }
  }

  /// A compound of two floats `r` and `i` is h5py's complex number.
  private func complex() throws(CrosswalkError) -> HDF5Survey.Element {
    let other = HDF5Survey.Element.other("compounds")
    // MATLAB spells the words out.
    guard let names = try memberNames(atMost: 2), [["r", "i"], ["real", "imag"]].contains(names)
    else { return other }
    let real = try HDF5Handle("tell a datatype's member") { H5Tget_member_type(id, 0) }
    let imaginary = try HDF5Handle("tell a datatype's member") { H5Tget_member_type(id, 1) }
    guard case .number(let dtype, let isBig) = try real.part(),
      try imaginary.part() == .number(dtype, bigEndian: isBig)
    else { return other }
    let (start, middle, size) = HDF5Library.exclusively {
      (H5Tget_member_offset(id, 0), H5Tget_member_offset(id, 1), H5Tget_size(id))
    }
    guard start == 0, middle == dtype.byteCount, size == 2 * dtype.byteCount else { return other }
    switch dtype {
    case .f32: return .number(.c64, bigEndian: isBig)
    case .f64: return .number(.c128, bigEndian: isBig)
    default: return other
    }
  }

  /// What a complex number's part is; anything but a float is not looked into.
  private func part() throws(CrosswalkError) -> HDF5Survey.Element {
    let (kind, size) = HDF5Library.exclusively { (H5Tget_class(id).rawValue, H5Tget_size(id)) }
    return H5T_class_t(kind) == H5T_FLOAT ? float(size) : .other("no float")
  }

  /// An enumeration FALSE = 0, TRUE = 1 in one byte is h5py's truth value.
  private func truthValue(_ size: Int) throws(CrosswalkError) -> HDF5Survey.Element {
    guard size == 1, try memberNames(atMost: 2) == ["FALSE", "TRUE"] else {
      return .other("enumerations")
    }
    var values: [UInt64] = [0, 0]
    for index in 0..<2 {
      _ = try HDF5Library.call("tell an enumeration's value") {
        H5Tget_member_value(id, UInt32(index), &values[index])
      }
    }
    return values == [0, 1] ? .number(.bool, bigEndian: false) : .other("enumerations")
  }

  private func memberNames(atMost limit: Int) throws(CrosswalkError) -> [String]? {
    let count = try HDF5Library.call("count a datatype's members") { H5Tget_nmembers(id) }
    guard count <= limit else { return nil }
    var names: [String] = []
    for index in 0..<UInt32(clamping: count) {
      let name = HDF5Library.exclusively { () -> String? in
        guard let name = H5Tget_member_name(id, index) else { return nil }
        defer { H5free_memory(name) }
        return String(validatingCString: name)
      }
      guard let name else { return nil }
      names.append(name)
    }
    return names
  }
}

/// How a floating-point number is laid out, in the library's terms.
struct FloatFormat: Equatable, Sendable {
  /// Bytes.
  var size: Int
  /// Positions and sizes in bits: sign, exponent, exponent's size, mantissa, mantissa's size.
  var fields: [Int]
  /// The exponent's bias.
  var bias: Int

  /// The formats that are dtypes; those below two bytes, and bf16, are named by no 1.x release but
  /// equal what release 2.0 predefines.
  static let known: [(DType, FloatFormat)] = [
    (.f64, FloatFormat(size: 8, fields: [63, 52, 11, 0, 52], bias: 1023)),
    (.f32, FloatFormat(size: 4, fields: [31, 23, 8, 0, 23], bias: 127)),
    (.f16, FloatFormat(size: 2, fields: [15, 10, 5, 0, 10], bias: 15)),
    (.bf16, FloatFormat(size: 2, fields: [15, 7, 8, 0, 7], bias: 127)),
    (.f8e4m3, FloatFormat(size: 1, fields: [7, 3, 4, 0, 3], bias: 7)),
    (.f8e5m2, FloatFormat(size: 1, fields: [7, 2, 5, 0, 2], bias: 15)),
  ]
}
