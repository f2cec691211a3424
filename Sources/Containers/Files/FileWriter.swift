public import Diagnostics
import Synchronization
import Tensors

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A file being written beside its destination, which it replaces only when it is whole.
///
/// The temporary lies in the destination's folder, so that the final rename is atomic. Without
/// ``commit()`` nothing is left of it: not after an error, not after an interrupt.
public final class FileWriter {
  /// Where the file will be.
  public let destination: String
  /// Where it is meanwhile, for libraries that insist on opening a path themselves.
  public let temporaryPath: String
  /// How many bytes were appended.
  public private(set) var offset = 0
  private var descriptor: Int32
  private var isPlaced = false

  /// Starts a file.
  ///
  /// - Parameter announce: gets the path of the temporary before it is made, so that whoever writes
  ///   it down finds it after a kill.
  /// - Throws: `outputExists` when the destination exists and `replacing` is false, `cannotWrite`.
  public init(
    _ destination: String, replacing: Bool = false,
    announce: (String) throws(CrosswalkError) -> Void = { _ throws(CrosswalkError) in }
  ) throws(CrosswalkError) {
    self.destination = destination
    guard replacing || access(destination, F_OK) != 0 else {
      throw CrosswalkError(
        .outputExists, "exists already", at: Place(file: destination),
        remedy: "give --force to replace it, or another name")
    }
    while true {
      let path = Temporaries.path(beside: destination)
      try announce(path)
      if let made = Temporaries.make(path) {
        (temporaryPath, descriptor) = (path, made)
        return
      }
      guard errno == EEXIST else {
        throw CrosswalkError(
          .cannotWrite, "cannot be written", at: Place(file: destination),
          cause: SystemError.current, remedy: "see that its folder exists and may be written to")
      }
    }
  }

  deinit {
    if descriptor >= 0 { close(descriptor) }
    if !isPlaced { Temporaries.remove(temporaryPath) }
  }

  /// Appends bytes.
  ///
  /// - Throws: `cannotWrite`, with the system's reason, such as a full disk.
  public func append(_ bytes: UnsafeRawBufferPointer) throws(CrosswalkError) {
    var done = 0
    while done < bytes.count {
      let wrote = write(descriptor, bytes.baseAddress.map { $0 + done }, bytes.count - done)
      if wrote >= 0 {
        done += wrote
      } else if errno != EINTR {
        throw failure()
      }
    }
    offset += done
  }

  /// Appends bytes.
  public func append(_ bytes: [UInt8]) throws(CrosswalkError) {
    try bytes.withRawBytes { (buffer) throws(CrosswalkError) in try append(buffer) }
  }

  /// Overwrites bytes that were appended before.
  public func overwrite(at offset: Int, _ bytes: [UInt8]) throws(CrosswalkError) {
    try bytes.withRawBytes { (buffer) throws(CrosswalkError) in
      try overwrite(at: offset, buffer)
    }
  }

  /// Writes bytes at an offset, where something was appended or a library made room.
  public func overwrite(at offset: Int, _ bytes: UnsafeRawBufferPointer) throws(CrosswalkError) {
    var done = 0
    while done < bytes.count {
      let wrote = pwrite(
        descriptor, bytes.baseAddress.map { $0 + done }, bytes.count - done, off_t(offset + done))
      if wrote >= 0 {
        done += wrote
      } else if errno != EINTR {
        throw failure()
      }
    }
  }

  /// Flushes to the disk and closes; what is left to do is ``commit()``.
  ///
  /// - Throws: `cannotWrite`.
  public func finish() throws(CrosswalkError) {
    guard descriptor >= 0 else { return }
    guard fsync(descriptor) == 0 else { throw failure() }
    // A temporary is its maker's alone; a checkpoint should be as readable as any file the user makes.
    let mask = umask(0)
    umask(mask)
    fchmod(descriptor, 0o666 & ~mask)
    let closed = close(descriptor)
    descriptor = -1
    guard closed == 0 else { throw failure() }
  }

  /// Flushes to the disk and puts the file in its place, as one step.
  ///
  /// - Throws: `cannotWrite`; then the destination is as it was.
  public func commit() throws(CrosswalkError) { try FileWriter.commit([self]) }

  /// Flushes files to the disk and puts them in their places in order; no interrupt comes between.
  ///
  /// - Throws: `cannotWrite`.
  public static func commit(_ files: [FileWriter]) throws(CrosswalkError) {
    for file in files { try file.finish() }
    try Temporaries.settle { (temporaries) throws(CrosswalkError) in
      for file in files { try file.place(at: file.destination, &temporaries) }
    }
  }

  /// Renames the finished file, while the temporaries are locked.
  func place(at path: String, _ temporaries: inout Set<String>) throws(CrosswalkError) {
    guard rename(temporaryPath, path) == 0 else { throw failure() }
    temporaries.remove(temporaryPath)
    isPlaced = true
  }

  private func failure() -> CrosswalkError {
    CrosswalkError(
      .cannotWrite, "writing failed", at: Place(file: destination), cause: SystemError.current)
  }
}
