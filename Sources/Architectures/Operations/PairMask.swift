public import Diagnostics

/// Which key each query may see, out of masks of both and their distance.
public struct PairMask: Operation {
  /// `pair_mask`.
  public static let name = "pair_mask"
  /// What it does.
  public static let summary =
    "0 where a query and a key are both let through, near enough, and paired by a mask; -infinity "
    + "elsewhere; a mask for attention"
  /// `query` and `key` with their sequences on the second axis, and masks: what is not 0 is seen.
  ///
  /// Those of one sequence are (batch, sequence); `mask` is (queries, keys), also with batch, or
  /// batch and heads, in front.
  public static let roles: [Role] = [
    .one("query"), .one("key"), .optional("query_mask"), .optional("key_mask"),
    .optional("value_mask"), .optional("mask"),
  ]
  /// How many keys before its own position a query sees, counted from the start; nil for all.
  public let before: Int?
  /// How many keys after its own position a query sees, counted from the start; nil for all.
  public let after: Int?

  /// Whether each query sees the key at its own position, whatever hides it; the last query stands at
  /// the last key.
  public let own: Bool

  /// Reads `before`, `after` and `own`.
  public init(_ settings: inout Settings) throws(CrosswalkError) {
    before = try settings.optionalInteger("before", minimum: 0)
    after = try settings.optionalInteger("after", minimum: 0)
    own = try settings.boolean("own", default: false)
  }

  /// (1 or batch, 1 or heads, queries, keys).
  public func signature(_ inputs: InputTypes) throws(CrosswalkError) -> Signature {
    let (query, key) = (try inputs.one("query"), try inputs.one("key"))
    let mask = inputs["mask"].first
    let lines = ["query_mask", "key_mask", "value_mask"].flatMap { inputs[$0] }
    guard query.axes.count >= 2, key.axes.count >= 2, lines.allSatisfy({ $0.axes.count == 2 }),
      (2...4).contains(mask?.axes.count ?? 2)
    else {
      throw CrosswalkError(
        .wrongShape, "masks of pairs are made of masks of sequences",
        expected: "axes batch, sequence", found: lines.map { "\($0.axes.count) axes" }.joined())
    }
    let isBatched = !lines.isEmpty || (mask?.axes.count ?? 2) > 2
    let heads = mask.flatMap { $0.axes.count == 4 ? $0.axes[1].extent : nil }
    return Signature(
      TensorType(
        .floating,
        [
          isBatched ? query.axes[0] : Axis("batch", 1),
          Axis("heads", mask?.axes.count == 4 ? heads : 1),
          Axis("queries", query.axes[1].extent), Axis("keys", key.axes[1].extent),
        ]))
  }
}
