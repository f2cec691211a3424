import Architectures
import Containers
public import Diagnostics
public import Engine
public import Families
public import Reports
import Tensors

/// Runs a model on a fixture's inputs and compares everything that the fixture recorded.
public enum Verification {
  /// Compares a loaded model with a fixture.
  ///
  /// A tolerance, if given, is the only judge: |ours - recorded| ≤ absolute + relative × |recorded|
  /// for every element. Without one, rounding is the judge. Where the fixture has a value in float64
  /// too, ours may be ten times as far from that as the recorded float32 is, in relative RMS and in
  /// the largest difference; elsewhere the limits are those of a deep float32 model (relative RMS
  /// 5e-6; 2.4e-5 of the tensor's RMS, and 5e-6 of the value). NaN always fails.
  ///
  /// - Parameters:
  ///   - model: the model, in float32 unless the question is another.
  ///   - crossing: the family's table, for a fixture that bears a framework's names.
  ///   - fixture: what was recorded.
  ///   - tolerance: the user's own limits.
  ///   - subject: what the report calls the model.
  ///   - isolating: the model once more, in the precision of the fixture's best recording, to be run
  ///     with what was recorded in place of what its nodes make; nil for no isolation.
  ///   - parameters: the model's parameters, to look for the cause of what differs in isolation; nil
  ///     for no diagnosis.
  /// - Returns: a row for each recorded value, in graph order. Values without a counterpart are in
  ///   `missing`, those that the table leaves out in `notes`.
  /// - Throws: `invalidInput` when the model does not take the fixture's inputs, or whatever the run
  ///   meets.
  public static func verify(
    _ model: Model, crossing: Crossing?, against fixture: Fixture, tolerance: Tolerance? = nil,
    subject: String = "the model", isolating isolated: Model? = nil,
    diagnosing parameters: TensorTable? = nil, observer: any Observer = Silence()
  ) throws(CrosswalkError) -> DifferenceReport {
    try examine(
      model, crossing: crossing, against: fixture, tolerance: tolerance, subject: subject,
      isolating: isolated, diagnosing: parameters, observer: observer
    ).report
  }

  /// Compares a loaded model with a fixture, and says what is to be done about what differs.
  private static func examine(
    _ model: Model, crossing: Crossing?, against fixture: Fixture, tolerance: Tolerance?,
    subject: String, isolating isolated: Model?, diagnosing parameters: TensorTable?,
    weights: TensorTable? = nil, observer: any Observer
  ) throws(CrosswalkError) -> (report: DifferenceReport, remedy: Remedy?) {
    var remedy: Remedy?
    let matching = try TraceMatching(fixture, model.architecture, crossing: crossing)
    let judge = Judge(
      fixture: fixture, matching: matching, tolerance: tolerance, subject: subject,
      inputs: try crossing?.inputs(fixture.trace.inputs) ?? fixture.trace.inputs)
    var report = try judge.report(of: model, observer: observer)
    if let isolated { try judge.isolate(isolated, in: &report, observer: observer) }
    try judge.equivalences(model, in: &report)
    var rounded: RoundedWeights?
    if let weights = weights ?? parameters, !report.verdict.passes {
      rounded = try judge.roundedWeights(model, weights, &report, observer: observer)
    }
    if let isolated, let parameters, !report.verdict.passes {
      (report.diagnosis, remedy) = try judge.diagnose(
        isolated, parameters, report, rounded, observer: observer)
    }
    if !matching.missing.isEmpty {
      report.notes.append(unmatched(matching.missing.count, fixture: fixture, crossing: crossing))
    }
    return (report, remedy)
  }

  /// Loads a checkpoint in float32 and compares it with a fixture.
  ///
  /// - Parameter isolates: whether each node is run by itself, too, on what was recorded of its
  ///   inputs; in float64 where the fixture has that.
  /// - Parameter diagnoses: whether the cause is looked for; it implies `isolates`.
  /// - Throws: as ``verify(_:crossing:against:tolerance:subject:isolating:diagnosing:observer:)``, or
  ///   whatever loading meets.
  public static func verify(
    _ checkpoint: ModelCheckpoint, against fixture: Fixture, tolerance: Tolerance? = nil,
    isolates: Bool = false, diagnoses: Bool = false, observer: any Observer = Silence()
  ) throws(CrosswalkError) -> DifferenceReport {
    try examine(
      checkpoint, against: fixture, tolerance: tolerance, isolates: isolates,
      diagnoses: diagnoses, observer: observer
    ).report
  }

