import ArgumentParser
import Diagnostics

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// How the process ends, as with diff(1); no other file knows a status by its number.
///
/// Wrong usage is 64, which is ArgumentParser's own.
enum ExitStatus: Int32 {
  /// Done, or compared and equal.
  case success = 0
  /// Compared, and different.
  case differs = 1
  /// Bad input, a failing disk, something unsupported: one line on standard error says what.
  case trouble = 2

  /// What a command throws to end with this status once its report is out.
  var asError: ExitCode { ExitCode(rawValue) }

  /// Ends the process as an error asks.
  static func end(with error: any Error) -> Never {
    ProgressArea.clear()
    guard let error = error as? CrosswalkError else { RootCommand.exit(withError: error) }
    StandardError.write("crosswalk: \(error)\n")
    exit(trouble.rawValue)
  }

  /// Ends the process at once after a signal, with the status that shells give it.
  static func end(afterSignal number: Int32) -> Never { _exit(128 + number) }
}
