public import Diagnostics

/// Attention whose scores are products of features, summed in an order that never makes the table:
/// φ(Q) (φ(K)ᵀ V), in time and memory that grow with the sequence (Shen 2018, Katharopoulos 2020,
/// Choromanski 2020).
public struct LinearAttention: Operation {
  /// `linear_attention`.
  public static let name = "linear_attention"
  /// What it does.
  public static let summary =
    "φ(query) (φ(key)ᵀ value) / (φ(query) Σ φ(key)), head by head, without the table of scores; "
    + "makes the table that it implies where one is wanted"
  /// `query`, `key` and `value` (batch, sequence, heads × head width); `key_mask` is added to the
  /// logarithms of keys' features; `projection` (features, head width) has random directions.
  public static let roles: [Role] = [
    .one("query"), .one("key"), .one("value"), .optional("key_mask"), .optional("projection"),
  ]
  /// The number of heads.
  public let heads: Int
  /// What is made of a query and of a key.
  public let features: Features
  /// Whether a query sees no key after its own position.
  public let causal: Bool
  /// Into how many keys the causal kind cuts the sequence, each query seeing only those of the
  /// blocks before its own; 1 for all up to its own position.
  public let block: Int
  /// What queries and keys are multiplied by before anything is made of them.
  public let inputScale: Double
  /// What queries' features are multiplied by.
  public let scale: Double
  /// What is added to each feature, so that none is zero.
  public let featureEpsilon: Double
  /// What is subtracted in the exponents of random features.
  public let stabilised: Stabilised
  /// Whether random features are made of each direction and of its opposite.
  public let opposite: Bool
  /// Whether the sums are divided by those of the features.
  public let normalised: Bool
  /// What is added to the sums that are divided by.
  public let epsilon: Double
  /// What is added to each feature's sum over keys before it is multiplied by the query's.
  public let sumEpsilon: Double
  /// The least that is divided by; nil for no bound.
  public let least: Double?
  /// What a mask takes away.
  public let masked: Masked

  /// What is made of a query and of a key.
  public enum Features: String, Sendable, CaseIterable {
    /// elu(x) + 1 (Katharopoulos 2020).
    case elu
    /// max(x, 0), of the projection if there is one (Choromanski 2020).
    case relu
    /// Softmax over a query's numbers, and over the sequence for each of the keys' (Shen 2018); the
    /// causal kind has exp(key).
    case softmax
    /// exp(w · x - |x|² / 2) / sqrt(directions) for each direction w (Choromanski 2020).
    case random
  }

  /// What is subtracted in the exponents of random features, lest they grow without bound.
  public enum Stabilised: String, Sendable, CaseIterable {
    /// Nothing.
    case none
    /// A query's largest w · x, and the largest of all keys.
    case largest
    /// The largest |x|² of the sequence.
    case norm
  }

  /// What a mask takes away.
  public enum Masked: String, Sendable, CaseIterable {
    /// Keys, with their values.
    case keys
    /// Values alone: a hidden key still counts in what is divided by.
    case values
  }

  /// Reads `heads`, `features`, `causal`, `block`, `input_scale`, `scale`, `feature_epsilon`,
  /// `stabilised`, `opposite`, `normalised`, `epsilon`, `sum_epsilon`, `least` and `masked`.
  public init(_ settings: inout Settings) throws(CrosswalkError) {
    heads = try settings.integer("heads")
    features = try settings.word("features", default: .elu)
    causal = try settings.boolean("causal", default: false)
    block = try settings.integer("block", default: 1)
    inputScale = try settings.number("input_scale", default: 1)
    scale = try settings.number("scale", default: 1)
    featureEpsilon = try settings.number("feature_epsilon", default: 0)
    stabilised = try settings.word("stabilised", default: Stabilised.none)
    opposite = try settings.boolean("opposite", default: false)
    normalised = try settings.boolean("normalised", default: true)
    epsilon = try settings.number("epsilon", default: 0)
    sumEpsilon = try settings.number("sum_epsilon", default: 0)
    least = try settings.optionalPositive("least")
    masked = try settings.word("masked", default: .keys)
    guard block == 1 || causal else {
      throw CrosswalkError(
        .invalidDocument, "blocks of attention that is not causal", at: Place(.key("block")),
        remedy: "leave it out, or say 'causal'")
    }
    guard features == .random || (stabilised == .none && !opposite) else {
      throw CrosswalkError(
        .invalidDocument, "only random features have exponents to stabilise and opposites",
        at: Place(.key(opposite ? "opposite" : "stabilised")), remedy: "leave it out")
    }
  }

  /// The context (batch, queries, heads × value width) and the table (batch, heads, queries, keys).
  public func signature(_ inputs: InputTypes) throws(CrosswalkError) -> Signature {
    let head = try headWidth(inputs)
    let projection = inputs["projection"].first
    guard (features == .random || features == .relu) || projection == nil,
      features != .random || projection != nil
    else {
      throw CrosswalkError(
        .invalidDocument, "directions for features that have none, or random ones without",
        at: Place(.key("projection")), remedy: "give it to 'relu' and 'random' features only")
    }
    if let projection, projection.axes.count != 2 || (projection.width ?? head) != head {
      throw CrosswalkError(
        .wrongShape, "directions of another width than a head's",
        expected: "(features, \(head))",
        found:
          "\(projection.axes.count) axes, the last of \(projection.width.map(String.init) ?? "?")")
    }
    return try headedSignature(inputs, heads: heads)
  }

  private func headWidth(_ inputs: InputTypes) throws(CrosswalkError) -> Int {
    try inputs.width(of: "query") / heads
  }
}

/// What attention of as many query as key heads makes: the context and its table.
///
/// - Throws: `wrongShape` when queries, keys and values are not sequences that the heads divide.
func headedSignature(_ inputs: InputTypes, heads: Int) throws(CrosswalkError) -> Signature {
  let (query, key, value) =
    (try inputs.one("query"), try inputs.one("key"), try inputs.one("value"))
  guard [query, key, value].allSatisfy({ $0.axes.count == 3 }) else {
    throw CrosswalkError(
      .wrongShape, "attention is over sequences", expected: "axes batch, sequence, width",
      found: query.axes.map(\.name).joined(separator: ", "))
  }
  let widths = try ["query", "key", "value"].map { role throws(CrosswalkError) in
    try inputs.width(of: role)
  }
  guard widths[0] == widths[1], widths.allSatisfy({ $0 % heads == 0 }) else {
    throw CrosswalkError(
      .wrongShape, "widths that the heads do not divide evenly",
      expected: "query width = key width, multiples of \(heads)",
      found: "query \(widths[0]), key \(widths[1]), value \(widths[2])")
  }
  return Signature(
    TensorType(.floating, [query.axes[0], query.axes[1], .width(widths[2])]),
    attention: TensorType(
      .floating,
      [
        query.axes[0], Axis("heads", heads), Axis("queries", query.axes[1].extent),
        Axis("keys", key.axes[1].extent),
      ]))
}
