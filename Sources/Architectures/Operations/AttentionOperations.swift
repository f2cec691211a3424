public import Diagnostics

/// Scaled dot-product attention with several heads (Vaswani 2017, section 3.2).
///
/// It stands after the projections and before the output projection.
public struct Attention: Operation {
  /// `attention`.
  public static let name = "attention"
  /// What it does.
  public static let summary =
    "softmax(scale × query keyᵀ + mask) value, head by head; makes an attention table; parameter "
    + "sinks (heads), if any"
  /// `query`, `key` and `value` (batch, sequence, heads × head width); `mask`s are added up.
  public static let roles: [Role] = [
    .one("query"), .one("key"), .one("value"), .optional("key_mask"), .optional("mask"),
  ]
  /// The number of query heads.
  public let heads: Int
  /// The number of key and value heads; each serves heads / keyValueHeads query heads.
  public let keyValueHeads: Int
  /// What scores are multiplied by; nil for 1 / sqrt(head width).
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

  /// What a query that may see no key at all gets.
  public enum FullyMasked: String, Sendable, CaseIterable {
    /// The mean of all values: what the lowest finite number as a mask gives (transformers).
    case uniform
    /// Zeros: what PyTorch's own scaled_dot_product_attention gives.
    case zero
  }

  /// Reads `heads`, `key_value_heads`, `scale`, `causal` (short for `after` 0), `before`, `after`,
  /// `soft_cap`, `sinks` and `fully_masked`.
  public init(_ settings: inout Settings) throws(CrosswalkError) {
    heads = try settings.integer("heads")
    keyValueHeads = try settings.integer("key_value_heads", default: heads)
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
      valueWidth % keyValueHeads == 0, queryWidth / heads == keyWidth / keyValueHeads
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
    let table = [
      query.axes[0], Axis("heads", heads), Axis("queries", query.axes[1].extent),
      Axis("keys", key.axes[1].extent),
    ]
    return Signature(
      TensorType(
        .floating,
        [query.axes[0], query.axes[1], .width(contextWidth)]),
      parameters: sinks ? [("sinks", [heads])] : [],
      attention: TensorType(.floating, table))
  }
}

/// Turns a mask as a framework gives it into numbers that are added to scores.
public struct AttentionMask: Operation {
  /// `attention_mask`.
  public static let name = "attention_mask"
  /// What it does.
  public static let summary =
    "0 where a key may be seen and -infinity where not; a mask of numbers is added as it is"
  /// `input`: integers, truth values, or numbers.
  public static let roles: [Role] = [.one("input")]
  /// What a nonzero entry of an integer or truth-value mask means.
  public let nonzero: Meaning
  /// Whether a mask of numbers (floating) is added to the scores, or read like integers.
  public let additive: Bool
  /// Whether a hidden position sees nothing either, instead of not being seen alone.
  public let pairs: Bool

  /// What a nonzero entry means.
  public enum Meaning: String, Sendable, CaseIterable {
    /// This key may be seen: transformers' attention_mask.
    case visible
    /// This key is hidden: torch.nn's masks.
    case hidden
  }

  /// Reads `nonzero`, `additive` and `pairs`.
  public init(_ settings: inout Settings) throws(CrosswalkError) {
    nonzero = try settings.word("nonzero")
    additive = try settings.boolean("additive", default: false)
    pairs = try settings.boolean("pairs", default: false)
  }

  /// The input's axes, floating; with `pairs` (batch, 1, sequence, sequence).
  public func signature(_ inputs: InputTypes) throws(CrosswalkError) -> Signature {
    let axes = try inputs.one("input").axes
    guard pairs else { return Signature(TensorType(.floating, axes)) }
    guard axes.count == 2 else {
      throw CrosswalkError(
        .wrongShape, "a mask of pairs is made of a mask of positions", at: Place(.key("pairs")),
        expected: "axes batch, sequence", found: axes.map(\.name).joined(separator: ", "))
    }
    return Signature(
      TensorType(
        .floating,
        [
          axes[0], Axis("heads", 1), Axis("queries", axes[1].extent), Axis("keys", axes[1].extent),
        ]))
  }
}
