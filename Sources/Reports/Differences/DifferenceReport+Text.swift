import Diagnostics

extension DifferenceReport {
  /// Which rows a text lists.
  public enum Listing: Sendable {
    /// All of them.
    case all
    /// Those that fail.
    case failures
  }

  /// The report as text: a line for each row, the first that diverges marked, then the verdict.
  ///
  /// - Parameters:
  ///   - listing: which rows have a line.
  ///   - measures: the measures that have a column; nil for the usual ones.
  public func text(
    listing: Listing = .all, measures: [Measure]? = nil, style: Style = .plain
  ) -> String {
    let shown = rows.enumerated().filter { listing == .all || !$0.element.verdict.passes }
    var text = style.paint(subject.printable, as: .heading) + "\n"
    if !shown.isEmpty {
      text += "\n" + table(of: shown.map { ($0.offset, $0.element) }, measures, style)
    }
    text += movement(style)
    text += names("missing", missing, style) + names("unexpected", unexpected, style)
    for note in notes { text += "\n" + style.paint("note: ", as: .faint) + note.printable }
    return text + (notes.isEmpty ? "\n" : "\n\n") + conclusion(style)
  }

  private func names(_ heading: String, _ names: [String], _ style: Style) -> String {
    guard !names.isEmpty else { return "" }
    let lines = names.map { "  " + $0.printable + "\n" }.joined()
    return "\n" + style.paint("\(heading) (\(names.count)):", as: .bad) + "\n" + lines
  }

  /// The last lines: where it parts first, and the verdict in one sentence.
  private func conclusion(_ style: Style) -> String {
    var text = ""
    if let row = divergingRow, !hasRelations {
      text += "first divergence: " + row.sentence + "\n"
    }
    if isIsolated { text += sourceSentence }
    text += predictions
    let failed = rows.count { !$0.verdict.passes }
    let largest = rows.compactMap { $0.metrics?.maximumAbsolute }.max { $0 < $1 || $1.isNaN }
    let count = "\(rows.count) \(rows.count == 1 ? "tensor" : "tensors") compared"
    var parts = [rows.isEmpty ? "nothing was compared" : count]
    if hasRelations {
      parts += relations.map { "\($0.count) \($0.kind.rawValue)" }
    } else if failed > 0 {
      parts.append("\(failed) failed")
    }
    if !missing.isEmpty { parts.append("\(missing.count) missing") }
    if !unexpected.isEmpty { parts.append("\(unexpected.count) unexpected") }
    if let largest { parts.append("largest difference \(Numbers.brief(largest, digits: 3))") }
    if let precision { parts.append("class \(precision.rawValue)") }
    return text + style.paint(verdict.rawValue, as: verdict.role) + ": "
      + parts.joined(separator: ", ") + "\n" + (diagnosis?.text(style: style) ?? "")
  }
}

extension DifferenceReport {
  /// Which node is at fault by itself.
  private var sourceSentence: String {
    guard let source else {
      return verdict.passes
        ? "" : "source: none; fed with what was recorded, each node gives what was recorded\n"
    }
    let failing = rows.count { !($0.isolated?.verdict.passes ?? true) }
    var text = "source: \(rows[source].name.printable): what flows into it is right, and it is not"
    if failing > 1 { text += "; \(failing) values are wrong by themselves" }
    if suspects.count > 1 {
      text += "\n  between the recorded values run \(suspects.joined(separator: ", ").printable)"
    }
    return text + "\n"
  }
}

extension DifferenceReport.Row {
  /// The row as the first divergence is told.
  fileprivate var sentence: String {
    var text = "\(name) (\(role))"
    if let note { text += ": \(note)" }
    if let metrics {
      text += ": max abs \(Numbers.brief(metrics.maximumAbsolute, digits: 3))"
      if !worst.isEmpty { text += " at \(place)" }
    }
    if let tolerance {
      text += "; allowed \(Numbers.brief(tolerance.absolute, digits: 3)) absolute, "
      text += "\(Numbers.brief(tolerance.relative, digits: 3)) relative (\(tolerance.origin))"
    }
    return text.printable
  }
}
