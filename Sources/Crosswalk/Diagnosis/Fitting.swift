import Architectures
import Diagnostics
import Documents

/// A number that a setting would have to be, found by what is left of the error.
///
/// A grid of powers first, as the error has several valleys (angles do), then each of the best is
/// narrowed down by golden section, and the roundest number that is as good is taken: people choose
/// round ones.
struct Fitting {
  private static let points = 40
  private static let golden = 0.6180339887498949

  /// The number that leaves least; nil where the error is the same all over.
  ///
  /// - Parameters:
  ///   - range: between which numbers.
  ///   - error: what a number leaves; nil where it cannot be.
  static func best(
    in range: ClosedRange<Double>, floor: Double,
    _ error: (Double) throws(CrosswalkError) -> Double?
  ) throws(CrosswalkError) -> Double? {
    let (low, high) = (logarithm(range.lowerBound), logarithm(range.upperBound))
    let step = (high - low) / Double(points)
    var grid: [(place: Double, error: Double)] = []
    for index in 0...points {
      let place = low + step * Double(index)
      if let left = try error(power(place)), left.isFinite { grid.append((place, left)) }
    }
    var best: (number: Double, error: Double)?
    for (place, _) in grid.sorted(by: { $0.error < $1.error }).prefix(3) {
      let found = try narrow(place - step, place + step, error)
      if found.error < best?.error ?? .infinity { best = found }
    }
    guard let best else { return nil }
    for digits in 1...6 {
      let rounded = rounded(best.number, to: digits)
      if let left = try error(rounded), left <= max(best.error * 2, floor) { return rounded }
    }
    return best.number
  }

  private static func narrow(
    _ low: Double, _ high: Double, _ error: (Double) throws(CrosswalkError) -> Double?
  ) throws(CrosswalkError) -> (number: Double, error: Double) {
    var (low, high) = (low, high)
    var (a, b) = (high - golden * (high - low), low + golden * (high - low))
    var (left, right) = (try error(power(a)) ?? .infinity, try error(power(b)) ?? .infinity)
    for _ in 0..<48 {
      if left < right {
        (high, b, right) = (b, a, left)
        a = high - golden * (high - low)
        left = try error(power(a)) ?? .infinity
      } else {
        (low, a, left) = (a, b, right)
        b = low + golden * (high - low)
        right = try error(power(b)) ?? .infinity
      }
    }
    return left < right ? (power(a), left) : (power(b), right)
  }

  private static func rounded(_ number: Double, to digits: Int) -> Double {
    let scale = power((logarithm(abs(number)).rounded(.down)) - Double(digits - 1))
    // By way of its digits, so that 0.3 is what people write.
    let text =
      "\(Int((number / scale).rounded()))e\(Int(logarithm(abs(number)).rounded(.down)) - digits + 1)"
    return Double(text) ?? number
  }
}

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

extension Fitting {
  private static func power(_ exponent: Double) -> Double { pow(10, exponent) }
  private static func logarithm(_ number: Double) -> Double { log10(number) }
}
