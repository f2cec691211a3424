extension DifferenceReport {
  /// A measure of how far two tensors are apart; the raw value is its word in options and JSON.
  public enum Measure: String, Sendable, CaseIterable {
    /// The largest absolute difference.
    case maximumAbsolute = "max_abs"
    /// The largest difference relative to the reference's value.
    case maximumRelative = "max_rel"
    /// The root mean square of the difference over that of the reference.
    case relativeRMS = "relative_rms"
    /// The signal-to-noise ratio in decibels.
    case signalToNoise = "snr_db"
    /// The cosine of the angle between the two.
    case cosine = "cosine"
    /// The median distance in units of the last place.
    case medianULP = "ulp_median"
    /// The distance in such units that 99 of 100 elements do not exceed.
    case highULP = "ulp_p99"
    /// The divergence of predictions.
    case divergence = "kl"
    /// The share of predictions whose likeliest class is the same.
    case first = "top1"
    /// The share of the likeliest classes that both have.
    case shared = "topk"

    /// What heads a column of it.
    var title: String {
      switch self {
      case .maximumAbsolute: "max abs"
      case .maximumRelative: "max rel"
      case .relativeRMS: "rel RMS"
      case .signalToNoise: "SNR dB"
      case .cosine: "cosine"
      case .medianULP: "ULP median"
      case .highULP: "ULP 99 %"
      case .divergence: "KL"
      case .first: "top 1"
      case .shared: "top k"
      }
    }

    /// The measure as a cell of a table; nil where there is none.
    func text(_ metrics: Metrics) -> String? {
      switch self {
      case .maximumAbsolute: Numbers.scientific(metrics.maximumAbsolute)
      case .maximumRelative: Numbers.scientific(metrics.maximumRelative)
      case .relativeRMS: Numbers.scientific(metrics.relativeRMS)
      case .signalToNoise: Numbers.fixed(metrics.signalToNoise, decimals: 1)
      case .cosine: Numbers.fixed(metrics.cosine, decimals: 7)
      case .medianULP: metrics.medianULP.map { Numbers.brief($0, digits: 3) }
      case .highULP: metrics.highULP.map { Numbers.brief($0, digits: 3) }
      case .divergence: metrics.classes.map { Numbers.scientific($0.divergence) }
      case .first: metrics.classes.map { Numbers.fixed($0.first, decimals: 4) }
      case .shared: metrics.classes.map { Numbers.fixed($0.shared, decimals: 4) }
      }
    }
  }
}
