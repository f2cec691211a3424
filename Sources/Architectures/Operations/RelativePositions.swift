public import Diagnostics

/// A learned row for each distance of a key from its query, as far as distances are told apart.
public struct RelativeRows: Sendable {
  /// How many positions before and after a query have rows of their own; those beyond have the last.
  public let reach: Int
  /// Which row is the first.
  public let first: First
  /// Whether distances beyond the reach have the last rows, or are refused.
  public let clips: Bool

  /// Which row is the first.
  public enum First: String, Sendable, CaseIterable {
    /// That of the keys farthest before their query (Shaw 2018).
    case before
    /// That of the keys farthest after their query: BERT in transformers.
    case after
  }

  init(_ settings: inout Settings, reach: Int) throws(CrosswalkError) {
    self.reach = reach
    first = try settings.word("first_row", default: .before)
    clips = try settings.boolean("clip", default: true)
    guard reach <= Int(Int32.max) else {
      throw CrosswalkError(.tooLarge, "more rows of distances than memory holds")
    }
  }

  /// How many rows there are.
  public var count: Int { 2 * reach + 1 }

  /// The row of a key's position minus its query's; nil where it is beyond the rows.
  public func row(of difference: Int) -> Int? {
    guard clips || abs(difference) <= reach else { return nil }
    let near = min(max(difference, -reach), reach)
    return reach + (first == .before ? near : -near)
  }
}

/// What distances add to scores: queries, or keys, times rows that are learned for distances (Shaw
/// 2018, section 3.2; Huang 2020), or that flow in (Dai 2019, section 3.3: Transformer-XL).
public struct RelativeScores: Operation {
  /// `relative_scores`.
  public static let name = "relative_scores"
  /// What it does.
  public static let summary =
    "scale × query · row of the distance to each key, head by head, to be added to scores: (batch, "
    + "heads, queries, keys); parameter weight (2 × reach + 1, head width), where no rows flow in"
  /// `query` and `key` (batch, sequence, heads × head width); `rows` (1 or batch, queries + keys - 1,
  /// heads × head width) begin with the distance of the last query from the first key.
  public static let roles: [Role] = [.one("query"), .one("key"), .optional("rows")]
  /// The number of heads.
  public let heads: Int
  /// The learned rows; nil where rows flow in.
  public let learned: RelativeRows?
  /// What the rows are multiplied by.
  public let by: Factor
  /// What the products are multiplied by; nil for 1 / sqrt(head width).
  public let scale: Double?

  /// What the rows are multiplied by.
  public enum Factor: String, Sendable, CaseIterable {
    /// The query: relative_key in transformers.
    case query
    /// The query, and the key, and both products are added: relative_key_query in transformers.
    case both
  }

  /// Reads `heads`, `by`, `scale`, and of learned rows `reach`, `first_row` and `clip`.
  public init(_ settings: inout Settings) throws(CrosswalkError) {
    heads = try settings.integer("heads")
    by = try settings.word("by", default: .query)
    scale = try settings.optionalNumber("scale")
    if let reach = try settings.optionalInteger("reach", minimum: 0) {
      learned = try RelativeRows(&settings, reach: reach)
    } else {
      learned = nil
    }
  }

  /// (batch, heads, queries, keys).
  public func signature(_ inputs: InputTypes) throws(CrosswalkError) -> Signature {
    let (query, key) = (try inputs.one("query"), try inputs.one("key"))
    let width = try inputs.width(of: "query")
    let rows = inputs["rows"].first
    guard (rows == nil) != (learned == nil) else {
      throw CrosswalkError(
        .invalidDocument, "rows of distances that are learned and flow in, or neither",
        at: Place(.key("reach")), remedy: "give 'reach' or 'rows'")
    }
    guard query.axes.count == 3, key.axes.count == 3, rows?.axes.count ?? 3 == 3,
      width % heads == 0, try inputs.width(of: "key") == width, (rows?.width ?? width) == width
    else {
      throw CrosswalkError(
        .wrongShape, "queries, keys and rows of different widths",
        expected: "(batch, sequence, width) and one width, a multiple of \(heads)",
        found: ([query, key] + inputs["rows"]).map { $0.width.map(String.init) ?? "?" }
          .joined(separator: ", "))
    }
    return Signature(
      TensorType(
        .floating,
        [
          query.axes[0], Axis("heads", heads), Axis("queries", query.axes[1].extent),
          Axis("keys", key.axes[1].extent),
        ]),
      parameters: learned.map { [("weight", [$0.count, width / heads])] } ?? [])
  }
}

/// What distances add to what attention reads: their rows, weighed by the attention table (Shaw 2018,
/// section 3.2).
public struct RelativeValues: Operation {
  /// `relative_values`.
  public static let name = "relative_values"
  /// What it does.
  public static let summary =
    "the rows of the distances to all keys, each times the attention to its key, to be added to "
    + "what attention reads: (batch, queries, heads × width); parameter weight (2 × reach + 1, width)"
  /// `input`: an attention table (batch, heads, queries, keys).
  public static let roles: [Role] = [.one("input")]
  /// The width of a head.
  public let width: Int
  /// The learned rows.
  public let rows: RelativeRows

