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

      Examples:
        crosswalk verify bert.h5 fixture.h5
        crosswalk verify bert.h5 fixture.h5 --atol 1e-5 --format json
      """)

  @Argument(help: "The checkpoint, a file or a folder.")
  var checkpoint: String

  @Argument(help: "What the original framework recorded.")
  var fixture: String

  @OptionGroup var tolerances: ToleranceOptions
  @OptionGroup var understanding: CheckpointOptions
  @OptionGroup var common: CommonOptions

  func run() throws {
    let observer = common.observer
    let fixture = try Fixture(reading: fixture)
    let checkpoint = try ModelCheckpoint(
      opening: checkpoint, options: understanding.options, observer: observer)
    let report = try Verification.verify(
      checkpoint, against: fixture, tolerance: tolerances.tolerance, observer: observer)
    try common.show(report)
    if !report.verdict.passes { throw ExitStatus.differs.asError }
  }
}

extension DifferenceReport: Presentable {
  func text(style: Style) -> String { text(listing: .all, style: style) }
}
