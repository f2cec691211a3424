public import Diagnostics

/// Attention with several heads: scaled dot-product (Vaswani 2017, section 3.2), dot and bilinear
/// (Luong 2015), additive (Bahdanau 2014).
///
/// It stands after the projections and before the output projection.
public struct Attention: Operation {
  /// `attention`.
  public static let name = "attention"
  /// What it does.
  public static let summary =
    "softmax(scale × query keyᵀ + mask) value, head by head, or of another score; makes an "
    + "attention table; parameters score.weight and sinks (heads), if any"
  /// `query`, `key` and `value` (batch, sequence, heads × head width); `mask`s are added up.
  public static let roles: [Role] = [
    .one("query"), .one("key"), .one("value"), .optional("key_mask"), .optional("mask"),
  ]
  /// The number of query heads.
  public let heads: Int
  /// The number of key and value heads; each serves heads / keyValueHeads query heads.
  public let keyValueHeads: Int
  /// Whether the attention table flows out too, as `NAME.table`.
  public let table: Bool
  /// What a query and a key make of themselves.
  public let score: Score
  /// Whether scores have learned factors.
  public let scoreWeight: ScoreWeight
  /// Whether each head's scores have a bias.
  public let scoreBias: Bool
  /// What scores are multiplied by; nil for 1 / sqrt(head width), or 1 where they are not dots.
  public let scale: Double?
  /// How many keys before its own position a query sees; nil for all.
  ///
  /// The last query's own position is the last key.
  public let before: Int?
  /// How many keys after its own position a query sees; nil for all.
  public let after: Int?
  /// What bounds the scores, as softCap × tanh(score / softCap), before masks (Gemma 2).
  public let softCap: Double?
  /// Whether each head has one more score, in which probability is lost (Xiao 2023, GPT-OSS).
  public let sinks: Bool
  /// What a query that may see no key at all gets.
  public let fullyMasked: FullyMasked

  /// Whether a query sees no key after its own position.
  public var causal: Bool { after == 0 }

  /// What a query and a key make of themselves.
  public enum Score: String, Sendable, CaseIterable {
    /// q · k.
    case dot
    /// q W k, W being the parameter score.weight (heads × query head width, key head width).
    case bilinear
    /// v · tanh(q + k), v being the parameter score.weight, or ones.
    case additive
    /// Each query head is a score for each key, which is not looked at: Luong's location.
    case location
  }

  /// What learned factors the scores of dots and sums have, as the parameter score.weight.
  public enum ScoreWeight: String, Sendable, CaseIterable {
    /// None.
    case none
    /// One number for all: Keras's use_scale.
    case scalar
    /// One for each number of a query (heads × head width): the v of an additive score.
    case vector
  }

  /// What a query that may see no key at all gets.
  public enum FullyMasked: String, Sendable, CaseIterable {
    /// The mean of all values: what the lowest finite number as a mask gives (transformers).
    case uniform
    /// Zeros: what PyTorch's own scaled_dot_product_attention gives.
    case zero
  }

  /// Reads `heads`, `key_value_heads`, `table`, `score`, `score_weight`, `score_bias`, `scale`, `causal`
  /// (short for `after` 0), `before`, `after`, `soft_cap`, `sinks` and `fully_masked`.
  public init(_ settings: inout Settings) throws(CrosswalkError) {
    heads = try settings.integer("heads")
    keyValueHeads = try settings.integer("key_value_heads", default: heads)
    table = try settings.boolean("table", default: false)
    score = try settings.word("score", default: .dot)
    scoreWeight = try settings.word("score_weight", default: ScoreWeight.none)
    scoreBias = try settings.boolean("score_bias", default: false)
    scale = try settings.optionalNumber("scale")
    before = try settings.optionalInteger("before", minimum: 0)
    let after = try settings.optionalInteger("after", minimum: 0)
    let causal = try settings.boolean("causal", default: false)
    self.after = causal ? 0 : after
    softCap = try settings.optionalPositive("soft_cap")
    sinks = try settings.boolean("sinks", default: false)
    fullyMasked = try settings.word("fully_masked", default: .uniform)
    guard !causal || (after ?? 0) == 0 else {
      throw CrosswalkError(
        .invalidDocument, "causal attention sees no key after its own position",
        at: Place(.key("after")), remedy: "leave out 'causal' or 'after'")
    }
    guard score == .dot || score == .additive || scoreWeight == .none else {
      throw CrosswalkError(
        .invalidDocument, "a weight of a score that has one of its own, or none",
        at: Place(.key("score_weight")),
        remedy: "leave it out")
    }
    guard heads % keyValueHeads == 0 else {
      throw CrosswalkError(
        .invalidDocument, "key and value heads that do not divide the heads",
        at: Place(.key("key_value_heads")), expected: "a divisor of \(heads)",
        found: String(keyValueHeads))
    }
  }

  /// The context (batch, queries, heads × value width) and the table (batch, heads, queries, keys).
  public func signature(_ inputs: InputTypes) throws(CrosswalkError) -> Signature {
    let query = try inputs.one("query")
    let key = try inputs.one("key")
    guard query.axes.count == 3, key.axes.count == 3, try inputs.one("value").axes.count == 3 else {
      throw CrosswalkError(
        .wrongShape, "attention is over sequences", expected: "axes batch, sequence, width",
        found: query.axes.map(\.name).joined(separator: ", "))
    }
    let queryWidth = try inputs.width(of: "query")
    let keyWidth = try inputs.width(of: "key")
    let valueWidth = try inputs.width(of: "value")
    guard queryWidth % heads == 0, keyWidth % keyValueHeads == 0,
      valueWidth % keyValueHeads == 0,
      score == .bilinear || score == .location || queryWidth / heads == keyWidth / keyValueHeads
    else {
      throw CrosswalkError(
        .wrongShape, "widths that the heads do not divide evenly",
        expected: "query width / \(heads) = key width / \(keyValueHeads)",
        found: "query \(queryWidth), key \(keyWidth), value \(valueWidth)")
    }
    let (contextWidth, overflow) = (valueWidth / keyValueHeads).multipliedReportingOverflow(
      by: heads)
    guard !overflow else {
      throw CrosswalkError(.tooLarge, "a context wider than 64 bits count")
    }
    let axes = [
      query.axes[0], Axis("heads", heads), Axis("queries", query.axes[1].extent),
      Axis("keys", key.axes[1].extent),
    ]
    let others = table ? [("table", TensorType(.floating, axes))] : []
    return Signature(
      TensorType(
        .floating,
        [query.axes[0], query.axes[1], .width(contextWidth)]),
      parameters: scoreParameters(queryWidth, keyWidth / keyValueHeads)
        + (sinks ? [("sinks", [heads])] : []),
      attention: TensorType(.floating, axes), others: others)
  }

  private func scoreParameters(_ queryWidth: Int, _ keyHeadWidth: Int) -> [(
    role: String, shape: [Int]
  )] {
    let weight: [Int]? =
      switch (score, scoreWeight) {
      case (.bilinear, _): [queryWidth, keyHeadWidth]
      case (_, .scalar): []
      case (_, .vector): [queryWidth]
      case (_, .none): nil
      }
    return (weight.map { [("score.weight", $0)] } ?? [])
      + (scoreBias ? [("score.bias", [heads])] : [])
  }
}
