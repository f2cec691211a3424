import Diagnostics

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

extension RotaryScaling {
  private enum Kind: String, CaseIterable {
    case `default`
    case linear
    case dynamic
    case yarn
    case llama3
    case longrope
  }

  /// Reads `type` and what it takes; nil for `default`, which scales nothing.
  static func read(_ settings: inout Settings) throws(CrosswalkError) -> RotaryScaling? {
    // The model's own length, which some kinds need and the others may be told.
    _ = try settings.optionalInteger("max_position_embeddings")
    switch try settings.word("type") as Kind {
    case .default: return nil
    case .linear: return .linear(factor: try settings.positive("factor"))
    case .dynamic:
      return .dynamic(
        factor: try settings.positive("factor"),
        longest: try settings.integer("max_position_embeddings"))
    case .yarn: return .yarn(try YaRN(&settings))
    case .llama3: return .llama3(try Llama3(&settings))
    case .longrope: return .longrope(try LongRoPE(&settings))
    }
  }
}

extension RotaryScaling.YaRN {
  fileprivate init(_ settings: inout Settings) throws(CrosswalkError) {
    (factor, original) = try settings.stretch()
    betaFast = try settings.optionalPositive("beta_fast") ?? 32
    betaSlow = try settings.optionalPositive("beta_slow") ?? 1
    truncate = try settings.boolean("truncate", default: true)
    let given = try settings.optionalNumber("attention_factor")
    let scale = try settings.optionalNumber("mscale") ?? 0
    let scaleOfAll = try settings.optionalNumber("mscale_all_dim") ?? 0
    attentionFactor =
      given
      ?? (scale != 0 && scaleOfAll != 0
        ? Self.sharpness(factor, scale) / Self.sharpness(factor, scaleOfAll)
        : Self.sharpness(factor, 1))
  }

  /// The paper's temperature of attention, as a factor of queries and keys.
  private static func sharpness(_ factor: Double, _ scale: Double) -> Double {
    factor <= 1 ? 1 : 0.1 * scale * log(factor) + 1
  }
}

extension RotaryScaling.Llama3 {
  fileprivate init(_ settings: inout Settings) throws(CrosswalkError) {
    factor = try settings.positive("factor")
    low = try settings.positive("low_freq_factor")
    high = try settings.positive("high_freq_factor")
    original = try settings.integer("original_max_position_embeddings")
    guard low != high else {
      throw CrosswalkError(
        .invalidDocument, "low and high frequencies with nothing between",
        at: Place(.key("high_freq_factor")), expected: "another than low_freq_factor",
        found: String(high))
    }
  }
}

extension RotaryScaling.LongRoPE {
  fileprivate init(_ settings: inout Settings) throws(CrosswalkError) {
    short = try settings.positives("short_factor")
    long = try settings.positives("long_factor")
    let factor: Double
    (factor, original) = try settings.stretch()
    let given = try settings.optionalNumber("attention_factor")
    guard given != nil || factor <= 1 || original > 1 else {
      throw CrosswalkError(
        .invalidDocument, "a length of training of one",
        at: Place(.key("original_max_position_embeddings")), expected: "2 or more", found: "1")
    }
    attentionFactor =
      given ?? (factor <= 1 ? 1 : (1 + log(factor) / log(Double(original))).squareRoot())
  }
}

extension Settings {
  /// By how much lengths are stretched, and the length of training.
  ///
  /// When `factor` is left out, it is what `max_position_embeddings` says.
  fileprivate mutating func stretch() throws(CrosswalkError) -> (factor: Double, original: Int) {
    let original = try integer("original_max_position_embeddings")
    let given = try optionalPositive("factor")
    let longest = try optionalInteger("max_position_embeddings")
    guard let factor = given ?? longest.map({ Double($0) / Double(original) }) else {
      throw CrosswalkError(
        .invalidDocument, "the setting 'factor' is missing",
        remedy: "give it, or max_position_embeddings")
    }
    return (factor, original)
  }
}
