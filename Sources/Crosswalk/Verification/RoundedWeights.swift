import Architectures
import Diagnostics
import Engine
import Reports
import Tensors

/// That a model's weights were rounded to a narrow dtype, and those of the recording were not.
///
/// That all weights are such numbers is not enough: a model may have been recorded so. Fed with what
/// was recorded, nearly every node that has a matrix must be off, each by what one rounding of its
/// weights comes to, and no node without weights.
struct RoundedWeights {
  let dtype: DType
  /// The relative RMS that one rounding of a node's weights leaves, at the most.
  let usual: Double
  /// Rows, by number, that are off by more or by something else.
  private let others: Set<Int>

  /// The share of nodes with matrices that must be off.
  private static let share = 0.75
  /// A recording of a longer way than this many nodes has their roundings summed up.
  private static let shortWay = 16

  /// Looks for the evidence; nil where it is not there.
  ///
  /// - Parameters:
  ///   - dtype: the dtype that all weights fit in.
  ///   - rows: a comparison with each row judged by itself, too.
  ///   - nodes: of each row the nodes that make it from what was recorded.
  init?(
    _ dtype: DType, _ rows: [DifferenceReport.Row], madeBy nodes: [[Node]], _ weights: TensorTable
  ) {
    let unit = dtype == .bf16 ? 0x1p-9 : 0x1p-12
    var (others, known, off): (Set<Int>, Int, Int) = ([], 0, 0)
    for (number, row) in rows.enumerated() {
      guard let alone = row.isolated, let error = alone.metrics?.relativeRMS else {
        if !row.verdict.passes { others.insert(number) }
        continue
      }
      let parameters = nodes[number].flatMap(\.parameters).compactMap { weights[$0.name] }
      let hasMatrix = parameters.contains { $0.shape.count > 1 }
      if hasMatrix { known += 1 }
      guard !alone.verdict.passes else { continue }
      let most = nodes[number].count > Self.shortWay ? 16 * unit : 4 * unit
      if alone.precision == dtype.precision || !parameters.isEmpty && error <= most {
        if hasMatrix, error >= unit / 16 { off += 1 }
      } else {
        others.insert(number)
      }
    }
    guard known > 0, Double(off) >= Self.share * Double(known) else { return nil }
    (self.dtype, self.others, usual) = (dtype, others, 2 * unit)
  }

  /// Classes what the rounding explains.
  func explain(_ report: inout DifferenceReport) {
    guard let precision = dtype.precision else { return }
    let most = dtype == .bf16 ? 0.1 : 0.0125
    // What comes after another fault has its error, too.
    let first = others.min() ?? .max
    for number in report.rows.indices where !others.contains(number) {
      if report.rows[number].isolated?.verdict.passes == false {
        report.rows[number].isolated?.precision = precision
      }
      guard !report.rows[number].verdict.passes, number < first,
        report.rows[number].metrics?.relativeRMS ?? .infinity <= most
      else { continue }
      report.rows[number].precision = precision
    }
    let word = precision.rawValue
    report.notes.append(
      "The weights are rounded to \(word), and those of the recording were not: each node that has "
        + "weights is off by that rounding"
        + (report.precision == .wrong
          ? ", and something else is wrong, too." : ", and nothing else is.")
    )
  }

  /// What a diagnosis says of it.
  func cause(_ report: DifferenceReport) -> DiagnosisReport.Cause {
    let nodes = report.rows.filter {
      $0.isolated?.verdict.passes == false && $0.isolated?.precision == dtype.precision
    }
    let word = dtype.precision?.rawValue ?? dtype.rawValue
    return DiagnosisReport.Cause(
      cause: "rounded-weights", says: "the weights are rounded to \(word), the recording's are not",
      nodes: nodes.map(\.name), before: nodes.first?.isolated?.metrics?.relativeRMS ?? 0, after: 0,
      edit: "convert the original weights without --dtype \(dtype.rawValue)")
  }
}

extension DifferenceReport {
  /// Values that are, by themselves, what was recorded rounded to a narrow dtype, as causes.
  var roundedCauses: [DiagnosisReport.Cause] {
    PrecisionClass.allCases.filter(\.isRounded).compactMap { precision in
      let nodes = rows.filter {
        $0.isolated?.verdict.passes == false && $0.isolated?.precision == precision
      }
      guard let first = nodes.first else { return nil }
      return DiagnosisReport.Cause(
        cause: "rounded", says: "the values are those recorded, rounded to \(precision.rawValue)",
        nodes: nodes.map(\.name), before: first.isolated?.metrics?.relativeRMS ?? 0, after: 0,
        edit: "take the original values, not rounded ones")
    }
  }
}