  /// Diagnoses a checkpoint, writes down what it lacks, and verifies it again.
  ///
  /// A setting goes into the config that a framework wrote, or into the architecture of a native
  /// checkpoint; parameters go into a native checkpoint, or the rules by which a user's own family
  /// file reads them are mended.
  ///
  /// - Parameters:
  ///   - path: the checkpoint.
  ///   - options: how it is understood.
  /// - Returns: the report before; what was written, a line each; and the report after, nil where
  ///   nothing was written.
  /// - Throws: as above; `unsupported` where a cause has no place to be written to.
  public static func mend(
    _ path: String, options: ModelCheckpoint.Options, against fixture: Fixture,
    tolerance: Tolerance? = nil, observer: any Observer = Silence()
  ) throws(CrosswalkError) -> (before: DifferenceReport, wrote: [String], after: DifferenceReport?)
  {
    let checkpoint = try ModelCheckpoint(opening: path, options: options, observer: observer)
    let (report, remedy) = try examine(
      checkpoint, against: fixture, tolerance: tolerance, isolates: true, diagnoses: true,
      observer: observer)
    guard let remedy, !remedy.isEmpty else { return (report, [], nil) }
    let wrote = try remedy.apply(to: checkpoint, options: options)
    let mended = try ModelCheckpoint(opening: path, options: options, observer: observer)
    return (
      report, wrote, try verify(mended, against: fixture, tolerance: tolerance, observer: observer)
    )
  }

  private static func examine(
    _ checkpoint: ModelCheckpoint, against fixture: Fixture, tolerance: Tolerance?,
    isolates: Bool, diagnoses: Bool, observer: any Observer
  ) throws(CrosswalkError) -> (report: DifferenceReport, remedy: Remedy?) {
    let model = try checkpoint.model(observer: observer)
    var isolated: Model?
    if isolates || diagnoses {
      isolated =
        fixture.exact == nil
        ? model : try checkpoint.model(precision: .float64, observer: observer)
    }
    return try examine(
      model, crossing: checkpoint.crossing, against: fixture, tolerance: tolerance,
      subject: checkpoint.checkpoint.path,
      isolating: isolated,
      diagnosing: diagnoses ? checkpoint.parameters : nil, weights: checkpoint.parameters,
      observer: observer)
  }

  /// Puts faults into a checkpoint's model, one at a time, and says which of them a fixture would
  /// show.
  ///
  /// - Throws: `invalidInput` where the model does not compute what was recorded as it is, or whatever
  ///   loading and running meet.
  public static func audit(
    _ checkpoint: ModelCheckpoint, by fixture: Fixture, tolerance: Tolerance? = nil,
    observer: any Observer = Silence()
  ) throws(CrosswalkError) -> AuditReport {
    let (model, crossing) = (try checkpoint.model(observer: observer), checkpoint.crossing)
    let audit = try Audit(
      model, checkpoint.parameters, TraceMatching(fixture, model.architecture, crossing: crossing),
      fixture, inputs: try crossing?.inputs(fixture.trace.inputs) ?? fixture.trace.inputs,
      tolerance: tolerance)
    return try audit.report(
      "\(checkpoint.checkpoint.path) by \(fixture.label)", observer: observer)
  }

  private static func unmatched(_ count: Int, fixture: Fixture, crossing: Crossing?) -> String {
    let what = "\(count) recorded value\(count == 1 ? " has" : "s have") no counterpart"
    guard let dialect = fixture.dialect else {
      return "\(what): the architecture has no nodes or outputs of these names."
    }
    guard let crossing else {
      return "\(what): the names are \(dialect)'s, and the model is of no family that knows them."
    }
    return
      "\(what): no rule of the family '\(crossing.family.name)' says which of the model's nodes "
      + "these \(dialect) modules are."
  }
}

/// Compares runs of a model with one fixture.
private struct Judge {
  let fixture: Fixture
  let matching: TraceMatching
  let tolerance: Tolerance?
  let subject: String
  let inputs: TensorTable

  func report(
    of model: Model, replacing replacements: Replacements = Replacements(), observer: any Observer
  ) throws(CrosswalkError) -> DifferenceReport {
    let trace: Trace
    do {
      trace = try model.run(
        inputs, capture: .named(matching.captured), replacing: replacements, observer: observer)
    } catch { throw fixture.path.map(error.inFile) ?? error }
    var comparison = TraceComparison(reference: fixture, tolerance: tolerance)
    comparison.missing = matching.missing
    for match in matching.matches {
      try comparison.add(match, ours: trace, architecture: model.architecture)
    }
    for (reason, names) in matching.ignored {
      comparison.notes.append("Not compared, \(reason): \(names.joined(separator: ", ")).")
    }
    return try comparison.report("\(subject) against \(fixture.label)", observer: observer)
  }

