import Reports

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// What is known of the terminal, if there is one.
enum Terminal {
  /// Whether a stream is one, and no dumb one.
  static func isBehind(_ descriptor: Int32) -> Bool {
    isatty(descriptor) == 1 && variable("TERM") != "dumb"
  }

  /// Whether results carry colour: on a terminal, unless `NO_COLOR` says otherwise.
  static var style: Style {
    isBehind(STDOUT_FILENO) && (variable("NO_COLOR") ?? "").isEmpty ? .colored : .plain
  }

  /// How many columns standard error has.
  static var columns: Int {
    var size = winsize()
    guard ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
    return Int(size.ws_col)
  }

  private static func variable(_ name: String) -> String? {
    getenv(name).map { String(cString: $0) }
  }
}
