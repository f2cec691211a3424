import Diagnostics

/// A table of aligned columns for a terminal.
public struct TextTable: Sendable {
  /// A column's heading, and the side its cells lean to.
  public struct Column: Sendable {
    let title: String
    let leansRight: Bool

    /// A column of names, which begin together.
    public static func text(_ title: String) -> Column { Column(title: title, leansRight: false) }
    /// A column of numbers, which end together.
    public static func number(_ title: String) -> Column { Column(title: title, leansRight: true) }
  }

  /// One cell; what came from a file is made printable on the way in.
  public struct Cell: Sendable, ExpressibleByStringLiteral {
    let text: String
    let role: Style.Role?

    /// A cell of text that means something.
    public init(_ text: String, as role: Style.Role? = nil) {
      self.text = text.printable
      self.role = role
    }

    /// A cell of plain text.
    public init(stringLiteral value: String) { self.init(value) }
  }

  private let columns: [Column]
  private var rows: [[Cell]] = []

  /// A table without rows.
  public init(_ columns: [Column]) { self.columns = columns }

  /// Adds a row; cells beyond the last column are dropped, missing ones are empty.
  public mutating func append(_ cells: [Cell]) {
    let row = cells.prefix(columns.count)
    rows.append(row + Array(repeating: "", count: columns.count - row.count))
  }

  /// The table as lines, each ended by a newline, columns two spaces apart.
  public func text(style: Style = .plain) -> String {
    let headings = columns.map { Cell($0.title, as: .heading) }
    let lines = (columns.allSatisfy(\.title.isEmpty) ? [] : [headings]) + rows
    let widths = columns.indices.map { column in
      lines.reduce(0) { max($0, $1[column].text.displayWidth) }
    }
    return lines.map { line($0, widths: widths, style: style) + "\n" }.joined()
  }

  private func line(_ cells: [Cell], widths: [Int], style: Style) -> String {
    // Nothing follows the last cell that says something, so that lines have no trailing spaces.
    let last = cells.lastIndex { !$0.text.isEmpty } ?? -1
    return cells.indices.prefix(last + 1).map { index in
      let onLeft = columns[index].leansRight
      let padded = cells[index].text.padded(to: widths[index], onLeft: onLeft)
      return style.paint(
        index == last && !onLeft ? cells[index].text : padded, as: cells[index].role)
    }.joined(separator: "  ")
  }
}
