import Diagnostics
import Synchronization

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The temporaries that exist now, so that an interrupt can take them away.
///
/// Whoever makes one, takes one away or gives one its final name holds a lock meanwhile, so that an
/// interrupt finds each either there and known, or not there.
public enum Temporaries {
  private static let paths = Mutex<Set<String>>([])
  private static let folders = Mutex<[String]>([])
  private static let suffix = ".partial"

  /// A path of a name of its own beside a destination; nothing is there yet.
  static func path(beside destination: String) -> String {
    let letters = Array("abcdefghijklmnopqrstuvwxyz0123456789")
    let own = (0..<6).compactMap { _ in letters.randomElement() }
    return "\(destination).\(String(own))\(suffix)"
  }

  /// Makes an empty file and opens it; nil when that fails, or something is there, with the reason
  /// in `errno`.
  static func make(_ path: String) -> Int32? {
    paths.withLock { paths in
      let descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
      guard descriptor >= 0 else { return nil }
      paths.insert(path)
      return descriptor
    }
  }

  /// What a temporary of this name would become; nil when no temporary is named so.
  static func destination(of name: String) -> String? {
    guard let match = name.wholeMatch(of: #/(.+)\.[A-Za-z0-9]{6}\.partial/#) else { return nil }
    return String(match.1)
  }

  /// Does what no interrupt may come between, such as renaming a temporary, which is one no more.
  static func settle(_ body: (inout Set<String>) throws(CrosswalkError) -> Void)
    throws(CrosswalkError)
  {
    try paths.withLock { (paths) throws(CrosswalkError) in try body(&paths) }
  }

  /// Deletes one.
  static func remove(_ path: String) {
    paths.withLock { paths in
      unlink(path)
      paths.remove(path)
    }
  }

  /// Makes a folder for what will be written; false when that fails, with the reason in `errno`.
  public static func makeFolder(_ path: String) -> Bool {
    folders.withLock { folders in
      guard mkdir(path, 0o777) == 0 else { return false }
      folders.append(path)
      return true
    }
  }

  /// Deletes a folder that was made here, unless something is in it.
  public static func removeFolder(_ path: String) {
    folders.withLock { folders in
      guard let index = folders.firstIndex(of: path) else { return }
      folders.remove(at: index)
      rmdir(path)
    }
  }

  /// Deletes them all and ends the process; none can be made in between.
  public static func removeAll(andThen end: () -> Never) -> Never {
    paths.withLock { paths in
      for path in paths { unlink(path) }
      // What something was put into stays.
      folders.withLock { folders in for path in folders { rmdir(path) } }
      end()
    }
  }
}
