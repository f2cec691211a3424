import CHDF5
import Diagnostics
import Tensors

/// What the writer asks of the library.
extension HDF5Handle {
  /// Makes an empty file at a path that may exist.
  ///
  /// Metadata is in the form of release 1.8 (2008), the oldest whose object headers have checksums
  /// and room for large attributes. No time is kept, so that equal contents are equal bytes.
  static func file(making path: String) throws(CrosswalkError) -> HDF5Handle {
    let access = try HDF5Handle("prepare a file") { H5Pcreate(chdf5_class_file_access()) }
    let creation = try HDF5Handle("prepare a file") { H5Pcreate(chdf5_class_file_create()) }
    return try HDF5Handle("make a file", failing: .cannotWrite) {
      H5Pset_file_locking(access.id, false, true)
      H5Pset_libver_bounds(access.id, H5F_LIBVER_V18, H5F_LIBVER_V18)
      H5Pset_obj_track_times(creation.id, false)
      H5Pset_link_creation_order(creation.id, keptOrder)
      return H5Fcreate(path, chdf5_access_truncate(), creation.id, access.id)
    }
  }

  private static let keptOrder = UInt32(H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED)

  /// Makes a group; its parents exist.
  func makeGroup(_ path: String) throws(CrosswalkError) {
    let link = try linkProperties()
    let creation = try HDF5Handle("prepare a group") { H5Pcreate(chdf5_class_group_create()) }
    _ = try HDF5Handle("make a group", failing: .cannotWrite) {
      H5Pset_obj_track_times(creation.id, false)
      H5Pset_link_creation_order(creation.id, Self.keptOrder)
      return H5Gcreate2(id, path, link.id, creation.id, hid_t(H5P_DEFAULT))
    }
  }

  private func linkProperties() throws(CrosswalkError) -> HDF5Handle {
    let link = try HDF5Handle("prepare a link") { H5Pcreate(chdf5_class_link_create()) }
    HDF5Library.exclusively { _ = H5Pset_char_encoding(link.id, H5T_CSET_UTF8) }
    return link
  }

  /// Gives an object a further name.
  func makeHardLink(_ path: String, to target: String) throws(CrosswalkError) {
    let link = try linkProperties()
    _ = try HDF5Library.call("make a link", failing: .cannotWrite) {
      H5Lcreate_hard(id, target, id, path, link.id, hid_t(H5P_DEFAULT))
    }
  }

  /// Makes a name that stands for another.
  func makeSoftLink(_ path: String, to target: String) throws(CrosswalkError) {
    let link = try linkProperties()
    _ = try HDF5Library.call("make a link", failing: .cannotWrite) {
      H5Lcreate_soft(target, id, path, link.id, hid_t(H5P_DEFAULT))
    }
  }

  /// Opens an object by its path.
  func made(_ path: String) throws(CrosswalkError) -> HDF5Handle {
    try HDF5Handle("open what was made", failing: .cannotWrite) {
      H5Oopen(id, path, hid_t(H5P_DEFAULT))
    }
  }

  /// Writes all that the library keeps in memory.
  func flush() throws(CrosswalkError) {
    _ = try HDF5Library.call("write", failing: .cannotWrite) { H5Fflush(id, H5F_SCOPE_GLOBAL) }
  }
}

/// How a dataset is to be stored.
struct HDF5Form {
  var dtype: DType
  var shape: [Int]
  /// Whether bf16 and f8 are opaque bytes, as Keras keeps them, rather than numbers.
  var isOpaque = false
  /// The shape of chunks and the level of deflate, or nil for one stretch of bytes.
  var chunks: (shape: [Int], level: Int)?
}

extension HDF5Handle {
  /// Makes a dataset; its parents exist, its bytes are to follow.
  func makeDataset(_ path: String, _ form: HDF5Form) throws(CrosswalkError) -> HDF5Handle {
    let link = try linkProperties()
    let type = try Self.datatype(of: form)
    let space = try Self.dataspace(form.shape)
    let creation = try HDF5Handle("prepare a dataset") { H5Pcreate(chdf5_class_dataset_create()) }
    HDF5Library.exclusively {
      H5Pset_obj_track_times(creation.id, false)
      H5Pset_fill_time(creation.id, H5D_FILL_TIME_NEVER)
      if let chunks = form.chunks {
        let extents = chunks.shape.map { hsize_t($0) }
        H5Pset_chunk(creation.id, Int32(extents.count), extents)
        if form.dtype.byteCount > 1 { H5Pset_shuffle(creation.id) }
        H5Pset_deflate(creation.id, UInt32(clamping: chunks.level))
      } else {
        H5Pset_layout(creation.id, H5D_CONTIGUOUS)
        H5Pset_alloc_time(creation.id, H5D_ALLOC_TIME_EARLY)
      }
    }
    return try HDF5Handle("make a dataset", failing: .cannotWrite) {
      H5Dcreate2(id, path, type.id, space.id, link.id, creation.id, hid_t(H5P_DEFAULT))
    }
  }

