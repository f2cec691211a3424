import Synchronization

/// The line at the bottom of the terminal where progress is drawn, and which all else must find
/// empty.
enum ProgressArea {
  private static let isDrawn = Mutex(false)

  /// Draws a line over the one before.
  static func draw(_ line: String) {
    isDrawn.withLock { isDrawn in
      StandardError.write("\r\(line)\u{1B}[K")
      isDrawn = true
    }
  }

  /// Takes the line away, if there is one.
  static func clear() {
    isDrawn.withLock { isDrawn in
      if isDrawn { StandardError.write("\r\u{1B}[K") }
      isDrawn = false
    }
  }
}
