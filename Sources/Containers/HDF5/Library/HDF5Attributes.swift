import CHDF5
import Diagnostics
import Documents
import Tensors

/// What the survey asks of attributes.
extension HDF5Handle {
  /// The names of an object's attributes, in alphabetical order.
  func attributeNames(atMost limit: Int) throws(CrosswalkError) -> [String] {
    let found = Collector<String?>(limit: limit)
    try withExtendedLifetime(found) { () throws(CrosswalkError) in
      _ = try HDF5Library.call("list the attributes") {
        H5Aiterate2(
          id, H5_INDEX_NAME, H5_ITER_INC, nil,
          { _, name, _, context in
            let name = name.flatMap { String(validatingCString: $0) }
            return Collector<String?>.from(context)?.add(name) == true ? 0 : 1
          }, found.pointer)
      }
    }
    guard !found.isFull else { throw HDF5Limit.entries }
    var names: [String] = []
    for name in found.items {
      guard let name else {
        throw CrosswalkError(.malformed, "an attribute's name is not UTF-8")
      }
      names.append(name)
    }
    return names
  }

  /// The value of an attribute, or the reason why it has none here.
  func attribute(_ name: String) throws(CrosswalkError) -> HDF5AttributeValue {
    let attribute = try HDF5Handle("open the attribute '\(name)'") {
      H5Aopen(id, name, hid_t(H5P_DEFAULT))
    }
    let space = try HDF5Handle("tell the shape of '\(name)'") { H5Aget_space(attribute.id) }
    let type = try HDF5Handle("tell the datatype of '\(name)'") { H5Aget_type(attribute.id) }
    guard let shape = try space.shape() else { return .value(.null) }
    let count = try HDF5Library.call("count elements") { H5Sget_simple_extent_npoints(space.id) }
    guard count <= HDF5Survey.Limits.attributeElements, shape.reduce(1, capped) <= 1 << 20 else {
      return .skipped("more than \(HDF5Survey.Limits.attributeElements) elements")
    }
    guard let items = try attribute.items(Int(count), type: type, space: space) else {
      return .skipped(try type.reason())
    }
    return .value(nested(items, shape))
  }

  private func items(_ count: Int, type: HDF5Handle, space: HDF5Handle) throws(CrosswalkError)
    -> [JSON]?
  {
    let kind = HDF5Library.exclusively { H5Tget_class(type.id).rawValue }
    switch H5T_class_t(kind) {
    case H5T_STRING: return try strings(count, type: type, space: space)
    case H5T_ENUM:
      guard case .number(.bool, _) = try type.element() else { return nil }
      return try read(count, UInt8(0), as: type.id).map { .bool($0 != 0) }
    case H5T_INTEGER:
      if HDF5Library.exclusively({ H5Tget_sign(type.id) }) == H5T_SGN_2 {
        return try read(count, Int64(0), as: chdf5_type_native_i64()).map { .integer($0) }
      }
      return try read(count, UInt64(0), as: chdf5_type_native_u64()).map {
        Int64(exactly: $0).map(JSON.integer) ?? .unsigned($0)
      }
    case H5T_FLOAT:
      guard case .number = try type.element() else { return nil }
      let numbers = try read(count, 0.0, as: chdf5_type_native_f64())
      return numbers.allSatisfy(\.isFinite) ? numbers.map { .number($0) } : nil
    default: return nil
    }
  }

  /// Why an attribute of this datatype is not read.
  private func reason() throws(CrosswalkError) -> String {
    switch try element() {
    case .other(let what): what.hasPrefix("strings") ? "bytes that are not UTF-8" : what
    case .opaque: "opaque bytes"
    case .number(let dtype, _): dtype.isFloating ? "numbers that are not finite" : "complex numbers"
    }
  }

