public import Diagnostics

/// Attention of one run, head by head, ready to be written as JSON, CSV, a page or a picture.
public struct AttentionReport: Sendable, Equatable {
  /// What the report is about, as its page's heading.
  public var title: String
  /// The tables in graph order, and for each node one table per batch row.
  public var tables: [Table]

  /// Gathers a report.
  public init(title: String, tables: [Table]) {
    self.title = title
    self.tables = tables
  }
}

extension AttentionReport {
  /// Whose tokens look at whose.
  public enum Kind: String, Sendable, CaseIterable {
    /// The encoder's tokens look at each other.
    case encoder
    /// The decoder's tokens look at each other.
    case decoder
    /// The decoder's tokens look at the encoder's.
    case cross
    /// Attention that stands in neither, or whose place is not known.
    case other
  }

  /// The attention of one node for one batch row: a matrix of queries by keys for each head.
  public struct Table: Sendable, Equatable {
    /// The node's name.
    public let name: String
    /// Whose tokens look at whose.
    public let kind: Kind
    /// The layer's index in its stack, nil when the node stands in none.
    public let layer: Int?
    /// The batch row.
    public let batch: Int
    /// The number of heads.
    public let heads: Int
    /// The tokens that look, one label each.
    public let queries: [String]
    /// The tokens that are looked at, one label each.
    public let keys: [String]
    /// Which queries are padding; empty means none.
    public let queryPadding: [Bool]
    /// Which keys are padding; empty means none.
    public let keyPadding: [Bool]
    /// The attention, row-major: heads × queries × keys.
    public let values: [Float]

    /// Makes a table.
    ///
    /// - Throws: `wrongShape` when the values or the padding do not fit heads, queries and keys.
    public init(
      name: String, kind: Kind, layer: Int?, batch: Int, heads: Int, queries: [String],
      keys: [String], values: [Float], queryPadding: [Bool] = [], keyPadding: [Bool] = []
    ) throws(CrosswalkError) {
      try requireCount(values.count, heads, queries.count, keys.count, of: name)
      for (padding, labels) in [(queryPadding, queries), (keyPadding, keys)]
      where !padding.isEmpty && padding.count != labels.count {
        throw CrosswalkError(
          .wrongShape, "the padding does not fit the tokens", at: Place(.node(name)),
          expected: "\(labels.count) marks", found: "\(padding.count)")
      }
      self.name = name
      self.kind = kind
      self.layer = layer
      self.batch = batch
      self.heads = heads
      self.queries = queries
      self.keys = keys
      self.values = values
      self.queryPadding = queryPadding
      self.keyPadding = keyPadding
    }

    /// Whether a query is padding.
    public func isPadding(query: Int) -> Bool {
      queryPadding.indices.contains(query) && queryPadding[query]
    }

    /// Whether a key is padding.
    public func isPadding(key: Int) -> Bool {
      keyPadding.indices.contains(key) && keyPadding[key]
    }

    /// Whether queries and keys are the same tokens, so that distance means something.
    public var isSelfAttention: Bool { kind != .cross && queries.count == keys.count }
  }
}

/// Refuses values that are not as many as the axes say, without trapping on overflow.
///
/// - Throws: `wrongShape` with both counts.
func requireCount(_ count: Int, _ axes: Int..., of name: String) throws(CrosswalkError) {
  let wanted = axes.reduce(Int?.some(1)) { product, axis in
    guard let product, axis >= 0 else { return nil }
    let (value, overflow) = product.multipliedReportingOverflow(by: axis)
    return overflow ? nil : value
  }
  guard wanted == count else {
    throw CrosswalkError(
      .wrongShape, "the values do not fit the axes", at: Place(.node(name)),
      expected: axes.map { "\($0)" }.joined(separator: " × ") + " values", found: "\(count)")
  }
}
