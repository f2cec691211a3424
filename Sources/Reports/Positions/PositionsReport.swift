public import Diagnostics

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

    /// Makes a table.
    ///
    /// - Throws: `wrongShape` when the values do not fit positions and width.
    public init(
      name: String, kind: String, positions: Int, width: Int, values: [Float], notes: [String] = []
    ) throws(CrosswalkError) {
      try requireCount(values.count, positions, width, of: name)
      self.name = name
      self.kind = kind
      self.positions = positions
      self.width = width
      self.values = values
      self.notes = notes
    }
  }
}
