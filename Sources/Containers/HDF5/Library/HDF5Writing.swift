import CHDF5
import Diagnostics
import Documents

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// How the writer makes attributes.
extension HDF5Handle {
  /// Gives the object an attribute.
  ///
  /// - Throws: `unsupported` for text that HDF5 would cut at a NUL, `cannotWrite`.
  func setAttribute(_ name: String, _ value: JSON) throws(CrosswalkError) {
    guard !name.isEmpty, !name.utf8.contains(0) else {
      throw CrosswalkError(
        .unsupported, "HDF5 cannot hold an attribute of the name '\(name)'",
        remedy: "rename it, or end the destination in .pt")
    }
    switch HDF5Value(value) {
    case .empty: _ = try makeAttribute(name, number(chdf5_type_f64()), nil)
    case .strings(let shape, let items): try setStrings(name, shape, items)
    case .signed(let shape, let items):
      try set(name, number(chdf5_type_i64()), shape, items)
    case .unsigned(let shape, let items):
      try set(name, number(chdf5_type_u64()), shape, items)
    case .numbers(let shape, let items):
      try set(name, number(chdf5_type_f64()), shape, items)
    case .truths(let shape, let items):
      try set(name, HDF5Handle.truthValues(), shape, items.map { UInt8($0 ? 1 : 0) })
    }
  }

  private func number(_ type: hid_t) throws(CrosswalkError) -> HDF5Handle {
    try HDF5Handle("make a datatype", failing: .cannotWrite) { H5Tcopy(type) }
  }

  private func makeAttribute(_ name: String, _ type: HDF5Handle, _ shape: [Int]?)
    throws(CrosswalkError) -> HDF5Handle
  {
    let space = try HDF5Handle.dataspace(shape)
    let creation = try HDF5Handle("prepare an attribute") {
      H5Pcreate(chdf5_class_attribute_create())
    }
    return try HDF5Handle("make the attribute '\(name)'", failing: .cannotWrite) {
      H5Pset_char_encoding(creation.id, H5T_CSET_UTF8)
      return H5Acreate2(id, name, type.id, space.id, creation.id, hid_t(H5P_DEFAULT))
    }
  }

  private func set<Number: BitwiseCopyable>(
    _ name: String, _ type: HDF5Handle, _ shape: [Int], _ items: [Number]
  ) throws(CrosswalkError) {
    let attribute = try makeAttribute(name, type, shape)
    guard !items.isEmpty else { return }
    _ = try HDF5Library.call("write the attribute '\(name)'", failing: .cannotWrite) {
      H5Awrite(attribute.id, type.id, items)
    }
  }

  /// Strings of variable length, whose text lies outside the object's header, which is bounded.
  private func setStrings(_ name: String, _ shape: [Int], _ items: [String]) throws(CrosswalkError)
  {
    guard !items.contains(where: { $0.utf8.contains(0) }) else {
      throw CrosswalkError(
        .unsupported, "HDF5 cannot hold the NUL in the attribute '\(name)'",
        remedy: "change it, or end the destination in .pt")
    }
    let type = try number(chdf5_type_string())
    HDF5Library.exclusively {
      H5Tset_size(type.id, chdf5_variable())
      _ = H5Tset_cset(type.id, H5T_CSET_UTF8)
    }
    let attribute = try makeAttribute(name, type, shape)
    let pointers = items.map { strdup($0) }
    defer { for pointer in pointers { free(pointer) } }
    _ = try HDF5Library.call("write the attribute '\(name)'", failing: .cannotWrite) {
      H5Awrite(attribute.id, type.id, pointers)
    }
  }
}
