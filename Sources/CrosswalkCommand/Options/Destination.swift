import Containers
import Crosswalk
import Diagnostics
import Documents

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A trace or a report to be written; one that exists is replaced as a whole.
struct Destination {
  let path: String

  init(_ path: String) { self.path = path }

  /// Refuses to replace what is being read.
  ///
  /// - Throws: `outputExists`.
  func refuse(reading checkpoint: ModelCheckpoint?, and others: [String] = [])
    throws(CrosswalkError)
  {
    let files = checkpoint.map { $0.checkpoint }
    let beside = [files?.config?.file, files?.index?.file, files?.generationConfig].compactMap {
      $0
    }
    let read = others + beside + (files?.files ?? []) + (files?.vocabularies ?? [])
    guard let own = identity(of: path), read.contains(where: { identity(of: $0) == own }) else {
      return
    }
    throw CrosswalkError(
      .outputExists, "the output is a file that is read here", at: Place(file: path),
      remedy: "give the output another name")
  }

  /// The device and number of a file, which all its names share.
  private func identity(of path: String) -> [UInt64]? {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    return [UInt64(truncatingIfNeeded: status.st_dev), UInt64(truncatingIfNeeded: status.st_ino)]
  }
}
