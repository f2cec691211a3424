public import Diagnostics

/// A feed-forward network of several experts, of which a router chooses a few for each token
/// (Shazeer 2017; Mixtral, Jiang 2024).
public struct Experts: Operation {
  /// `experts`.
  public static let name = "experts"
  /// What it does.
  public static let summary =
    "for each token the weighted sum of the few experts that the router's logits put first; "
    + "parameters gate.weight, up.weight (experts, inner, width), down.weight (experts, width, inner)"
  /// `input` (…, width), and the `router`'s logits (…, experts).
  public static let roles: [Role] = [.one("input"), .one("router")]
  /// The number of experts.
  public let experts: Int
  /// How many of them a token passes through.
  public let topK: Int
  /// The width between an expert's two layers.
  public let inner: Int
  /// How logits become weights.
  public let routing: Routing
  /// Whether the weights of the chosen experts are divided by their sum.
  public let normalize: Bool
  /// What an expert does between its two layers.
  public let unit: Unit
  /// Whether each layer of an expert has a bias.
  public let bias: Bool

  /// How logits become weights.
  public enum Routing: String, Sendable, CaseIterable {
    /// A softmax over all experts, of which the largest are taken.
    case softmaxTop = "softmax_top"
    /// The largest logits are taken, then a softmax over these.
    case topSoftmax = "top_softmax"
  }

  /// What an expert does between its two layers.
  public enum Unit: Sendable, Equatable {
    /// function(up x).
    case plain(Activation.Function)
    /// function(gate x) × (up x) (Shazeer 2020).
    case gated(Activation.Function)
    /// g × σ(alpha × g) × (u + 1), where g is gate x, at most `limit`, and u is up x, between
    /// -`limit` and `limit`: GPT-OSS.
    case clamped(alpha: Double, limit: Double)
  }

  /// Reads `experts`, `top_k`, `inner`, `routing`, `normalize`, `bias`, and either `function` with
  /// `gated`, or `alpha` with `limit`.
  public init(_ settings: inout Settings) throws(CrosswalkError) {
    experts = try settings.integer("experts")
    topK = try settings.integer("top_k")
    inner = try settings.integer("inner")
    routing = try settings.word("routing", default: .softmaxTop)
    if routing == .topSoftmax, settings.has("normalize") {
      throw CrosswalkError(
        .invalidDocument, "weights that sum to one already", at: Place(.key("normalize")),
        remedy: "leave it out: it is for softmax_top")
    }
    normalize = try settings.boolean("normalize", default: true) && routing == .softmaxTop
    bias = try settings.boolean("bias", default: false)
    if settings.has("alpha") || settings.has("limit") {
      let (alpha, limit) = (try settings.number("alpha"), try settings.number("limit"))
      guard limit > 0 else {
        throw CrosswalkError(
          .invalidDocument, "a limit that leaves nothing", at: Place(.key("limit")),
          expected: "above 0", found: String(limit))
      }
      unit = .clamped(alpha: alpha, limit: limit)
    } else {
      let function: Activation.Function = try settings.word("function")
      unit = try settings.boolean("gated", default: true) ? .gated(function) : .plain(function)
    }
    guard topK <= experts else {
      throw CrosswalkError(
        .invalidDocument, "more experts for a token than there are", at: Place(.key("top_k")),
        expected: "at most \(experts)", found: String(topK))
    }
  }

  /// Whether an expert has a gate beside its first layer.
  public var isGated: Bool { if case .plain = unit { false } else { true } }

  /// The input's own type.
  public func signature(_ inputs: InputTypes) throws(CrosswalkError) -> Signature {
    let (input, router) = (try inputs.one("input"), try inputs.one("router"))
    let width = try inputs.width(of: "input")
    guard input.axes.count == router.axes.count, try inputs.width(of: "router") == experts else {
      throw CrosswalkError(
        .wrongShape, "a router without one logit for each expert",
        expected: "\(input.axes.count) axes, the last of \(experts)",
        found: "\(router.axes.count) axes, the last of \(try inputs.width(of: "router"))")
    }
    let first = isGated ? ["gate", "up"] : ["up"]
    var parameters: [(role: String, shape: [Int])] = first.map {
      ("\($0).weight", [experts, inner, width])
    }
    parameters.append(("down.weight", [experts, width, inner]))
    if bias {
      parameters += first.map { ("\($0).bias", [experts, inner]) }
      parameters.append(("down.bias", [experts, width]))
    }
    return Signature(input, parameters: parameters)
  }
}
