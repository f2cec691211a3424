public import Diagnostics

/// Attention with linear biases (Press 2021): scores fall with distance, in each head at its own
/// slope.
public struct Alibi: Operation {
  /// `alibi`.
  public static let name = "alibi"
  /// What it does.
  public static let summary =
    "slope of each head × (key's position - query's), to be added to scores: (1, heads, queries, "
    + "keys)"
  /// `query` and `key` have sequences on their second axes; `positions` (batch, keys) takes the
  /// place of the difference, which is the same to a softmax.
  public static let roles: [Role] = [.one("query"), .one("key"), .optional("positions")]
  /// The number of heads.
  public let heads: Int
  /// The first of a power of two of heads has the slope 2^(-maxBias / heads), the last 2^-maxBias.
  public let maxBias: Double
  /// What all slopes are multiplied by.
  public let scale: Double
  /// The precision of slopes, positions and their products.
  public let precision: Precision

  /// The precision of slopes, positions and their products.
  public enum Precision: String, Sendable, CaseIterable {
    /// That of the run.
    case run
    /// bfloat16, whatever the run's: Falcon in transformers.
    case bfloat16
  }

  /// Reads `heads`, `max_bias`, `scale` and `precision`.
  public init(_ settings: inout Settings) throws(CrosswalkError) {
    heads = try settings.integer("heads")
    maxBias = try settings.positive("max_bias", default: 8)
    scale = try settings.number("scale", default: 1)
    precision = try settings.word("precision", default: .run)
  }

  /// (1, heads, queries, keys), or a batch of them where there are positions.
  public func signature(_ inputs: InputTypes) throws(CrosswalkError) -> Signature {
    var type = try biasType(inputs, heads: heads)
    if let positions = inputs["positions"].first {
      guard positions.axes.count == 2, positions.element != .floating else {
        throw CrosswalkError(
          .wrongShape, "positions of keys are integers", expected: "axes batch, sequence",
          found: positions.axes.map(\.name).joined(separator: ", "))
      }
      type.axes[0] = positions.axes[0]
    }
    return Signature(type)
  }
}

/// Learned biases of scores by buckets of relative positions (Raffel 2019, section 2.1).
public struct RelativeBias: Operation {
  /// `relative_bias`.
  public static let name = "relative_bias"
  /// What it does.
  public static let summary =
    "a learned bias for each head and bucket of key's position - query's, to be added to scores: "
    + "(1, heads, queries, keys); parameter weight (buckets, heads)"
  /// `query` and `key` have sequences on their second axes.
  public static let roles: [Role] = [.one("query"), .one("key")]
  /// The number of heads.
  public let heads: Int
  /// The number of buckets: half of them for near positions one by one, the rest ever wider.
  public let buckets: Int
  /// The distance from which on all share one bucket.
  public let maxDistance: Int
  /// Whether half of the buckets are for keys after the query; else these all are in the first.
  public let bidirectional: Bool

  /// Reads `heads`, `buckets`, `max_distance` and `bidirectional`.
  public init(_ settings: inout Settings) throws(CrosswalkError) {
    heads = try settings.integer("heads")
    buckets = try settings.integer("buckets", default: 32)
    maxDistance = try settings.integer("max_distance", default: 128)
    bidirectional = try settings.boolean("bidirectional", default: true)
    let exact = (bidirectional ? buckets / 2 : buckets) / 2
    guard exact > 0 else {
      throw CrosswalkError(
        .invalidDocument, "too few buckets", at: Place(.key("buckets")),
        expected: bidirectional ? "4 or more" : "2 or more", found: String(buckets))
    }
    guard maxDistance > exact else {
      throw CrosswalkError(
        .invalidDocument, "a distance that the near buckets cover", at: Place(.key("max_distance")),
        expected: "above \(exact)", found: String(maxDistance))
    }
  }

  /// (1, heads, queries, keys).
  public func signature(_ inputs: InputTypes) throws(CrosswalkError) -> Signature {
    Signature(
      try biasType(inputs, heads: heads), parameters: [("weight", [buckets, heads])])
  }
}

/// The type of what is added to all scores of heads.
private func biasType(_ inputs: InputTypes, heads: Int) throws(CrosswalkError) -> TensorType {
  var lengths: [Axis] = []
  for (role, name) in [("query", "queries"), ("key", "keys")] {
    let type = try inputs.one(role)
    guard type.axes.count >= 2 else {
      throw CrosswalkError(
        .wrongShape, "a bias is of sequences", expected: "axes batch, sequence, …",
        found: type.axes.map(\.name).joined(separator: ", "))
    }
    lengths.append(Axis(name, type.axes[1].extent))
  }
  return TensorType(.floating, [Axis("batch", 1), Axis("heads", heads)] + lengths)
}