  /// Numbers, converted by the library where they are kept in another form.
  private func read<Number: BitwiseCopyable>(_ count: Int, _ zero: Number, as memory: hid_t)
    throws(CrosswalkError)
    -> [Number]
  {
    var numbers = [Number](repeating: zero, count: count)
    guard count > 0 else { return numbers }
    _ = try HDF5Library.call("read an attribute") { H5Aread(id, memory, &numbers) }
    return numbers
  }
}

/// What reading an attribute came to.
enum HDF5AttributeValue {
  case value(JSON)
  case skipped(String)
}

/// Strings, which HDF5 keeps in two ways with three paddings.
extension HDF5Handle {
  fileprivate func strings(_ count: Int, type: HDF5Handle, space: HDF5Handle)
    throws(CrosswalkError) -> [JSON]?
  {
    let isVariable = try HDF5Library.call("tell about strings") { H5Tis_variable_str(type.id) } > 0
    guard count > 0 else { return [] }
    let texts =
      isVariable
      ? try variableStrings(count, type: type, space: space)
      : try fixedStrings(count, type: type)
    var items: [JSON] = []
    for text in texts {
      guard let text else { return nil }
      items.append(.string(text))
    }
    return items
  }

  private func variableStrings(_ count: Int, type: HDF5Handle, space: HDF5Handle)
    throws(CrosswalkError) -> [String?]
  {
    let memory = try HDF5Handle("prepare to read strings") { H5Tcopy(chdf5_type_string()) }
    var pointers = [UnsafeMutablePointer<CChar>?](repeating: nil, count: count)
    _ = try HDF5Library.call("read strings") {
      H5Tset_size(memory.id, chdf5_variable())
      // Strings convert between paddings, but not between character sets.
      H5Tset_cset(memory.id, H5Tget_cset(type.id))
      return H5Aread(id, memory.id, &pointers)
    }
    defer {
      HDF5Library.exclusively {
        _ = H5Dvlen_reclaim(memory.id, space.id, hid_t(H5P_DEFAULT), &pointers)
      }
    }
    return pointers.map { $0.map { String(validatingCString: $0) } ?? "" }
  }

  private func fixedStrings(_ count: Int, type: HDF5Handle) throws(CrosswalkError) -> [String?] {
    let (size, padding) = HDF5Library.exclusively {
      (H5Tget_size(type.id), H5Tget_strpad(type.id))
    }
    let (byteCount, overflow) = size.multipliedReportingOverflow(by: count)
    guard !overflow, byteCount <= HDF5Survey.Limits.byteCount, size > 0 else {
      throw HDF5Limit.byteCount
    }
    let bytes = try read(byteCount, UInt8(0), as: type.id)
    return (0..<count).map { index in
      let item = bytes[(index * size)..<((index + 1) * size)]
      return String(validating: trimmed(item, padding), as: UTF8.self)
    }
  }

  /// A fixed string without its padding: up to the first NUL, or without trailing NULs or spaces.
  private func trimmed(_ item: ArraySlice<UInt8>, _ padding: H5T_str_t) -> ArraySlice<UInt8> {
    if padding == H5T_STR_NULLTERM { return item.prefix { $0 != 0 } }
    let filler: UInt8 = padding == H5T_STR_SPACEPAD ? 0x20 : 0
    let end = item.lastIndex { $0 != filler }
    return item[..<(end.map { $0 + 1 } ?? item.startIndex)]
  }
}

/// A product that stops growing where only its being large matters.
private func capped(_ product: Int, _ extent: Int) -> Int {
  let (result, overflow) = product.multipliedReportingOverflow(by: max(1, extent))
  return overflow ? .max : result
}

/// Items in row-major order as arrays within arrays.
private func nested(_ items: [JSON], _ shape: [Int]) -> JSON {
  guard !shape.isEmpty else { return items.first ?? .null }
  var level = items
  for (axis, extent) in shape.enumerated().reversed() {
    let count = shape[..<axis].reduce(1, *)
    level = (0..<count).map { row in
      .array(Array(level[(row * extent)..<((row + 1) * extent)]))
    }
  }
  return level.first ?? .null
}
