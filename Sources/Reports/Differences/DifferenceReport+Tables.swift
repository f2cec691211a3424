import Diagnostics

extension DifferenceReport {
  /// The rows as a table.
  func table(of shown: [(Int, Row)], _ measures: [Measure]?, _ style: Style) -> String {
    let isOfCheckpoints = hasRelations
    let numbers =
      measures
      ?? usual.filter { measure in
        !isOfCheckpoints || shown.contains { $0.1.metrics.flatMap(measure.text) != nil }
      }
    let alone = isIsolated ? [Measure.maximumAbsolute, .relativeRMS, .signalToNoise] : []
    let titles =
      numbers.map(\.title)
      + alone.enumerated().map { $0.offset == 0 ? "alone: \($0.element.title)" : $0.element.title }
    let words =
      isOfCheckpoints
      ? ["relation", "what, or worst at"]
      : (isIsolated ? ["verdict", "alone"] : ["verdict"]) + (precision == nil ? [] : ["class"])
        + ["worst at"]
    var table = TextTable(
      [.text(""), .text("name"), .text("shape")] + titles.map { .number($0) }
        + words.map { .text($0) })
    for (index, row) in shown {
      var cells = [
        mark(index), TextTable.Cell(row.title), TextTable.Cell(Numbers.shape(row.shape)),
      ]
      cells += numbers.map { row.cell($0, row.metrics) }
      cells += alone.map { row.cell($0, row.isolated?.metrics) }
      if isOfCheckpoints {
        cells.append(TextTable.Cell(row.kind, as: row.verdict.role))
        cells.append(TextTable.Cell(row.story, as: .faint))
      } else {
        cells.append(TextTable.Cell(row.verdict.rawValue, as: row.verdict.role))
        if isIsolated {
          cells.append(
            row.isolated.map { TextTable.Cell($0.verdict.rawValue, as: $0.verdict.role) } ?? "")
        }
        if precision != nil { cells.append(TextTable.Cell(row.precision?.rawValue ?? "")) }
        cells.append(TextTable.Cell(row.remark, as: .faint))
      }
      table.append(cells)
    }
    return table.text(style: style)
  }

  /// The measures shown unless others are asked for.
  private var usual: [Measure] {
    if hasRelations { return [.relativeRMS, .maximumAbsolute, .signalToNoise, .highULP] }
    return isIsolated
      ? [.relativeRMS, .signalToNoise]
      : [.maximumAbsolute, .maximumRelative, .relativeRMS, .signalToNoise, .cosine]
  }

  /// Whether these are tensors of checkpoints, which have relations.
  public var hasRelations: Bool { rows.contains { $0.relation != nil } }

  /// An arrow at the first that diverges, a star at the source.
  private func mark(_ index: Int) -> TextTable.Cell {
    index == source
      ? TextTable.Cell("*", as: .bad)
      : index == firstDivergence && !hasRelations ? TextTable.Cell("→", as: .bad) : ""
  }

  /// Where a model has moved, block by block.
  func movement(_ style: Style) -> String {
    guard blocks.contains(where: { $0.changed > 0 }) else { return "" }
    var table = TextTable([
      .text(""), .text("block"), .number("changed"), .number("rel RMS"), .text("most"),
    ])
    for block in blocks {
      let size = block.changed == 0 ? "" : Numbers.scientific(block.relativeRMS)
      table.append([
        "", TextTable.Cell(block.name), TextTable.Cell("\(block.changed) of \(block.count)"),
        TextTable.Cell(size), TextTable.Cell(block.most ?? "", as: .faint),
      ])
    }
    return "\n" + table.text(style: style)
  }

  /// How far predictions agree, a line for each table of them.
  var predictions: String {
    rows.compactMap { row in
      row.metrics?.classes.map { classes in
        "predictions in \(row.name): KL \(Numbers.brief(classes.divergence, digits: 3)) "
          + "(largest \(Numbers.brief(classes.largestDivergence, digits: 3))), the likeliest agrees in "
          + "\(Numbers.brief(100 * classes.first, digits: 6)) %, the likeliest \(classes.most) in "
          + "\(Numbers.brief(100 * classes.shared, digits: 6)) %"
      }
    }.map { $0.printable + "\n" }.joined()
  }
}

extension DifferenceReport.Verdict {
  /// What the verdict means to the eye.
  var role: Style.Role { passes ? .good : .bad }
}

extension DifferenceReport.Row {
  fileprivate func cell(_ measure: DifferenceReport.Measure, _ metrics: DifferenceReport.Metrics?)
    -> TextTable.Cell
  {
    TextTable.Cell(metrics.flatMap(measure.text) ?? "")
  }

  /// The name, of several the short form.
  fileprivate var title: String {
    guard let names = relation?.ours, names.count > 1, relation?.kind == .split else { return name }
    return names.braced
  }

  fileprivate var remark: String { note ?? (verdict == .identical ? "" : place) }

  fileprivate var kind: String {
    guard let relation else { return verdict.rawValue }
    return relation.kind == .changed && verdict == .incomparable
      ? verdict.rawValue : relation.kind.rawValue
  }

  /// The names there, and how the values lie; for what has changed where most.
  fileprivate var story: String {
    guard let relation else { return remark }
    let names = relation.theirs
    let there = counterpart.map { "there \(names.count > 1 ? names.braced : $0)" }
    let detail = relation.kind == .changed ? remark : relation.detail
    let choice = relation.isAmbiguous ? "one of several that hold the same" : nil
    return [there, detail, choice].compactMap(\.self).filter { !$0.isEmpty }.joined(separator: "; ")
  }

  /// The worst index by axis name: `batch=1 token=7 width=12`.
  var place: String {
    worst.map { "\($0.axis)=\($0.index)" }.joined(separator: " ")
  }
}

extension [String] {
  /// Names with what they share written once: `attention.{query, key, value}.weight`.
  var braced: String {
    guard let first, let last else { return "" }
    let least = self.map(\.count).min() ?? 0
    let head =
      (0..<least).first { place in
        contains { $0.dropFirst(place).first != first.dropFirst(place).first }
      } ?? least
    let tail =
      (0..<(least - head)).first { place in
        contains { $0.dropLast(place).last != first.dropLast(place).last }
      } ?? (least - head)
    let middles = self.map { String($0.dropFirst(head).dropLast(tail)) }
    let shown = count > 6 ? Array(middles.prefix(3)) + ["…"] + [middles[count - 1]] : middles
    return "\(first.prefix(head)){\(shown.joined(separator: ", "))}\(last.suffix(tail))"
  }
}
