public import Diagnostics

/// What disentangled attention adds to scores: content against position, and position against
/// content (DeBERTa, He 2021, section 3.1; with the buckets of DeBERTa V3, He 2023).
public struct DisentangledBias: Operation {
  /// `disentangled_bias`.
  public static let name = "disentangled_bias"
  /// What it does.
  public static let summary =
    "scale × (query · position_key + key · position_query), both at the distance of query and key; "
    + "a mask for attention"
  /// `query`, `key` (batch, sequence, heads × head width); `position_key` and `position_query`
  /// (1, 2 × span, heads × head width), of which one may be missing.
  public static let roles: [Role] = [
    .one("query"), .one("key"), .optional("position_key"), .optional("position_query"),
  ]
  /// The number of heads.
  public let heads: Int
  /// Into how many buckets, on either side, distances fall; 0 or less: each is its own.
  public let buckets: Int
  /// From which distance on all are one.
  public let maximum: Int
  /// What scores are multiplied by; nil for 1 / sqrt(head width × (1 + positions that flow in)).
  public let scale: Double?

  /// Reads `heads`, `buckets`, `maximum` and `scale`.
  public init(_ settings: inout Settings) throws(CrosswalkError) {
    heads = try settings.integer("heads")
    buckets = try settings.position("buckets", default: -1)
    maximum = try settings.integer("maximum")
    scale = try settings.optionalNumber("scale")
    guard buckets != 1 else {
      throw CrosswalkError(
        .invalidDocument, "one bucket tells no distances apart", at: Place(.key("buckets")),
        expected: "2 or more, or -1 for none", found: "1")
    }
  }

  /// The middle of the rows of positions: that of distance 0.
  public var span: Int { buckets > 0 ? buckets : maximum }

  /// (batch, heads, queries, keys).
  public func signature(_ inputs: InputTypes) throws(CrosswalkError) -> Signature {
    let (query, key) = (try inputs.one("query"), try inputs.one("key"))
    let width = try inputs.width(of: "query")
    let positions = inputs["position_key"] + inputs["position_query"]
    guard !positions.isEmpty else {
      throw CrosswalkError(
        .invalidDocument, "no positions flow in",
        expected: "'position_key', 'position_query' or both")
    }
    guard query.axes.count == 3, key.axes.count == 3, width % heads == 0,
      (positions + [key]).allSatisfy({ $0.width == width })
    else {
      throw CrosswalkError(
        .wrongShape, "queries, keys and positions of different widths",
        expected: "(batch, sequence, width) and one width, a multiple of \(heads)",
        found: (positions + [query, key]).map { $0.width.map(String.init) ?? "?" }
          .joined(separator: ", "))
    }
    for position in positions {
      guard position.axes.count == 3, position.axes[0].extent ?? 1 == 1,
        position.axes[1].extent ?? Int.max >= 2 * span
      else {
        throw CrosswalkError(
          .wrongShape, "positions that do not cover all distances",
          expected: "(1, \(2 * span) or more, \(width))",
          found:
            "(\(position.axes.map { $0.extent.map(String.init) ?? $0.name }.joined(separator: ", ")))"
        )
      }
    }
    return Signature(
      TensorType(
        .floating,
        [
          query.axes[0], Axis("heads", heads), Axis("queries", query.axes[1].extent),
          Axis("keys", key.axes[1].extent),
        ]))
  }
}
