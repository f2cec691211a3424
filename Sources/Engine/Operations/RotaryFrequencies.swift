import Architectures

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Radians from one position to the next, for each pair of a rotary encoding.
///
/// In every precision, rounded where transformers rounds: its `modeling_rope_utils` computes some
/// terms as Python's numbers, which are binary64, and most as tensors.
struct RotaryFrequencies<A: Scalar> {
  let base: Double
  /// How many numbers are turned, two for each pair.
  let width: Int
  let scaling: RotaryScaling?

  /// - Parameter length: one more than the largest position.
  func all(length: Int) -> [A] {
    switch scaling {
    case nil: return plain(base)
    case .linear(let factor): return plain(base).map { $0 / A(factor) }
    case .dynamic(let factor, let longest):
      return plain(stretched(base, by: factor, length: length, longest: longest))
    case .yarn(let settings): return ramp(settings)
    case .llama3(let settings): return plain(base).map { llama3($0, settings) }
    case .longrope(let settings):
      let factors = length > settings.original ? settings.long : settings.short
      return zip(factors, wavelengths(base)).map { 1 / (A($0) * $1) }
    }
  }

  /// Each pair's wavelength by 2π.
  private func wavelengths(_ base: Double) -> [A] {
    (0..<(width / 2)).map { pair in
      A(pow(Double(A(base)), Double(A(2 * pair) / A(width))))
    }
  }

  private func plain(_ base: Double) -> [A] { wavelengths(base).map { 1 / $0 } }

  private func stretched(_ base: Double, by factor: Double, length: Int, longest: Int) -> Double {
    let exponent = Double(width) / Double(width - 2)
    guard length > longest else {
      return base * pow(factor * Double(longest) / Double(longest) - (factor - 1), exponent)
    }
    // Here transformers computes with the length as a tensor.
    let stretch = A(factor) * A(length) / A(longest) - A(factor - 1)
    return Double(A(base) * A(pow(Double(stretch), exponent)))
  }

  private func ramp(_ settings: RotaryScaling.YaRN) -> [A] {
    let ends = self.ends(settings)
    return wavelengths(base).enumerated().map { pair, wavelength in
      let share = (A(pair) - A(ends.low)) / A(ends.high - ends.low)
      let kept = 1 - min(max(share, 0), 1)
      return 1 / (A(settings.factor) * wavelength) * (1 - kept) + 1 / wavelength * kept
    }
  }

  /// The pairs between which frequencies change from kept to divided.
  private func ends(_ settings: RotaryScaling.YaRN) -> (low: Double, high: Double) {
    func pair(turns: Double) -> Double {
      Double(width) * log(Double(settings.original) / (turns * 2 * Double.pi)) / (2 * log(base))
    }
    var (low, high) = (pair(turns: settings.betaFast), pair(turns: settings.betaSlow))
    if settings.truncate { (low, high) = (low.rounded(.down), high.rounded(.up)) }
    (low, high) = (max(low, 0), min(high, Double(width - 1)))
    return (low, low == high ? high + 0.001 : high)
  }

  private func llama3(_ frequency: A, _ settings: RotaryScaling.Llama3) -> A {
    // PyTorch divides a number by a tensor as the number times the reciprocal.
    let wavelength = 1 / frequency * A(2 * Double.pi)
    let original = Double(settings.original)
    if wavelength > A(original / settings.low) { return frequency / A(settings.factor) }
    if wavelength < A(original / settings.high) { return frequency }
    let share = (1 / wavelength * A(original) - A(settings.low)) / A(settings.high - settings.low)
    return (1 - share) * frequency / A(settings.factor) + share * frequency
  }
}
