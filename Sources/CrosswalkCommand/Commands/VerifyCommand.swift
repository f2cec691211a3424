import ArgumentParser
import Crosswalk
import Reports

/// `crosswalk verify`: whether it computes what the original framework computed.
struct VerifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Run a checkpoint on a fixture's inputs, and compare all that was recorded.",
    discussion: """
      The exit status is 0 when everything agrees within rounding, or within --atol and --rtol, and 1 \
      when anything differs, is missing or could not be compared. The first node that diverges is named.

      Inner values that differ in a way that an exact invariance takes out again, such as keys without \
      their bias, are 'equivalent' where all that comes after them agrees; the exit status is then 0, or 1 \
      with --strict.

      --isolate tells the node that is wrong from those that only inherit its error: it runs the graph \
      once more with the recorded values in place of what nodes make, in float64 where the fixture has \
      that.

      --audit asks how much the fixture would show: faults that ports have are put into the model one at \
      a time (at most 600), and each is judged as verify would. A low score means that weights or inputs \
      are too plain: record with --sensitive, several rows and padding. Below --min-score the exit status \
      is 1.

      Examples:
        crosswalk verify bert.h5 fixture.h5
        crosswalk verify bert.h5 fixture.h5 --isolate
        crosswalk verify bert.h5 fixture.h5 --diagnose
        crosswalk verify bert.h5 fixture.h5 --diagnose --apply
        crosswalk verify bert.h5 fixture.h5 --audit --min-score 90
        crosswalk verify bert.h5 fixture.h5 -o report.html -o report.xml
        crosswalk verify bert.h5 fixture.h5 --atol 1e-5 --format json
      """)

  @Argument(help: "The checkpoint, a file or a folder.")
  var checkpoint: String

  @Argument(help: "What the original framework recorded.")
  var fixture: String

  @Flag(help: "Judge each node by itself, too, fed with what was recorded of its inputs.")
  var isolate = false

  @Flag(help: "Look for the cause of what is wrong, and name it.")
  var diagnose = false

  @Flag(
    help: """
      With --diagnose: write down what it found, into the config, the family's file or the native \
      checkpoint, and verify again.
      """)
  var apply = false

  @Flag(help: "Put faults into the model, one at a time, and say which of them the fixture shows.")
  var audit = false

  @Option(
    help: ArgumentHelp(
      "With --audit: end with status 1 where fewer of 100 faults are seen.", valueName: "percent"))
  var minScore: Double?

  @Flag(help: "End with status 1 where values are equivalent, not equal, too.")
  var strict = false

  @OptionGroup var showing: ComparisonOptions
  @OptionGroup var tolerances: ToleranceOptions
  @OptionGroup var understanding: CheckpointOptions
  @OptionGroup var common: CommonOptions

  func validate() throws {
    if apply && !diagnose { throw ValidationError("--apply goes with --diagnose.") }
    if audit && (isolate || diagnose || !showing.output.isEmpty) {
      throw ValidationError("--audit goes without --isolate, --diagnose and --output.")
    }
    guard let minScore else { return }
    if !audit { throw ValidationError("--min-score goes with --audit.") }
    if !(0...100).contains(minScore) {
      throw ValidationError("--min-score must be from 0 to 100, not \(minScore).")
    }
  }

  func run() throws {
    let observer = common.observer
    let path = fixture
    let fixture = try Fixture(reading: path)
    if audit { return try report(auditing: fixture) }
    try showing.refuse(and: [checkpoint, path])
    var report: DifferenceReport
    if apply {
      let mended = try Verification.mend(
        checkpoint, options: understanding.options, against: fixture,
        tolerance: tolerances.tolerance, observer: observer)
      report = mended.after ?? mended.before
      report.diagnosis = mended.before.diagnosis
      report.diagnosis?.applied = mended.wrote
    } else {
      let checkpoint = try ModelCheckpoint(
        opening: checkpoint, options: understanding.options, observer: observer)
      try showing.refuse(reading: checkpoint, and: [path])
      report = try Verification.verify(
        checkpoint, against: fixture, tolerance: tolerances.tolerance, isolates: isolate,
        diagnoses: diagnose, observer: observer)
    }
    try showing.write(report, observer: observer)
    try common.show(ShownDifference(report: report, options: showing))
    let fails = !report.verdict.passes || strict && report.verdict == .equivalent
    if fails { throw ExitStatus.differs.asError }
  }

  private func report(auditing fixture: Fixture) throws {
    let checkpoint = try ModelCheckpoint(
      opening: checkpoint, options: understanding.options, observer: common.observer)
    let report = try Verification.audit(
      checkpoint, by: fixture, tolerance: tolerances.tolerance, observer: common.observer)
    try common.show(report)
    if let minScore, 100 * (report.score ?? 0) < minScore { throw ExitStatus.differs.asError }
  }
}

extension AuditReport: Presentable {}
