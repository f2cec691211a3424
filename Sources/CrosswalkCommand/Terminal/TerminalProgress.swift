import Diagnostics
import Synchronization

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The observer that draws progress on standard error.
final class TerminalProgress: Observer {
  /// Work that is shorter is not worth a bar.
  private static let patience = Duration.seconds(1)
  /// The bar is not drawn more often.
  private static let pause = Duration.milliseconds(100)

  private struct Activity {
    var progress: Progress
    let start = ContinuousClock.now
  }

  private struct State {
    /// The work under way, innermost last.
    var activities: [Activity] = []
    var lastDrawn = ContinuousClock.now
  }

  private let state = Mutex(State())

  /// The observer to give to a pass: this one on a terminal, else silence.
  static func observer(isQuiet: Bool) -> any Observer {
    isQuiet || !Terminal.isBehind(STDERR_FILENO) ? Silence() : TerminalProgress()
  }

  /// Follows what is told of work; everything else is for other observers.
  func observe(_ event: Event) {
    state.withLock { state in
      switch event {
      case .began(let activity, let total, let unit):
        let progress = Progress(activity: activity, total: total, unit: unit)
        state.activities.append(Activity(progress: progress))
      case .advanced(let amount, _): advance(&state, by: amount)
      case .finished:
        _ = state.activities.popLast()
        ProgressArea.clear()
      case .opened, .ran, .wrote: break
      }
    }
  }

  private func advance(_ state: inout State, by amount: Int) {
    guard let last = state.activities.indices.last else { return }
    state.activities[last].progress.advance(by: amount)
    let activity = state.activities[last]
    let now = ContinuousClock.now
    guard now - activity.start > Self.patience, now - state.lastDrawn > Self.pause else { return }
    state.lastDrawn = now
    ProgressArea.draw(
      activity.progress.line(after: now - activity.start, columns: Terminal.columns))
  }
}
