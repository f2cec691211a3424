import Architectures
import Diagnostics
import Engine
import Reports
import Tensors

/// Pairs of values of two traces, gathered first and then compared in order.
struct TraceComparison {
  let reference: Fixture
  let tolerance: Tolerance?
  /// What the reference has and the other side lacks, or the other way round.
  var missing: [String] = []
  var unexpected: [String] = []
  var notes: [String] = []
  private var pairs: [Comparand] = []

  init(reference: Fixture, tolerance: Tolerance?) {
    self.reference = reference
    self.tolerance = tolerance
  }

  /// Adds a recorded value and what a run gave for it.
  ///
  /// - Throws: `wrongShape` where the family's table says to reorder axes that are not there.
  mutating func add(_ match: TraceMatching.Match, ours: Trace, architecture: Architecture)
    throws(CrosswalkError)
  {
    let recorded = match.role.table(of: reference.trace)[match.recorded]?.shape
    let (tensor, axes) = try match.arranged(ours, as: recorded, architecture)
    let name = match.names.joined(separator: " + ")
    try add(match.role, name: name, recorded: match.recorded, tensor, axes: axes)
  }

  /// Adds a recorded value and its counterpart; without one it is missing.
  mutating func add(
    _ role: TraceRole, name: String, recorded: String, _ tensor: StoredTensor?,
    axes: [String] = []
  ) throws(CrosswalkError) {
    let place = "\(role.group)/\(recorded)"
    guard let whole = tensor, let expected = role.table(of: reference.trace)[recorded] else {
      missing.append(place)
      return
    }
    let tensor =
      whole.shape == expected.shape ? whole : try reference.positions.kept(of: whole, as: place)
    pairs.append(
      Comparand(
        name: name, counterpart: recorded == name ? nil : recorded, role: role.rawValue,
        axes: axes, tensor: tensor, reference: expected,
        exact: reference.exact.flatMap { role.table(of: $0)[recorded] }))
  }

  /// Compares all pairs.
  ///
  /// - Parameter floor: the largest rounding of the fixture, where it is known.
  func report(_ subject: String, floor: Rounding? = nil, observer: any Observer)
    throws(CrosswalkError) -> DifferenceReport
  {
    observer.observe(.began(activity: "Comparing", total: pairs.count, unit: .items))
    defer { observer.observe(.finished) }
    var comparator = Comparator(yardstick: tolerance.map(Yardstick.given) ?? .rounding)
    comparator.largestFloor = floor
    if tolerance == nil, floor == nil { comparator.largestFloor = try largestFloor() }
    var rows: [DifferenceReport.Row] = []
    let inputs = Comparator(yardstick: .equality)
    for pair in pairs {
      var row = try (pair.role == TraceRole.input.rawValue ? inputs : comparator).row(pair)
      if tolerance != nil, row.metrics != nil {
        let rounding = try Comparator(yardstick: .rounding).compare(pair).row
        (row.precision, row.ratio) = (rounding.precision, rounding.ratio)
      }
      let isExact = row.verdict == .identical && row.precision == nil
      row.precision = isExact ? .exact : row.precision ?? .wrong
      rows.append(row)
      observer.observe(.advanced(by: 1, item: pair.name))
    }
    return DifferenceReport(
      subject: subject, rows: rows, missing: missing, unexpected: unexpected,
      notes: judgement(rows.count) + notes)
  }

  /// The largest rounding that any recorded value has.
  func largestFloor() throws(CrosswalkError) -> Rounding? {
    var largest: Rounding?
    for pair in pairs {
      guard let exact = pair.exact, exact.shape == pair.reference.shape,
        pair.reference.dtype.isFloating, exact.dtype.isFloating,
        let floor = Rounding(explaining: try Distance(of: pair.reference, from: exact))
      else { continue }
      largest = largest?.atLeast(floor) ?? floor
    }
    return largest
  }

  /// By what the rows are judged, in a sentence or two.
  private func judgement(_ count: Int) -> [String] {
    guard count > 0 else { return [] }
    if let tolerance {
      return [
        "Passes where |difference| <= \(tolerance.absolute) + \(tolerance.relative) x |recorded|, "
          + "for every element."
      ]
    }
    let exact = pairs.count { $0.exact != nil }
    var notes: [String] = []
    if exact > 0 {
      notes.append(
        "\(exact) of \(count) values are judged by the float64 recording: one differs where it is "
          + "over 10 times as far from that as the float32 recording is.")
    }
    if exact < count {
      notes.append(
        "\(count - exact) of \(count) values have no float64 recording and are judged by the "
          + "rounding of a deep float32 model: relative RMS 5e-6.")
    }
    return notes
  }
}
