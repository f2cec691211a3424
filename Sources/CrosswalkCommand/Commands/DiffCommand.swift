import ArgumentParser
import Crosswalk
import Reports

/// `crosswalk diff`: two checkpoints, or two traces.
struct DiffCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "diff",
    abstract: "Compare two checkpoints or two traces, layer by layer.",
    discussion: """
      Checkpoints are compared through their families, so that a PyTorch file and an HDF5 file of one \
      model are equal; what no family knows is compared by name. The second is the reference. The \
      exit status is 0 when they are equal and 1 when they differ.

      Examples:
        crosswalk diff bert-folder bert.h5
        crosswalk diff ours.h5 theirs.h5 --atol 1e-5 --rtol 1e-4
      """)

  @Argument(help: "A checkpoint, or a trace.")
  var first: String

  @Argument(help: "The reference: another of the same sort.")
  var second: String

  @OptionGroup var tolerances: ToleranceOptions
  @OptionGroup var understanding: CheckpointOptions
  @OptionGroup var common: CommonOptions

  func run() throws {
    let report = try Difference.diff(
      first, second, tolerance: tolerances.tolerance, options: understanding.options,
      observer: common.observer)
    try common.show(report)
    if !report.verdict.passes { throw ExitStatus.differs.asError }
  }
}
