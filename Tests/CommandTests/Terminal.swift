import Foundation
import Testing

/// A pseudo-terminal, so that a test can see what only a terminal is shown.
final class PseudoTerminal {
  /// The end to give to a process.
  let far: FileHandle
  private let near: Int32

  init(columns: UInt16 = 80) throws {
    near = open("/dev/ptmx", O_RDWR | O_NOCTTY)
    let name = try Self.farName(of: near)
    let descriptor = open(name, O_RDWR | O_NOCTTY)
    try #require(descriptor >= 0)
    var size = winsize(ws_row: 24, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0)
    _ = ioctl(descriptor, UInt(TIOCSWINSZ), &size)
    far = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
  }

  /// Unlocks the far end and gives its name.
  private static func farName(of near: Int32) throws -> String {
    #if os(Linux)
      // Glibc's functions for this are not visible to Swift; the kernel's requests are.
      let (setLock, getNumber): (UInt, UInt) = (0x4004_5431, 0x8004_5430)
      var (lock, number): (Int32, UInt32) = (0, 0)
      try #require(ioctl(near, setLock, &lock) == 0 && ioctl(near, getNumber, &number) == 0)
      return "/dev/pts/\(number)"
    #else
      try #require(grantpt(near) == 0 && unlockpt(near) == 0)
      return try #require(ptsname(near).map { String(cString: $0) })
    #endif
  }

  deinit { close(near) }

  /// What was shown and not read yet; waits until there is something.
  func read() -> String {
    var bytes = [UInt8](repeating: 0, count: 65536)
    let count = Foundation.read(near, &bytes, bytes.count)
    return String(decoding: bytes.prefix(max(count, 0)), as: UTF8.self)
  }

  /// All that a process shows until it ends: a terminal holds only some kilobytes unread, and then
  /// the process waits.
  func read(until process: Process) -> String {
    var text = ""
    var ended = false
    while !ended {
      ended = !process.isRunning
      var waiting = pollfd(fd: near, events: Int16(POLLIN), revents: 0)
      while poll(&waiting, 1, ended ? 0 : 50) > 0 { text += read() }
    }
    return text
  }
}
