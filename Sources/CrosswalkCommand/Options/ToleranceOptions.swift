import ArgumentParser
import Crosswalk

/// How far apart values may be, when the user knows better than rounding does.
struct ToleranceOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Allow this absolute difference.", valueName: "x"))
  var atol: Double?

  @Option(help: ArgumentHelp("Allow this difference relative to the reference.", valueName: "y"))
  var rtol: Double?

  func validate() throws {
    for (name, value) in [("--atol", atol), ("--rtol", rtol)] {
      if let value, !(value >= 0 && value.isFinite) {
        throw ValidationError("\(name) must be a number from 0 up, not \(value).")
      }
    }
  }

  /// The limits, nil when rounding is to judge; what is not given beside the other is zero.
  var tolerance: Tolerance? {
    guard atol != nil || rtol != nil else { return nil }
    return Tolerance(absolute: atol ?? 0, relative: rtol ?? 0)
  }
}
