import Diagnostics

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// What a path leads to.
enum FileKind {
  case folder
  case file
  case missing

  /// Looks, following links.
  static func of(_ path: String) -> FileKind {
    var status = stat()
    guard stat(path, &status) == 0 else { return .missing }
    return status.st_mode & S_IFMT == S_IFDIR ? .folder : .file
  }
}

/// Paths, and what folders hold.
enum Folder {
  /// The names in a folder, sorted.
  ///
  /// - Throws: `cannotOpen`.
  static func names(in path: String) throws(CrosswalkError) -> [String] {
    guard let stream = opendir(path) else {
      throw CrosswalkError(
        .cannotOpen, "cannot be opened", at: Place(file: path), cause: SystemError.current)
    }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted()
  }

  /// Removes a file; nothing when it is not there.
  static func removeFile(_ path: String) { unlink(path) }

  /// The folder that a path's last component is in.
  static func containing(_ path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  /// The last component of a path.
  static func lastComponent(_ path: String) -> String {
    String(path[(path.lastIndex(of: "/").map(path.index(after:)) ?? path.startIndex)...])
  }

  /// A name in a folder.
  static func path(_ folder: String, _ name: String) -> String {
    if folder == "." { return name }
    return folder.hasSuffix("/") ? folder + name : "\(folder)/\(name)"
  }
}
