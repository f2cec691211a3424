public import Diagnostics

/// Attention of each block to itself and to blocks that are sorted to it (Tay 2020).
///
/// Blocks of keys and values are mixed by weights that a small network makes of queries and keys: the
/// blocks with the largest, or a matrix that Sinkhorn's iterations have made doubly stochastic.
public struct SinkhornAttention: Operation {
  /// `sinkhorn_attention`.
  public static let name = "sinkhorn_attention"
  /// What it does.
  public static let summary =
    "attention of each block to itself and to blocks sorted to it by learned weights; its table "
    + "shows what is seen"
  /// `query`, `key` and `value` (batch, sequence, heads × head width), and what blocks are sorted by.
  ///
  /// `key_mask` is -infinity where a position is hidden; `sort` (heads, 2 × head width, blocks or
  /// more) makes the weights of sums of queries and keys, in place of their products; `noise` (batch ×
  /// heads, blocks or the one that all share, blocks) is added to logarithms before iterations; `null_key` and `null_value`
  /// (heads, 1, head width) stand before the first block of the causal kind.
  public static let roles: [Role] = [
    .one("query"), .one("key"), .one("value"), .optional("key_mask"), .optional("sort"),
    .optional("noise"), .optional("null_key"), .optional("null_value"),
  ]
  /// The number of heads.
  public let heads: Int
  /// How many positions a block has.
  public let block: Int
  /// How many sorted blocks each block sees.
  public let top: Int
  /// How many sorted blocks all blocks share, in place of their own; 0 for none (the shortcut).
  ///
  /// Without `sort` they are sorted by the sum of all queries; with it they are the first of those that
  /// would be each block's own.
  public let shared: Int
  /// Whether a query sees no key after its own position, and no block after its own.
  ///
  /// The later half of the heads has its blocks begin one position later.
  public let causal: Bool
  /// What weights' logarithms are divided by.
  public let temperature: Double
  /// How often rows and columns are made to sum up to one; 0 for the largest weights of a softmax.
  public let iterations: Int
  /// What is read of sorted blocks.
  public let sortedValues: SortedValues

  /// What is read of sorted blocks.
  public enum SortedValues: String, Sendable, CaseIterable {
    /// Their values.
    case values
    /// Their keys: what the package sinkhorn-transformer does where it does not share blocks.
    case keys
  }

  /// Reads `heads`, `block`, `top`, `shared`, `causal`, `temperature`, `iterations` and
  /// `sorted_values`.
  public init(_ settings: inout Settings) throws(CrosswalkError) {
    heads = try settings.integer("heads")
    block = try settings.integer("block")
    top = try settings.integer("top", default: 1)
    shared = try settings.integer("shared", default: 0, minimum: 0)
    causal = try settings.boolean("causal", default: false)
    temperature = try settings.positive("temperature", default: 1)
    iterations = try settings.integer("iterations", default: 0, minimum: 0)
    sortedValues = try settings.word("sorted_values", default: .values)
    guard iterations <= Self.mostIterations else {
      throw CrosswalkError(
        .invalidDocument, "more iterations than could change anything",
        at: Place(.key("iterations")),
        expected: "at most \(Self.mostIterations)", found: String(iterations))
    }
    guard !causal || (shared == 0 && iterations == 0) else {
      throw CrosswalkError(
        .invalidDocument, "blocks that see no later ones are not shared or iterated",
        at: Place(.key("causal")), remedy: "leave out 'shared' and 'iterations'")
    }
    guard iterations == 0 || top == 1 else {
      throw CrosswalkError(
        .invalidDocument, "iterations make one sorted block for each",
        at: Place(.key("iterations")),
        remedy: "leave out 'top'")
    }
  }

  private static let mostIterations = 1000

  /// The context (batch, queries, heads × value width) and the table (batch, heads, queries, keys).
  public func signature(_ inputs: InputTypes) throws(CrosswalkError) -> Signature {
    let signature = try headedSignature(inputs, heads: heads)
    let width = try inputs.width(of: "query") / heads
    let wanted = [("sort", 2 * width, 1), ("null_key", width, 2), ("null_value", width, 2)]
    for (role, extent, axis) in wanted {
      guard let type = inputs[role].first else { continue }
      guard type.axes.count == 3, (type.axes[0].extent ?? heads) == heads,
        (type.axes[axis].extent ?? extent) == extent
      else {
        throw CrosswalkError(
          .wrongShape, "not a matrix for each head", at: Place(.key(role)),
          expected: "(\(heads), …) with \(extent) on axis \(axis)",
          found: type.axes.map { $0.extent.map(String.init) ?? $0.name }.joined(separator: ", "))
      }
    }
    guard !causal || (!inputs["null_key"].isEmpty && !inputs["null_value"].isEmpty) else {
      throw CrosswalkError(
        .invalidDocument, "nothing stands before the first block", at: Place(.key("null_key")),
        remedy: "give null_key and null_value")
    }
    let valueWidth = try inputs.width(of: "value")
    guard sortedValues == .values || valueWidth == width * heads else {
      throw CrosswalkError(
        .wrongShape, "keys in the place of values of another width",
        at: Place(.key("sorted_values")), expected: "\(width * heads)", found: "\(valueWidth)")
    }
    return signature
  }
}
