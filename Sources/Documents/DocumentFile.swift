public import Diagnostics

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

extension Document {
  /// Reads a file and parses it.
  ///
  /// - Throws: `cannotOpen`; `tooLarge` beyond ``maximumFileSize``; as ``init(parsing:file:)``.
  public init(reading path: String) throws(CrosswalkError) {
    try self.init(parsing: try Self.text(reading: path), file: path)
  }

  /// The bytes of a file of text, unparsed.
  ///
  /// - Throws: `cannotOpen`; `tooLarge` beyond ``maximumFileSize``.
  public static func text(reading path: String) throws(CrosswalkError) -> [UInt8] {
    try TextFile(path).bytes(atMost: maximumFileSize)
  }
}

/// A regular file that is read whole.
private struct TextFile: ~Copyable {
  let path: String
  let descriptor: Int32

  init(_ path: String) throws(CrosswalkError) {
    self.path = path
    // Not to block on a pipe: what is no regular file is refused below.
    descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    if descriptor < 0 {
      throw CrosswalkError(
        .cannotOpen, "cannot be opened", at: Place(file: path),
        cause: String(cString: strerror(errno)))
    }
  }

  deinit { close(descriptor) }

  func bytes(atMost limit: Int) throws(CrosswalkError) -> [UInt8] {
    let size = try size()
    guard size <= limit else {
      throw CrosswalkError(
        .tooLarge, "the JSON file is too large", at: Place(file: path),
        expected: "at most \(limit) bytes", found: "\(size)")
    }
    var failure: Int32 = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
      while count < size {
        let got = read(descriptor, buffer.baseAddress.map { $0 + count }, size - count)
        if got > 0 { count += got } else if got == 0 || errno != EINTR { break }
      }
      if count < size { failure = errno }
    }
    if bytes.count < size {
      throw CrosswalkError(
        .cannotOpen, "cannot be read whole", at: Place(file: path),
        cause: String(cString: strerror(failure)))
    }
    return bytes
  }

  private func size() throws(CrosswalkError) -> Int {
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw CrosswalkError(.cannotOpen, "is not a regular file", at: Place(file: path))
    }
    return Int(status.st_size)
  }
}
