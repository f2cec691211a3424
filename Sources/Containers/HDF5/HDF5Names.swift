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

  /// The name in a file of a native parameter: its dots become groups.
  ///
  /// `encoder.layers.0.attention.query.weight` is kept as
  /// `encoder/layers/0/attention/query/weight`.
  public static func storedName(ofParameter name: String) -> String {
    replacing(UInt8(ascii: "."), by: UInt8(ascii: "/"), in: name)
  }

  /// The native parameter of a name in a file: its groups become dots.
  ///
  /// It undoes ``storedName(ofParameter:)`` for every name without slashes.
  public static func parameter(ofStoredName name: String) -> String {
    replacing(UInt8(ascii: "/"), by: UInt8(ascii: "."), in: name)
  }

  private static func replacing(_ old: UInt8, by new: UInt8, in name: String) -> String {
    String(decoding: name.utf8.map { $0 == old ? new : $0 }, as: UTF8.self)
  }
}
