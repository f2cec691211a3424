import Diagnostics
import Reports

/// How far some work is, and how that reads in one line.
struct Progress {
  /// What is being done.
  let activity: String
  /// How much there is to do.
  let total: Int
  /// What it is counted in.
  let unit: Event.Unit
  /// How much is done.
  private(set) var done = 0

  init(activity: String, total: Int, unit: Event.Unit) {
    self.activity = activity
    self.total = max(total, 0)
    self.unit = unit
  }

  /// Counts what was done, never beyond the total.
  mutating func advance(by amount: Int) {
    let (sum, overflow) = done.addingReportingOverflow(max(amount, 0))
    done = overflow ? total : min(sum, total)
  }

  /// The line: activity, bar, percent, amounts, rate and time left, as many as fit.
  func line(after elapsed: Duration, columns: Int) -> String {
    let fraction = total > 0 ? Double(done) / Double(total) : 1
    let percent = "\(Int(fraction * 100))%"
    let amounts = "\(amount(done)) of \(amount(total))"
    let pace = pace(after: elapsed)
    // The last column stays free: a terminal that wraps would scroll.
    let room = columns - 1
    let candidates = [[percent, amounts] + pace, [percent, amounts], [percent]]
    for words in candidates {
      let rest = words.joined(separator: "  ")
      let bar = min(30, room - activity.count - rest.count - 6)
      if bar >= 8 { return "\(activity)  [\(drawn(fraction, bar))]  \(rest)" }
    }
    return String("\(activity) \(percent)".prefix(max(room, 0)))
  }

  private func drawn(_ fraction: Double, _ width: Int) -> String {
    let full = Int(fraction * Double(width))
    return String(repeating: "#", count: full) + String(repeating: ".", count: width - full)
  }

  private func pace(after elapsed: Duration) -> [String] {
    let seconds = elapsed / .seconds(1)
    guard seconds > 0, done > 0 else { return [] }
    let rate = Double(done) / seconds
    let left = Double(total - done) / rate
    return ["\(amount(Int(exactly: rate.rounded()) ?? 0))/s", "\(clock(left)) left"]
  }

  private func amount(_ count: Int) -> String {
    switch unit {
    case .bytes: Numbers.bytes(count)
    case .items: Numbers.grouped(count)
    }
  }

  /// Minutes and seconds, with hours when there are some.
  private func clock(_ seconds: Double) -> String {
    let whole = Int(exactly: seconds.rounded(.up)) ?? 0
    let (hours, minutes) = (whole / 3600, whole / 60 % 60)
    let tail = "\(whole % 60 + 100)".dropFirst()
    return hours > 0 ? "\(hours):\("\(minutes + 100)".dropFirst()):\(tail)" : "\(minutes):\(tail)"
  }
}