  /// Reads `width`, `reach`, `first_row` and `clip`.
  public init(_ settings: inout Settings) throws(CrosswalkError) {
    width = try settings.integer("width")
    rows = try RelativeRows(&settings, reach: try settings.integer("reach", minimum: 0))
  }

  /// (batch, queries, heads × width).
  public func signature(_ inputs: InputTypes) throws(CrosswalkError) -> Signature {
    let axes = try inputs.one("input").axes
    guard axes.count == 4, let heads = axes[1].extent else {
      throw CrosswalkError(
        .wrongShape, "not an attention table", expected: "axes batch, heads, queries, keys",
        found: axes.map(\.name).joined(separator: ", "))
    }
    let (whole, overflow) = heads.multipliedReportingOverflow(by: width)
    guard !overflow else {
      throw CrosswalkError(.tooLarge, "a context wider than 64 bits count")
    }
    return Signature(
      TensorType(.floating, [axes[0], axes[2], .width(whole)]),
      parameters: [("weight", [rows.count, width])])
  }
}

/// How far keys stand before queries: the positions of relative waves (Dai 2019, section 3.3).
public struct Distances: Operation {
  /// `distances`.
  public static let name = "distances"
  /// What it does.
  public static let summary =
    "how far keys stand before a query, from the last query and first key down to the first query "
    + "and last key: integers (1, queries + keys - 1)"
  /// `query` and `key` have sequences on their second axes; the last query stands at the last key.
  public static let roles: [Role] = [.one("query"), .one("key")]
  /// From which distance on, either way, all are one; nil for none.
  public let limit: Int?

  /// Reads `limit`.
  public init(_ settings: inout Settings) throws(CrosswalkError) {
    limit = try settings.optionalInteger("limit")
  }

  /// (1, queries + keys - 1).
  public func signature(_ inputs: InputTypes) throws(CrosswalkError) -> Signature {
    var lengths: [Int?] = []
    for role in ["query", "key"] {
      let type = try inputs.one(role)
      guard type.axes.count >= 2 else {
        throw CrosswalkError(
          .wrongShape, "distances are between positions of sequences",
          expected: "axes batch, sequence, …",
          found: type.axes.map(\.name).joined(separator: ", "))
      }
      lengths.append(type.axes[1].extent)
    }
    let known = lengths.compactMap { $0 }
    let extent = known.count == 2 ? max(0, known[0] + known[1] - 1) : nil
    return Signature(TensorType(.integer, [Axis("batch", 1), Axis("distances", extent)]))
  }
}

/// What a query adds to its scores of keys of its own segment, and of others (Yang 2019, section 2.6:
/// XLNet's relative segments).
public struct SegmentScores: Operation {
  /// `segment_scores`.
  public static let name = "segment_scores"
  /// What it does.
  public static let summary =
    "scale × query · the one row for keys of its segment, the other for the rest, to be added to "
    + "scores: (batch, heads, queries, keys); parameter weight (2, heads × head width)"
  /// `query` (batch, queries, heads × head width); `query_ids` and `key_ids` (batch, sequence).
  public static let roles: [Role] = [.one("query"), .one("query_ids"), .one("key_ids")]
  /// The number of heads.
  public let heads: Int
  /// What the products are multiplied by; nil for 1 / sqrt(head width).
  public let scale: Double?

  /// Reads `heads` and `scale`.
  public init(_ settings: inout Settings) throws(CrosswalkError) {
    heads = try settings.integer("heads")
    scale = try settings.optionalNumber("scale")
  }

  /// (batch, heads, queries, keys).
  public func signature(_ inputs: InputTypes) throws(CrosswalkError) -> Signature {
    let query = try inputs.one("query")
    let width = try inputs.width(of: "query")
    let ids = [try inputs.one("query_ids"), try inputs.one("key_ids")]
    guard query.axes.count == 3, width % heads == 0 else {
      throw CrosswalkError(
        .wrongShape, "queries that the heads do not divide evenly",
        expected: "(batch, queries, a multiple of \(heads))", found: "a width of \(width)")
    }
    guard ids.allSatisfy({ $0.axes.count == 2 && $0.element != .floating }) else {
      throw CrosswalkError(
        .wrongShape, "segments are told by integers", at: Place(.key("query_ids")),
        expected: "axes batch, sequence",
        found: ids.map { $0.axes.map(\.name).joined(separator: ", ") }.joined(separator: "; "))
    }
    return Signature(
      TensorType(
        .floating,
        [
          query.axes[0], Axis("heads", heads), Axis("queries", query.axes[1].extent),
          Axis("keys", ids[1].axes[1].extent),
        ]),
      parameters: [("weight", [2, width])])
  }
}
