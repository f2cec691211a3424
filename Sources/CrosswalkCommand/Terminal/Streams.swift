import Diagnostics

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The three streams that a process begins with.
enum StandardStreams {
  /// Sees that all three are there.
  ///
  /// Else the next file to be opened would take the place of a closed one, and results or errors
  /// would be written into it. What stands in for standard output cannot be written to, so that
  /// results are not lost in silence.
  static func prepare() {
    for stream in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] where fcntl(stream, F_GETFD) < 0 {
      _ = open("/dev/null", stream == STDERR_FILENO ? O_WRONLY : O_RDONLY)
    }
  }
}

/// Standard output, which carries results and nothing else.
enum StandardOutput {
  /// Writes a text.
  ///
  /// A reader that went away, as `head` does, has seen enough: that is no error.
  ///
  /// - Throws: `cannotWrite` for anything else, such as a full disk.
  static func write(_ text: String) throws(CrosswalkError) {
    ProgressArea.clear()
    guard let failure = writeAll(text, to: STDOUT_FILENO), failure != EPIPE else { return }
    throw CrosswalkError(
      .cannotWrite, "writing failed", at: Place(file: "standard output"),
      cause: String(cString: strerror(failure)))
  }
}

/// Standard error, which carries all talk.
enum StandardError {
  /// Writes a text; when that fails there is nobody left to tell.
  static func write(_ text: String) { _ = writeAll(text, to: STDERR_FILENO) }
}

/// Writes a text whole, and gives the system's error number if that fails.
private func writeAll(_ text: String, to descriptor: Int32) -> Int32? {
  var text = text
  return text.withUTF8 { bytes in
    var rest = UnsafeRawBufferPointer(bytes)[...]
    while !rest.isEmpty {
      let part = UnsafeRawBufferPointer(rebasing: rest)
      let count = write(descriptor, part.baseAddress, part.count)
      if count > 0 { rest = rest.dropFirst(count) } else if errno != EINTR { return errno }
    }
    return nil
  }
}