  /// Where the bytes of a contiguous dataset are to go, nil when it has none.
  func dataOffset() -> Int? {
    let offset = HDF5Library.exclusively { H5Dget_offset(id) }
    return offset == chdf5_no_address() ? nil : Int(exactly: offset)
  }

  /// Writes the elements of a box of a dataset, which are in the dataset's own form.
  func write(_ bytes: UnsafeRawBufferPointer, at origin: [Int], _ extents: [Int])
    throws(CrosswalkError)
  {
    let file = try HDF5Handle("tell the dataset's shape") { H5Dget_space(id) }
    let type = try HDF5Handle("tell the dataset's datatype") { H5Dget_type(id) }
    let memory = try Self.dataspace([extents.reduce(1, *)])
    let start = origin.map { hsize_t($0) }
    let count = extents.map { hsize_t($0) }
    _ = try HDF5Library.call("write a dataset", failing: .cannotWrite) {
      H5Sselect_hyperslab(file.id, H5S_SELECT_SET, start, nil, count, nil)
      return H5Dwrite(id, type.id, memory.id, file.id, hid_t(H5P_DEFAULT), bytes.baseAddress)
    }
  }

  /// A dataspace of a shape, or of nothing.
  static func dataspace(_ shape: [Int]?) throws(CrosswalkError) -> HDF5Handle {
    try HDF5Handle("prepare a shape", failing: .cannotWrite) {
      guard let shape else { return H5Screate(H5S_NULL) }
      if shape.isEmpty { return H5Screate(H5S_SCALAR) }
      return H5Screate_simple(Int32(shape.count), shape.map { hsize_t($0) }, nil)
    }
  }
}

/// The datatypes that are written.
extension HDF5Handle {
  fileprivate static func datatype(of form: HDF5Form) throws(CrosswalkError) -> HDF5Handle {
    if form.isOpaque {
      return try made { H5Tcreate(H5T_OPAQUE, form.dtype.byteCount) }
    }
    switch form.dtype {
    case .bool: return try truthValues()
    case .c64: return try complex(chdf5_type_f32(), width: 4)
    case .c128: return try complex(chdf5_type_f64(), width: 8)
    case .f16, .bf16, .f8e4m3, .f8e5m2, .f8e4m3fnuz, .f8e5m2fnuz, .f8e8m0:
      return try float(form.dtype)
    case .f64: return try made { H5Tcopy(chdf5_type_f64()) }
    case .f32: return try made { H5Tcopy(chdf5_type_f32()) }
    case .i64: return try made { H5Tcopy(chdf5_type_i64()) }
    case .i32: return try made { H5Tcopy(chdf5_type_i32()) }
    case .i16: return try made { H5Tcopy(chdf5_type_i16()) }
    case .i8: return try made { H5Tcopy(chdf5_type_i8()) }
    case .u64: return try made { H5Tcopy(chdf5_type_u64()) }
    case .u32: return try made { H5Tcopy(chdf5_type_u32()) }
    case .u16: return try made { H5Tcopy(chdf5_type_u16()) }
    case .u8: return try made { H5Tcopy(chdf5_type_u8()) }
    }
  }

  private static func made(_ make: () -> hid_t) throws(CrosswalkError) -> HDF5Handle {
    try HDF5Handle("make a datatype", failing: .cannotWrite, make)
  }

  /// The enumeration that h5py reads and writes as `bool`.
  static func truthValues() throws(CrosswalkError) -> HDF5Handle {
    let type = try made { H5Tenum_create(chdf5_type_i8()) }
    HDF5Library.exclusively {
      for (name, value) in [("FALSE", Int8(0)), ("TRUE", Int8(1))] {
        withUnsafePointer(to: value) { _ = H5Tenum_insert(type.id, name, $0) }
      }
    }
    return type
  }

  /// The compound that h5py reads and writes as `complex`.
  private static func complex(_ part: hid_t, width: Int) throws(CrosswalkError) -> HDF5Handle {
    let type = try made { H5Tcreate(H5T_COMPOUND, 2 * width) }
    HDF5Library.exclusively {
      H5Tinsert(type.id, "r", 0, part)
      _ = H5Tinsert(type.id, "i", width, part)
    }
    return type
  }

  /// A floating-point number that the library has no name for, by its bits.
  private static func float(_ dtype: DType) throws(CrosswalkError) -> HDF5Handle {
    guard let format = FloatFormat.known.first(where: { $0.0 == dtype })?.1 else {
      throw CrosswalkError(.unsupported, "HDF5 has no form for \(dtype.rawValue)")
    }
    let type = try made { H5Tcopy(chdf5_type_f32()) }
    let fields = format.fields
    // The fields move before the size shrinks: they must lie inside at each step.
    _ = try HDF5Library.call("make a datatype", failing: .cannotWrite) {
      H5Tset_fields(type.id, fields[0], fields[1], fields[2], fields[3], fields[4])
    }
    _ = try HDF5Library.call("make a datatype", failing: .cannotWrite) {
      H5Tset_ebias(type.id, format.bias)
      return H5Tset_size(type.id, format.size)
    }
    return type
  }
}
