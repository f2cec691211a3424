public import Diagnostics
import Tensors

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A file open for reading at any offset; every read is checked against its size.
public final class FileReader: Sendable {
  /// The path, as the user named it.
  public let path: String
  /// The size in bytes when it was opened.
  public let size: Int
  /// Where in the file the first byte is; not 0 for a member that is read in place.
  let origin: Int
  /// Who closes the descriptor, when it is not this.
  private let whole: FileReader?
  private let descriptor: Int32
  /// Equal for two readers of one file.
  let identity: Identity

  /// What tells files apart, whatever their names.
  struct Identity: Hashable {
    let device: UInt64
    let number: UInt64
  }

  /// Opens a regular file.
  ///
  /// - Throws: `cannotOpen`.
  public init(_ path: String) throws(CrosswalkError) {
    self.path = path
    (origin, whole) = (0, nil)
    // Not to block on a pipe: what is no regular file is refused below.
    descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else {
      throw CrosswalkError(
        .cannotOpen, "cannot be opened", at: Place(file: path), cause: SystemError.current)
    }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      close(descriptor)
      throw CrosswalkError(.cannotOpen, "is not a regular file", at: Place(file: path))
    }
    size = Int(status.st_size)
    identity = Identity(
      device: UInt64(truncatingIfNeeded: status.st_dev),
      number: UInt64(truncatingIfNeeded: status.st_ino))
  }

  /// A stretch of a file as if it were a file by itself, such as a stored member of an archive.
  ///
  /// - Throws: `truncated` when it leaves the file.
  init(_ whole: FileReader, at offset: Int, count: Int) throws(CrosswalkError) {
    let (end, overflow) = offset.addingReportingOverflow(count)
    guard !overflow, offset >= 0, count >= 0, end <= whole.size else {
      throw whole.truncated(at: offset, needing: count)
    }
    (path, size, descriptor) = (whole.path, count, whole.descriptor)
    (origin, self.whole) = (whole.origin + offset, whole)
    identity = whole.identity
  }

  /// Where in the file this stretch is; nil for a file as a whole.
  var window: Range<Int>? { whole == nil ? nil : origin..<(origin + size) }

  deinit { if whole == nil { close(descriptor) } }

  /// Fills a buffer from an offset.
  ///
  /// - Throws: `truncated` when the file ends before.
  public func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer)
    throws(CrosswalkError)
  {
    let (end, overflow) = offset.addingReportingOverflow(buffer.count)
    guard !overflow, offset >= 0, end <= size else {
      throw truncated(at: offset, needing: buffer.count)
    }
    var done = 0
    while done < buffer.count {
      let got = pread(
        descriptor, buffer.baseAddress.map { $0 + done }, buffer.count - done,
        off_t(origin + offset + done))
      if got > 0 {
        done += got
      } else if got == 0 {
        throw truncated(at: offset + done, needing: buffer.count - done)
      } else if errno != EINTR {
        throw CrosswalkError(
          .cannotOpen, "cannot be read",
          at: Place(file: path, .byte(UInt64(origin + offset + done))),
          cause: SystemError.current)
      }
    }
  }

  /// The bytes of a range; the caller has reason to hold so many.
  public func bytes(at offset: Int, count: Int) throws(CrosswalkError) -> [UInt8] {
    let (end, overflow) = offset.addingReportingOverflow(count)
    guard !overflow, count >= 0, offset >= 0, end <= size else {
      throw truncated(at: offset, needing: count)
    }
    return try [UInt8](count: count) { (buffer) throws(CrosswalkError) in
      try read(at: offset, into: buffer)
    }
  }

  /// The first bytes, fewer when the file is shorter, none when it cannot be read.
  public func head(_ count: Int) -> [UInt8] {
    (try? bytes(at: 0, count: min(count, size))) ?? []
  }

  private func truncated(at offset: Int, needing count: Int) -> CrosswalkError {
    CrosswalkError(
      .truncated, "the file ends too early",
      at: Place(file: path, .byte(UInt64(clamping: origin &+ offset))),
      expected: "\(count) bytes here",
      found: "\(max(0, size - max(0, offset)))",
      remedy: "it may be a download or copy that was cut: fetch it again")
  }
}

/// The system's own words for what went wrong last.
enum SystemError {
  /// The text of `errno` now.
  static var current: String { String(cString: strerror(errno)) }
}
