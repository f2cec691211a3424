import Diagnostics

/// How a rotary encoding's frequencies are stretched to reach beyond the length of its training.
///
/// Each kind is what transformers' `modeling_rope_utils` computes, with the names it has there.
public enum RotaryScaling: Sendable, Hashable {
  /// All frequencies divided by a factor (Chen 2023).
  case linear(factor: Double)
  /// The base grows with the sequence, once that is longer than `longest` (NTK-aware scaling).
  case dynamic(factor: Double, longest: Int)
  /// Low frequencies divided, high ones kept, a ramp between (Peng 2023).
  case yarn(YaRN)
  /// The same by wavelength (Llama 3.1).
  case llama3(Llama3)
  /// A divisor for each frequency, and another for long sequences (Ding 2024).
  case longrope(LongRoPE)

  /// The settings of YaRN.
  public struct YaRN: Sendable, Hashable {
    /// What low frequencies are divided by.
    public let factor: Double
    /// The length of training.
    public let original: Int
    /// What sines and cosines are multiplied by.
    public let attentionFactor: Double
    /// Turns within the length of training above which a frequency is kept.
    public let betaFast: Double
    /// Turns below which a frequency is divided.
    public let betaSlow: Double
    /// Whether the ends of the ramp are rounded to whole pairs.
    public let truncate: Bool
  }

  /// The settings of Llama 3.1's scaling.
  public struct Llama3: Sendable, Hashable {
    /// What low frequencies are divided by.
    public let factor: Double
    /// The length of training by the wavelength above which a frequency is divided.
    public let low: Double
    /// The length of training by the wavelength below which a frequency is kept.
    public let high: Double
    /// The length of training.
    public let original: Int
  }

  /// The settings of LongRoPE.
  public struct LongRoPE: Sendable, Hashable {
    /// The divisor of each frequency up to the length of training.
    public let short: [Double]
    /// The divisor of each frequency beyond.
    public let long: [Double]
    /// The length of training.
    public let original: Int
    /// What sines and cosines are multiplied by.
    public let attentionFactor: Double
  }

  /// What sines and cosines are multiplied by.
  public var attentionFactor: Double {
    switch self {
    case .linear, .dynamic, .llama3: 1
    case .yarn(let settings): settings.attentionFactor
    case .longrope(let settings): settings.attentionFactor
    }
  }

  /// Whether it can be of so many pairs.
  func check(pairs: Int) throws(CrosswalkError) {
    switch self {
    case .dynamic where pairs == 1:
      throw CrosswalkError(
        .wrongShape, "dynamic scaling of a single pair", at: Place(.key("scaling")),
        expected: "a width above 2", found: "2")
    case .longrope(let settings):
      for (key, factors) in [("short_factor", settings.short), ("long_factor", settings.long)]
      where factors.count != pairs {
        throw CrosswalkError(
          .wrongShape, "not a factor for each pair", at: Place(.key("scaling"), .key(key)),
          expected: "\(pairs)", found: "\(factors.count)")
      }
    default: break
    }
  }
}
