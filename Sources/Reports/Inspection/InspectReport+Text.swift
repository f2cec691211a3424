import Diagnostics
import Documents

extension InspectReport {
  /// The report as text: what the checkpoint is, then a line for each tensor.
  public func text(style: Style = .plain) -> String {
    var text = heading(style)
    if !tensors.isEmpty { text += "\n" + table(style) }
    for tensor in tensors where tensor.values != nil || tensor.hasDistribution {
      text += "\n" + tensor.details(style)
    }
    return text
  }

  func heading(_ style: Style) -> String {
    var table = TextTable([.text(""), .text("")])
    let total = tensors.count == 1 ? "1 tensor" : "\(Numbers.grouped(tensors.count)) tensors"
    let facts: [(String, String?)] = [
      ("container", container), ("family", family),
      ("files", files.isEmpty ? nil : files.joined(separator: ", ")),
      (
        "holds",
        "\(total), \(Numbers.grouped(totalElements)) elements, \(Numbers.bytes(totalBytes))"
      ),
    ]
    for case (let name, let value?) in facts {
      table.append([TextTable.Cell(name, as: .faint), TextTable.Cell(value)])
    }
    for (key, value) in metadata.objectValue?.members ?? [] {
      table.append([TextTable.Cell(key, as: .faint), TextTable.Cell(value.facts ?? value.glimpse)])
    }
    return style.paint(path.printable, as: .heading) + "\n" + table.text(style: style)
  }

  private func table(_ style: Style) -> String {
    let withStatistics = tensors.contains { $0.statistics != nil }
    let withNotes = tensors.contains { $0.note != nil }
    let table = TextTable(
      [.text("name"), .text("dtype"), .text("shape"), .number("bytes")]
        + (withStatistics ? Statistics.columns : []) + (withNotes ? [.text("note")] : []))
    return tensors.reduce(into: table) { table, tensor in
      let statistics = withStatistics ? Statistics.cells(of: tensor.statistics) : []
      table.append(tensor.cells + statistics + [TextTable.Cell(tensor.note ?? "", as: .faint)])
    }.text(style: style)
  }
}

extension JSON {
  /// A few plain facts by their names, none of them cut; nil for anything else.
  fileprivate var facts: String? {
    guard let members = objectValue?.members, (1...12).contains(members.count) else { return nil }
    let words = members.compactMap { key, value -> String? in
      switch value {
      case .string(let text) where text.count <= 100: "\(key) \(text)"
      case .integer, .unsigned, .number, .bool: "\(key) \(value.text(indented: false))"
      default: nil
      }
    }
    return words.count == members.count ? words.joined(separator: ", ") : nil
  }

  /// A value as one line that fits beside its key.
  fileprivate var glimpse: String {
    let whole = stringValue ?? text(indented: false)
    return whole.count > 100 ? "\(whole.prefix(100))…" : whole
  }
}

extension InspectReport.Statistics {
  fileprivate static let columns: [TextTable.Column] =
    ["min", "max", "mean", "std", "L2", "zeros", "NaN", "inf"].map(TextTable.Column.number)

  fileprivate static func cells(of statistics: Self?) -> [TextTable.Cell] {
    guard let statistics else { return columns.map { _ in "" } }
    let measures = [
      statistics.minimum, statistics.maximum, statistics.mean, statistics.standardDeviation,
      statistics.norm,
    ].map { TextTable.Cell($0.map { Numbers.brief($0) } ?? "") }
    let broken = [statistics.nans, statistics.infinities].map {
      TextTable.Cell(Numbers.grouped($0), as: $0 > 0 ? .bad : .faint)
    }
    return measures + [TextTable.Cell(Numbers.grouped(statistics.zeros))] + broken
  }
}

extension InspectReport.Tensor {
  fileprivate var cells: [TextTable.Cell] {
    [
      TextTable.Cell(name), TextTable.Cell(dtype), TextTable.Cell(Numbers.shape(shape)),
      TextTable.Cell(Numbers.bytes(bytes)),
    ]
  }

  /// Whether there is more to say of the values than fits a line.
  fileprivate var hasDistribution: Bool {
    statistics.map { !$0.quantiles.isEmpty || $0.histogram != nil } ?? false
  }

  /// Quantiles, histogram and values, below the tensor's name.
  fileprivate func details(_ style: Style) -> String {
    var text = style.paint(name.printable, as: .heading) + "\n"
    if let quantiles = statistics?.quantiles, !quantiles.isEmpty {
      let parts = quantiles.map {
        "\(Numbers.brief($0.fraction * 100))% \(Numbers.brief($0.value))"
      }
      text += "  quantiles  " + parts.joined(separator: "  ") + "\n"
    }
    if let histogram = statistics?.histogram { text += "  histogram  \(histogram.line)\n" }
    if let values { text += lines(of: values) }
    return text
  }

  /// The values, eight a line, each line begun by the index of its first.
  private func lines(of values: [InspectReport.Value]) -> String {
    var table = TextTable(Array(repeating: .number(""), count: 9))
    for start in stride(from: 0, to: values.count, by: 8) {
      let row = values[start..<min(start + 8, values.count)]
      table.append(
        [TextTable.Cell("  \(start)", as: .faint)]
          + row.map { TextTable.Cell($0.text) })
    }
    let rest = elements - values.count
    return table.text() + (rest > 0 ? "  and \(Numbers.grouped(rest)) more\n" : "")
  }
}

extension InspectReport.Value {
  fileprivate var text: String {
    switch self {
    case .real(let value): Numbers.brief(value, digits: 7)
    case .integer(let value): "\(value)"
    case .unsigned(let value): "\(value)"
    case .complex(let real, let imaginary):
      "\(Numbers.brief(real, digits: 7))\(imaginary.sign == .minus ? "" : "+")"
        + "\(Numbers.brief(imaginary, digits: 7))i"
    }
  }
}

extension InspectReport.Histogram {
  /// The counts as bars of eight heights, between the edges; what holds anything is never blank.
  fileprivate var line: String {
    let bars = Array("▁▂▃▄▅▆▇█")
    let most = Double(max(1, counts.max() ?? 1))
    let drawn = counts.map { count -> Character in
      count <= 0 ? " " : bars[min(7, Int(Double(count) / most * 7.999))]
    }
    return "\(Numbers.brief(lower)) \(String(drawn)) \(Numbers.brief(upper))"
  }
}
