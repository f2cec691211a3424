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
  /// - Returns: a row for each recorded value, in graph order. Values without a counterpart are in
  ///   `missing`, those that the table leaves out in `notes`.
  /// - Throws: `invalidInput` when the model does not take the fixture's inputs, or whatever the run
  ///   meets.
  public static func verify(
    _ model: Model, crossing: Crossing?, against fixture: Fixture, tolerance: Tolerance? = nil,
    subject: String = "the model", observer: any Observer = Silence()
  ) throws(CrosswalkError) -> DifferenceReport {
    let matching = try TraceMatching(fixture, model.architecture, crossing: crossing)
    let trace: Trace
    do {
      trace = try model.run(
        crossing?.inputs(fixture.trace.inputs) ?? fixture.trace.inputs,
        capture: .named(matching.captured), observer: observer)
    } catch { throw fixture.path.map(error.inFile) ?? error }
    var comparison = TraceComparison(reference: fixture, tolerance: tolerance)
    comparison.missing = matching.missing
    for match in matching.matches {
      try comparison.add(match, ours: trace, architecture: model.architecture)
    }
    for (reason, names) in matching.ignored {
      comparison.notes.append("Not compared, \(reason): \(names.joined(separator: ", ")).")
    }
    if !matching.missing.isEmpty {
      comparison.notes.append(
        unmatched(matching.missing.count, fixture: fixture, crossing: crossing))
    }
    return try comparison.report("\(subject) against \(fixture.label)", observer: observer)
  }

  /// Loads a checkpoint in float32 and compares it with a fixture.
  ///
  /// - Throws: as ``verify(_:crossing:against:tolerance:subject:observer:)``, or whatever loading
  ///   meets.
  public static func verify(
    _ checkpoint: ModelCheckpoint, against fixture: Fixture, tolerance: Tolerance? = nil,
    observer: any Observer = Silence()
  ) throws(CrosswalkError) -> DifferenceReport {
    try verify(
      checkpoint.model(observer: observer), crossing: checkpoint.crossing, against: fixture,
      tolerance: tolerance, subject: checkpoint.checkpoint.path, observer: observer)
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
