import Containers
import Dispatch
import Synchronization

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// What signals do to the process.
///
/// Those that end it first take away the files that are half-written. A handler may do almost
/// nothing, so it writes the signal's number into a pipe, and a thread waits at the other end.
enum Interrupts {
  private static let writingEnd = Atomic<Int32>(-1)

  /// Prepares for signals; called once, before any work.
  static func prepare() {
    signal(SIGPIPE, SIG_IGN)
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0, let (reading, writing) = both(ends) else { return }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    writingEnd.store(writing, ordering: .releasing)
    DispatchQueue(label: "interrupts").async { wait(at: reading) }
    let ending = [SIGINT, SIGTERM, SIGHUP]
    ending.forEach(handle)
    unblock(ending)
  }

  /// Lets signals through that whoever started the process had blocked for itself, as every
  /// thread of Dispatch has.
  private static func unblock(_ numbers: [Int32]) {
    var set = sigset_t()
    sigemptyset(&set)
    for number in numbers { sigaddset(&set, number) }
    pthread_sigmask(SIG_UNBLOCK, &set, nil)
  }

  private static func both(_ ends: [Int32]) -> (Int32, Int32)? {
    guard let first = ends.first, let last = ends.last else { return nil }
    return (first, last)
  }

  /// Handles a signal, unless whoever started the process had it ignored, as nohup does.
  private static func handle(_ number: Int32) {
    let before = signal(number) { number in
      var byte = UInt8(truncatingIfNeeded: number)
      _ = write(Interrupts.writingEnd.load(ordering: .acquiring), &byte, 1)
    }
    if unsafeBitCast(before, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self) {
      signal(number, SIG_IGN)
    }
  }

  private static func wait(at reading: Int32) {
    var number: UInt8 = 0
    while read(reading, &number, 1) != 1 {
      guard errno == EINTR else { return }
    }
    ProgressArea.clear()
    Temporaries.removeAll { ExitStatus.end(afterSignal: Int32(number)) }
  }
}
