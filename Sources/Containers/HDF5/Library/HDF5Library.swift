import CHDF5
import Diagnostics
import Synchronization

/// The one owner of libhdf5: every call goes through here, one at a time.
///
/// Debian builds the library with a lock of its own, Homebrew may not; a second lock costs nothing.
enum HDF5Library {
  private static let lock = Mutex(())

  /// Keeps the library from closing files when the process ends; to be asked for before all else.
  ///
  /// The only file open then is one that it could not close, on a full disk, and that crashes it.
  private static let isUnregistered = H5dont_atexit() >= 0

  /// Makes a call and turns a negative result into an error with the library's own words.
  ///
  /// - Parameter purpose: what the call is to do, to follow "cannot".
  /// - Throws: `kind`.
  static func call<Code: SignedInteger & Sendable>(
    _ purpose: String, failing kind: CrosswalkError.Kind = .malformed, _ body: () -> Code
  ) throws(CrosswalkError) -> Code {
    let (code, words) = exclusively {
      let code = body()
      return (code, code < 0 ? errorStack() : nil)
    }
    guard let words else { return code }
    throw CrosswalkError(kind, "the HDF5 library cannot \(purpose)", cause: words)
  }

  /// Makes a call whose result is no return code.
  static func exclusively<Result: Sendable>(_ body: () -> Result) -> Result {
    lock.withLock { _ in
      _ = isUnregistered
      // The setting belongs to the thread, in a library that knows threads: made each time.
      H5Eset_auto2(hid_t(H5E_DEFAULT), nil, nil)
      return body()
    }
  }

  /// The release of the library in use, as one comparable number: 1.14.4 is 1_014_004.
  static var version: Int {
    var major: UInt32 = 0
    var minor: UInt32 = 0
    var release: UInt32 = 0
    exclusively { _ = H5get_libversion(&major, &minor, &release) }
    return Int(major) * 1_000_000 + Int(minor) * 1000 + Int(release)
  }

  /// Keeps the library from loading shared objects that a filter id in a file names.
  static func refusePlugins() {
    exclusively { _ = H5PLset_loading_state(0) }
  }

  /// What the system said, where a description quotes it among times and addresses.
  private static func systemWords(in description: String) -> String {
    let mark = "error message = '"
    guard description.contains(mark) else { return description }
    let words = description.split(separator: mark, maxSplits: 1).last ?? ""
    return String(words.prefix { $0 != "'" })
  }

  /// The library's error stack, outermost to innermost, without repetitions.
  private static func errorStack() -> String {
    let words = Collector<String>(limit: 12)
    withExtendedLifetime(words) {
      _ = H5Ewalk2(
        hid_t(H5E_DEFAULT), H5E_WALK_DOWNWARD,
        { _, description, context in
          guard let text = description?.pointee.desc else { return 0 }
          let words = Collector<String>.from(context)
          let word = HDF5Library.systemWords(in: String(cString: text))
          if words?.items.last != word { _ = words?.add(word) }
          return 0
        }, words.pointer)
      _ = H5Eclear2(hid_t(H5E_DEFAULT))
    }
    return words.items.joined(separator: ": ")
  }
}

/// An identifier that the library gave, released with its last owner.
final class HDF5Handle {
  let id: hid_t

  /// Owns what a call opens.
  ///
  /// - Throws: `kind`, when the call fails.
  init(
    _ purpose: String, failing kind: CrosswalkError.Kind = .malformed, _ open: () -> hid_t
  ) throws(CrosswalkError) {
    id = try HDF5Library.call(purpose, failing: kind, open)
  }

  // Closing after reading has nothing to report; who writes calls `H5Fflush` before.
  deinit { HDF5Library.exclusively { _ = H5Idec_ref(id) } }
}

/// What a callback of the library gathers, up to a limit.
final class Collector<Item> {
  private(set) var items: [Item] = []
  private let limit: Int
  private(set) var isFull = false

  init(limit: Int) { self.limit = limit }

  /// Takes an item; false asks the library to stop.
  func add(_ item: Item) -> Bool {
    isFull = items.count >= limit
    if !isFull { items.append(item) }
    return !isFull
  }

  /// The collector as a callback's context; valid while the collector lives.
  var pointer: UnsafeMutableRawPointer { Unmanaged.passUnretained(self).toOpaque() }

  /// The collector behind a callback's context.
  static func from(_ context: UnsafeMutableRawPointer?) -> Collector<Item>? {
    context.map { Unmanaged<Collector<Item>>.fromOpaque($0).takeUnretainedValue() }
  }
}
