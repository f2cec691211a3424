public import Diagnostics

/// Attention among positions that hash alike (Kitaev 2020).
///
/// Queries, which are their own keys, are sorted by the direction that each is nearest to, and see
/// the others of their chunk; time grows with n log n, memory with n.
public struct HashedAttention: Operation {
  /// `hashed_attention`.
  public static let name = "hashed_attention"
  /// What it does.
  public static let summary =
    "attention among positions sorted by the random direction nearest to each (LSH), in chunks, for "
    + "several rounds of hashing; its table shows what is seen"
  /// `query`, which are the keys too, and `value` (batch, sequence, heads × head width), and how to
  /// hash them.
  ///
  /// `rotations` (1 or heads or batch × heads, head width, rounds, directions / 2) are not needed for
  /// sequences that are seen whole; `hashed` are hashed in the place of queries; `key_mask` is added
  /// to scores.
  public static let roles: [Role] = [
    .one("query"), .one("value"), .optional("rotations"), .optional("hashed"),
    .optional("key_mask"),
  ]
  /// The number of heads.
  public let heads: Int
  /// How many sorted positions a chunk has.
  public let chunk: Int
  /// How many chunks before its own a query sees; before the first is the last.
  public let before: Int
  /// How many chunks after its own a query sees.
  public let after: Int
  /// Whether a query sees no key after its own position.
  public let causal: Bool
  /// How many buckets there are, as factors; nil for all directions and their opposites.
  public let buckets: [Int]?
  /// The most buckets that follow from a sequence's length as one number; nil for any.
  public let most: Int?
  /// What number of positions a sequence is filled up to a multiple of, hidden ones; nil for whole
  /// chunks only, others being refused.
  public let multiple: Int?
  /// How scores are made of queries and keys.
  public let scores: SharedScores
  /// What a position that is hidden as a key does itself.
  public let hidden: Hidden
  /// Up to which length a sequence is attended to as a whole, without hashes.
  public let wholeUpTo: Int

  /// What a position that is hidden as a key does itself.
  public enum Hidden: String, Sendable, CaseIterable {
    /// It is put in a bucket with all others that are hidden, the last.
    case bucket
    /// It stays in its bucket, and sees itself alone.
    case alone
  }

  /// Reads `heads`, `chunk`, `before`, `after`, `causal`, `buckets`, `most`, `multiple`, `scale`,
  /// `own`, `key_norm`, `hidden` and `whole_up_to`.
  public init(_ settings: inout Settings) throws(CrosswalkError) {
    heads = try settings.integer("heads")
    chunk = try settings.integer("chunk")
    before = try settings.integer("before", default: 1, minimum: 0)
    after = try settings.integer("after", default: 0, minimum: 0)
    causal = try settings.boolean("causal", default: false)
    buckets = settings.has("buckets") ? try settings.integers("buckets", minimum: 2) : nil
    most = try settings.optionalInteger("most")
    multiple = try settings.optionalInteger("multiple")
    scores = try SharedScores(&settings)
    hidden = try settings.word("hidden", default: .bucket)
    wholeUpTo = try settings.integer("whole_up_to", default: 0, minimum: 0)
    guard (multiple ?? chunk).isMultiple(of: chunk) else {
      throw CrosswalkError(
        .invalidDocument, "a length that is not of whole chunks", at: Place(.key("multiple")),
        expected: "a multiple of \(chunk)", found: multiple.map(String.init))
    }
    guard buckets?.allSatisfy({ $0.isMultiple(of: 2) }) ?? true else {
      throw CrosswalkError(
        .invalidDocument, "an odd number of buckets", at: Place(.key("buckets")),
        remedy: "each direction and its opposite are two")
    }
  }

  /// The context (batch, queries, heads × value width) and the table (batch, heads, queries, keys).
  public func signature(_ inputs: InputTypes) throws(CrosswalkError) -> Signature {
    var types: [String: [TensorType]] = ["key": inputs["query"]]
    for role in ["query", "value"] { types[role] = inputs[role] }
    let signature = try headedSignature(InputTypes(types: types), heads: heads)
    let head = try inputs.width(of: "query") / heads
    let rotations = inputs["rotations"].first?.axes
    guard rotations != nil || wholeUpTo > 0 else {
      throw CrosswalkError(
        .invalidDocument, "nothing to hash by", at: Place(.key("rotations")),
        remedy: "give rotations, or 'whole_up_to'")
    }
    if let rotations, rotations.count != 4 || rotations[1].extent ?? head != head {
      throw CrosswalkError(
        .wrongShape, "rotations of other axes", at: Place(.key("rotations")),
        expected: "(1 or heads, \(head), rounds, directions)",
        found: rotations.map { $0.extent.map(String.init) ?? $0.name }.joined(separator: ", "))
    }
    if let hashed = inputs["hashed"].first, hashed.axes.count != 3 || hashed.width != head * heads {
      throw CrosswalkError(
        .wrongShape, "what is hashed is not as wide as queries", at: Place(.key("hashed")),
        expected: "\(head * heads)", found: hashed.width.map(String.init))
    }
    return signature
  }
}
