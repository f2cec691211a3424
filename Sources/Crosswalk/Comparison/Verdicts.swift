import Reports

extension DifferenceReport {
  /// Gathers rows into a report and draws the verdict over all of them.
  ///
  /// Nothing compared is no success; neither is a name that one side lacks.
  init(
    subject: String, rows: [Row], missing: [String] = [], unexpected: [String] = [],
    notes: [String] = []
  ) {
    let empty = rows.isEmpty ? ["Nothing was compared, which is no success."] : []
    self.init(
      subject: subject, rows: rows, missing: missing, unexpected: unexpected, notes: notes + empty,
      verdict: .incomparable)
    conclude()
  }

  /// Draws the verdict over all rows.
  mutating func conclude() {
    let first = rows.firstIndex { !$0.verdict.passes }
    let isComplete = missing.isEmpty && unexpected.isEmpty
    firstDivergence = first
    verdict =
      if rows.contains(where: { $0.verdict == .differs }) {
        .differs
      } else if rows.isEmpty || first != nil || !isComplete {
        .incomparable
      } else if rows.contains(where: { $0.verdict == .equivalent }) {
        .equivalent
      } else if rows.contains(where: { $0.verdict == .close }) {
        .close
      } else {
        .identical
      }
  }
}