  /// Adds to a report how far each node is from the recording by itself.
  func isolate(_ model: Model, in report: inout DifferenceReport, observer: any Observer)
    throws(CrosswalkError)
  {
    let recorded = model.precision == .float64 ? fixture.exact ?? fixture.trace : fixture.trace
    let isolation = Isolation(matching, recorded, model.architecture)
    let alone = try self.report(
      of: model, replacing: isolation.replacements, observer: observer)
    guard alone.rows.count == report.rows.count else { return }
    for (index, row) in alone.rows.enumerated() {
      report.rows[index].isolated = DifferenceReport.Isolated(
        verdict: row.verdict, metrics: row.metrics, worst: row.worst, tolerance: row.tolerance,
        note: row.note)
      report.rows[index].isolated?.precision = row.precision
    }
    guard let source = report.source else { return }
    let row = report.rows[source]
    guard let match = match(of: row) else { return }
    report.suspects = isolation.path(to: matching.values(of: match), in: model.architecture)
  }

  /// Calls equivalent what differs where all of it is known to make no difference, and says what
  /// nobody could have seen.
  func equivalences(_ model: Model, in report: inout DifferenceReport) throws(CrosswalkError) {
    let equivalence = try Equivalence(model.architecture, inputs: inputs)
    let recorded = Set(matching.matches.flatMap(matching.values(of:)))
    let hidden = equivalence.hiddenBiases(recorded: recorded)
    if !hidden.isEmpty, report.verdict.passes {
      report.notes.append(
        "Not verified, as no recorded value can show it: the biases of \(hidden.count) keys, which the "
          + "softmax takes out again (the first: \(hidden[0])).")
    }
    guard report.verdict == .differs, report.missing.isEmpty,
      !report.rows.contains(where: { $0.verdict == .incomparable })
    else { return }
    let trace = try model.run(inputs, capture: .named(matching.captured))
    let right = Set(
      report.rows.filter(\.verdict.passes).compactMap { match(of: $0)?.value })
    var reasons: [Int: String] = [:]
    for (number, row) in report.rows.enumerated() where !row.verdict.passes {
      guard let match = match(of: row),
        let theirs = match.role.table(of: fixture.trace)[match.recorded],
        let ours = try match.arranged(trace, as: theirs.shape, model.architecture).tensor,
        let reason = equivalence.reason(
          Equivalence.Pair(
            row: row, value: match.value, ours: try ours.doubles(), recorded: try theirs.doubles()),
          right: right)
      else { return }
      reasons[number] = reason
    }
    for (number, reason) in reasons {
      report.rows[number].verdict = .equivalent
      report.rows[number].note = reason
      report.rows[number].precision = nil
      if report.rows[number].isolated?.verdict == .differs {
        report.rows[number].isolated?.verdict = .equivalent
      }
    }
    report.suspects = []
    report.conclude()
    report.notes.append(
      "\(reasons.count) values are equivalent, not equal: what comes after them does not depend on how "
        + "they differ, and all of that was compared.")
  }

  private func match(of row: DifferenceReport.Row) -> TraceMatching.Match? {
    matching.matches.first {
      $0.recorded == row.counterpart ?? row.name && $0.role.rawValue == row.role
    }
  }

  /// Classes what rounded weights explain; nil where the weights were not rounded.
  func roundedWeights(
    _ model: Model, _ weights: TensorTable, _ report: inout DifferenceReport,
    observer: any Observer
  ) throws(CrosswalkError) -> RoundedWeights? {
    guard let dtype = try Mantissas(ofAll: weights).dtype else { return nil }
    var alone = report
    if !report.isIsolated { try isolate(model, in: &alone, observer: observer) }
    let isolation = Isolation(matching, fixture.trace, model.architecture)
    let nodes = report.rows.map { row in
      let places = match(of: row).map {
        isolation.places(to: matching.values(of: $0), in: model.architecture)
      }
      return (places ?? []).map { model.architecture.nodes[$0] }
    }
    let rounded = RoundedWeights(dtype, alone.rows, madeBy: nodes, weights)
    rounded?.explain(&report)
    return rounded
  }

  /// Looks for the cause of what is wrong in a report.
  func diagnose(
    _ model: Model, _ parameters: TensorTable, _ report: DifferenceReport,
    _ rounded: RoundedWeights?, observer: any Observer
  ) throws(CrosswalkError) -> (DiagnosisReport, Remedy) {
    let evidence = try Evidence(
      model, parameters, matching, fixture, inputs: inputs, report: report,
      rounding: rounded?.usual ?? 0)
    var (diagnosis, remedy) = try Diagnosis(evidence).result(observer: observer)
    diagnosis.causes =
      (rounded.map { [$0.cause(report)] } ?? report.roundedCauses) + diagnosis.causes
    return (diagnosis, remedy)
  }
}
