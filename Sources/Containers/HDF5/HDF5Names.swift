extension HDF5 {
  /// The name of the tensor at a path: the path without its first slash, as h5py has it.
  static func tensorName(ofPath path: String) -> String {
    String(Substring(path.utf8.dropFirst()))
  }

  /// The path of the group that a path is in.
  static func parent(of path: String) -> String {
    let end = path.utf8.lastIndex(of: UInt8(ascii: "/")) ?? path.utf8.startIndex
    return String(Substring(path.utf8[..<end]))
  }

  /// The links of a path, outermost first.
  ///
  /// Bytes are compared, not characters: a slash before a combining mark is a slash still.
  static func steps(of path: String) -> [String] {
    path.utf8.split(separator: UInt8(ascii: "/")).map { String(Substring($0)) }
  }
}
