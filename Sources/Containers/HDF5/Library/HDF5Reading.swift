import CHDF5
import Diagnostics

/// What the survey asks of files, groups and links.
extension HDF5Handle {
  /// Opens a file for reading, without locking it: a network file system may know no locks.
  ///
  /// - Parameter window: the stretch of the file that HDF5 lies in, nil for all of it.
  static func file(reading path: String, window: Range<Int>? = nil) throws(CrosswalkError)
    -> HDF5Handle
  {
    HDF5Library.refusePlugins()
    let access = try HDF5Handle("prepare to read") { H5Pcreate(chdf5_class_file_access()) }
    _ = try HDF5Library.call("do without locks") { H5Pset_file_locking(access.id, false, true) }
    if let window {
      _ = try HDF5Library.call("read within an archive") {
        chdf5_read_window(access.id, haddr_t(window.lowerBound), haddr_t(window.count))
      }
    }
    return try HDF5Handle("open this file") { H5Fopen(path, chdf5_access_read(), access.id) }
  }

  /// The version of a file's superblock.
  func superblockVersion() throws(CrosswalkError) -> Int {
    var version: UInt32 = 0
    _ = try HDF5Library.call("tell about the file") { chdf5_superblock_version(id, &version) }
    return Int(version)
  }

  /// How many bytes stand in a file before HDF5 begins; MATLAB writes 512.
  func userBlock() throws(CrosswalkError) -> Int {
    let creation = try HDF5Handle("tell how the file was made") { H5Fget_create_plist(id) }
    var size: hsize_t = 0
    _ = try HDF5Library.call("tell about the file's start") { H5Pget_userblock(creation.id, &size) }
    return try checked(size)
  }

  /// What sort of object this is.
  func objectKind() -> ObjectKind {
    switch HDF5Library.exclusively({ H5Iget_type(id) }) {
    case H5I_FILE, H5I_GROUP: .group
    case H5I_DATASET: .dataset
    default: .other
    }
  }

  enum ObjectKind {
    case group, dataset, other
  }

  /// Where the object's header lies; equal for hard links to one object.
  func address() throws(CrosswalkError) -> UInt64 {
    var address: haddr_t = 0
    _ = try HDF5Library.call("tell about this object") { chdf5_object_address(id, &address) }
    return UInt64(address)
  }

  /// Opens what a hard link of this group leads to.
  func object(_ name: String) throws(CrosswalkError) -> HDF5Handle {
    do throws(CrosswalkError) {
      return try HDF5Handle("open this object") { H5Oopen(id, name, hid_t(H5P_DEFAULT)) }
    } catch {
      var error = error
      // What later releases write in a form of their own, such as complex numbers.
      if error.cause?.contains("bad version") == true {
        error.remedy =
          "a later release of HDF5 may have written it: write it with h5py.File(…, libver=('earliest', 'v110'))"
      }
      throw error
    }
  }
}

/// A link as its group lists it.
struct HDF5Link {
  var name: String
  var kind: Kind
  var valueSize: Int

  enum Kind {
    case hard, soft, external, other
  }
}

extension HDF5Handle {
  /// The links of a group, in the order of their making when it was kept, else by name.
  func links(atMost limit: Int) throws(CrosswalkError) -> [HDF5Link] {
    let byCreation = try keepsLinkOrder()
    let found = Collector<HDF5Link?>(limit: limit)
    try withExtendedLifetime(found) { () throws(CrosswalkError) in
      _ = try HDF5Library.call("list this group") {
        chdf5_each_link(
          id, byCreation,
          { name, kind, size, context in
            let link = name.flatMap { HDF5Link($0, kind: kind, size: size) }
            return Collector<HDF5Link?>.from(context)?.add(link) == true ? 0 : 1
          }, found.pointer)
      }
    }
    guard !found.isFull else { throw HDF5Limit.entries }
    var links: [HDF5Link] = []
    for link in found.items {
      guard let link else {
        throw CrosswalkError(.malformed, "a link's name is not UTF-8")
      }
      links.append(link)
    }
    return links
  }

  private func keepsLinkOrder() throws(CrosswalkError) -> Bool {
    // The file's own handle stands for the root group, but is asked for as a group here.
    let group = try HDF5Handle("open this group") { H5Oopen(id, ".", hid_t(H5P_DEFAULT)) }
    let creation = try HDF5Handle("tell how the group was made") {
      H5Gget_create_plist(group.id)
    }
    var flags: UInt32 = 0
    _ = try HDF5Library.call("tell about the order of links") {
      H5Pget_link_creation_order(creation.id, &flags)
    }
    return flags & UInt32(H5P_CRT_ORDER_TRACKED) != 0
  }

  /// The path that a soft link holds.
  func softTarget(_ link: HDF5Link) throws(CrosswalkError) -> String {
    guard link.valueSize <= 1 << 16 else {
      throw CrosswalkError(.tooLarge, "a soft link of \(link.valueSize) bytes")
    }
    var value = [UInt8](repeating: 0, count: link.valueSize + 1)
    _ = try HDF5Library.call("read this soft link") {
      value.withUnsafeMutableBytes { buffer in
        H5Lget_val(id, link.name, buffer.baseAddress, link.valueSize, hid_t(H5P_DEFAULT))
      }
    }
    return try text(value.prefix { $0 != 0 })
  }
}

extension HDF5Link {
  fileprivate init?(_ name: UnsafePointer<CChar>, kind: Int32, size: Int) {
    guard let name = String(validatingCString: name) else { return nil }
    self.name = name
    valueSize = size
    switch H5L_type_t(kind) {
    case H5L_TYPE_HARD: self.kind = .hard
    case H5L_TYPE_SOFT: self.kind = .soft
    case H5L_TYPE_EXTERNAL: self.kind = .external
    default: self.kind = .other
    }
  }
}

/// A number from the library as ours.
func checked(_ number: some BinaryInteger) throws(CrosswalkError) -> Int {
  guard let number = Int(exactly: number) else {
    throw CrosswalkError(.malformed, "a size beyond what 64 bits count")
  }
  return number
}

/// Bytes that must be UTF-8, as text.
func text(_ bytes: some Sequence<UInt8>) throws(CrosswalkError) -> String {
  guard let text = String(validating: bytes, as: UTF8.self) else {
    throw CrosswalkError(.malformed, "text that is not UTF-8")
  }
  return text
}

/// The refusals of files that hold too much.
enum HDF5Limit {
  static var entries: CrosswalkError {
    CrosswalkError(.tooLarge, "the file has more than \(HDF5Survey.Limits.entries) objects")
  }
  static var files: CrosswalkError {
    CrosswalkError(
      .tooLarge, "links through more than \(HDF5Survey.Limits.files) groups of other files")
  }
  static var pieces: CrosswalkError {
    CrosswalkError(
      .tooLarge, "a dataset in more than \(HDF5Survey.Limits.pieces) pieces")
  }
  static var byteCount: CrosswalkError {
    CrosswalkError(
      .tooLarge,
      "names, attributes and chunk tables of more than \(HDF5Survey.Limits.byteCount >> 20) MiB")
  }
}
