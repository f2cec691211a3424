public import Diagnostics

/// Attention within blocks of a sequence (Beltagy 2020, Zaheer 2020).
///
/// Each block of queries sees the blocks of keys around its own, some at the sequence's ends, and
/// keys that all see; time and memory grow with the sequence.
public struct BlockAttention: Operation {
  /// `block_attention`.
  public static let name = "block_attention"
  /// What it does.
  public static let summary =
    "attention of each block of queries to the blocks around it, to blocks at the ends and to "
    + "global keys; linear in the sequence; its table shows what is seen"
  /// `query`, `key` and `value` (batch, sequence, heads × head width); `key_mask` is added to
  /// scores; keys where `global` (batch, sequence) is not 0 are seen by all; `distance_bias`
  /// (distances, heads) is added to scores by how far a query and a key are apart.
  public static let roles: [Role] = [
    .one("query"), .one("key"), .one("value"), .optional("key_mask"), .optional("global"),
    .optional("distance_bias"),
  ]
  /// The number of heads.
  public let heads: Int
  /// How many positions a block has.
  public let block: Int
  /// How many blocks before its own a query sees.
  public let before: Int
  /// How many blocks after its own a query sees.
  public let after: Int
  /// Whether a query sees no key after its own position.
  public let causal: Bool
  /// Whether a query sees, of those blocks, only keys at most `before` and `after` blocks' lengths
  /// away.
  public let exact: Bool
  /// How many blocks at the start see all and are seen by all.
  public let first: Int
  /// How many blocks at the end see all and are seen by all.
  public let last: Int
  /// Blocks that all others see once more, negative from the end: one that stands here and near
  /// counts twice (BigBird's random blocks).
  public let further: [Int]
  /// What fills up the last block.
  public let padding: Padding
  /// What number of positions a sequence is filled up to a multiple of; nil for whole blocks.
  public let multiple: Int?
  /// Whether the blocks before the first are those at the end, and after the last those at the
  /// start, however often one is seen so.
  public let wrapped: Bool
  /// How scores are made of queries and keys.
  public let scores: SharedScores
  /// How queries and keys are turned within the blocks that are seen; nil for not at all.
  public let rotary: BlockRotary?
  /// Whether a query that is hidden as a key gets zeros.
  public let hiddenZero: Bool
  /// Up to which length a sequence is attended to as a whole, without any of this but causality.
  public let wholeUpTo: Int

  /// What fills up the last block of a sequence that is no multiple of it.
  public enum Padding: String, Sendable, CaseIterable {
    /// Nothing: the last block is shorter.
    case none
    /// Keys and values of zeros, which are seen.
    case zeros
  }

  /// Reads `heads`, `block`, `before`, `after`, `causal`, `exact`, `first`, `last`, `further`,
  /// `padding`, `multiple`, `wrapped`, `scale`, `own`, `key_norm`, `rotary`,
  /// `hidden_zero` and `whole_up_to`.
  public init(_ settings: inout Settings) throws(CrosswalkError) {
    heads = try settings.integer("heads")
    block = try settings.integer("block")
    causal = try settings.boolean("causal", default: false)
    before = try settings.integer("before", default: 1, minimum: 0)
    after = try settings.integer("after", default: causal ? 0 : 1, minimum: 0)
    exact = try settings.boolean("exact", default: false)
    first = try settings.integer("first", default: 0, minimum: 0)
    last = try settings.integer("last", default: 0, minimum: 0)
    further = settings.has("further") ? try settings.integers("further") : []
    padding = try settings.word("padding", default: Padding.none)
    multiple = try settings.optionalInteger("multiple")
    wrapped = try settings.boolean("wrapped", default: false)
    scores = try SharedScores(&settings)
    rotary = try settings.nested("rotary", read: BlockRotary.init) ?? nil
    hiddenZero = try settings.boolean("hidden_zero", default: false)
    wholeUpTo = try settings.integer("whole_up_to", default: 0, minimum: 0)
    guard (multiple ?? block).isMultiple(of: block) else {
      throw CrosswalkError(
        .invalidDocument, "a length that is not of whole blocks", at: Place(.key("multiple")),
        expected: "a multiple of \(block)", found: multiple.map(String.init))
    }
    guard rotary == nil || (first == 0 && last == 0 && further.isEmpty) else {
      throw CrosswalkError(
        .invalidDocument, "blocks that are not around a query have no places to turn by",
        at: Place(.key("rotary")), remedy: "leave out 'first', 'last' and 'further'")
    }
    let span = (before.addingReportingOverflow(after).partialValue + 1)
      .multipliedReportingOverflow(by: block)
    guard !span.overflow, span.partialValue > 0 else {
      throw CrosswalkError(.invalidDocument, "blocks that reach further than 64 bits count")
    }
  }

  /// The context (batch, queries, heads × value width) and the table (batch, heads, queries, keys).
  public func signature(_ inputs: InputTypes) throws(CrosswalkError) -> Signature {
    let signature = try headedSignature(inputs, heads: heads)
    let head = try inputs.width(of: "query") / heads
    if let bias = inputs["distance_bias"].first, bias.axes.count != 2 || bias.width != heads {
      throw CrosswalkError(
        .wrongShape, "biases of other axes than distances and heads",
        at: Place(.key("distance_bias")), expected: "(distances, \(heads))",
        found: "\(bias.axes.count) axes, the last of \(bias.width.map(String.init) ?? "?")")
    }
    guard rotary == nil || head.isMultiple(of: 2) else {
      throw CrosswalkError(
        .wrongShape, "pairs need an even number", at: Place(.key("rotary")),
        expected: "heads of an even width", found: String(head))
    }
    return signature
  }
}

/// How scores are made where queries may themselves be the keys (Kitaev 2020).
public struct SharedScores: Sendable {
  /// What scores are multiplied by; nil for 1 / sqrt(head width).
  public let scale: Double?
  /// The score of a position with itself, if it is not that of any other.
  public let own: Double?
  /// To what length keys are brought first.
  public let keyNorm: KeyNorm

  /// To what length keys are brought.
  public enum KeyNorm: String, Sendable, CaseIterable {
    /// Their own.
    case none
    /// One.
    case l2
    /// One, by the root of their mean square plus 1e-6, over sqrt(width): transformers' Reformer.
    case rms
  }

  init(_ settings: inout Settings) throws(CrosswalkError) {
    scale = try settings.optionalNumber("scale")
    own = try settings.optionalNumber("own")
    keyNorm = try settings.word("key_norm", default: KeyNorm.none)
  }
}

/// Rotary positions counted within the blocks that a query sees, its own being the last of them
/// wherever it stands.
public struct BlockRotary: Sendable {
  /// Wavelengths are geometric up to this, times 2 π.
  public let base: Double
  /// The distance over which magnitudes fall by their factor (Sun 2022); nil for no such fall.
  public let decay: Double?

  init(_ settings: inout Settings) throws(CrosswalkError) {
    base = try settings.positive("base", default: 10_000)
    decay = try settings.optionalPositive("decay")
  }
}
