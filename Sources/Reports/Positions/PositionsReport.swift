public import Diagnostics
public import Documents

/// The positional encodings of a checkpoint, ready to be written as JSON, CSV, a page or a picture.
public struct PositionsReport: Sendable, Equatable {
  /// What the report is about, as its page's heading.
  public var title: String
  /// The tables in graph order.
  public var tables: [Table]

  /// Gathers a report.
  public init(title: String, tables: [Table]) {
    self.title = title
    self.tables = tables
  }
}

extension PositionsReport {
  /// One table of encodings: a vector for each position.
  public struct Table: Sendable, Equatable {
    /// The node's or parameter's name.
    public let name: String
    /// How the encoding is made, as `sinusoidal`, `learned` or `rotary`.
    public let kind: String
    /// The number of positions.
    public let positions: Int
    /// The number of dimensions of each position's vector.
    public let width: Int
    /// The encodings, row-major: positions × width.
    public let values: [Float]
    /// What else is worth saying of the table, a sentence each.
    public let notes: [String]
    /// What the table is made of, by the words of the operation: `base`, `scaling`, `slopes`.
    public let settings: JSONObject
    /// The formula that makes the table: `layout`, `first`, `exponent`, `start`, `base`, and how far
    /// the values are from it; nil where none is known to.
    public let formula: JSONObject?
    /// What a row is of.
    public let rows: Rows

    /// What a row of a table is of.
    public enum Rows: String, Sendable {
      /// A position: a vector that is added, or angles that turn.
      case positions
      /// A distance of a key from its query.
      case distances
    }

    /// Makes a table.
    ///
    /// - Throws: `wrongShape` when the values do not fit positions and width.
    public init(
      name: String, kind: String, positions: Int, width: Int, values: [Float], notes: [String] = [],
      settings: JSONObject = JSONObject(), formula: JSONObject? = nil, rows: Rows = .positions
    ) throws(CrosswalkError) {
      try requireCount(values.count, positions, width, of: name)
      self.name = name
      self.kind = kind
      self.positions = positions
      self.width = width
      self.values = values
      self.notes = notes
      self.settings = settings
      self.formula = formula
      self.rows = rows
    }
  }
}
