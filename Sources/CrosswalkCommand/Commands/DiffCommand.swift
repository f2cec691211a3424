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
      model are equal; what no family knows is compared by name, and what no name matches by what it \
      holds. The second is the reference. The exit status is 0 when they are equal, 1 when they differ \
      and 2 when they could not be compared.

      Each tensor is equal, cast, transposed, permuted, reshaped, scaled, split, merged, tied, moved or \
      changed. Equal ones, tied copies and exact casts pass; all else differs. Where tensors have \
      changed, a table tells how far each block of the model has moved.

      Examples:
        crosswalk diff bert-folder bert.h5
        crosswalk diff tuned.safetensors base.safetensors -o moved.html
        crosswalk diff export.weights.h5 model.safetensors --raw
        crosswalk diff ours.h5 theirs.h5 --atol 1e-5 --rtol 1e-4 --metrics relative_rms,ulp_p99
      """)

  @Argument(help: "A checkpoint, or a trace.")
  var first: String

  @Argument(help: "The reference: another of the same sort.")
  var second: String

  @Flag(help: "Compare the tensors in the files, without families.")
  var raw = false

  @Option(
    help: ArgumentHelp(
      "Order by size, what has changed most first, or as the graph or file has it. The default is "
        + "size for checkpoints and graph for traces.", valueName: "size|graph"))
  var sort: Sorting?

  @Flag(help: "List what is equal, too, in checkpoints.")
  var all = false

  @OptionGroup var showing: ComparisonOptions
  @OptionGroup var tolerances: ToleranceOptions
  @OptionGroup var understanding: CheckpointOptions
  @OptionGroup var common: CommonOptions

  func run() throws {
    try showing.refuse(and: [first, second])
    let observer = common.observer
    var report = try Difference.diff(
      first, second, tolerance: tolerances.tolerance, options: understanding.options, isRaw: raw,
      observer: observer)
    let isOfCheckpoints = report.hasRelations
    report = report.sorted(by: sort?.order ?? (isOfCheckpoints ? .size : .graph))
    try showing.write(report, observer: observer)
    try common.show(
      ShownDifference(
        report: report, listing: isOfCheckpoints && !all ? .failures : .all, options: showing))
    if !report.verdict.passes { throw ExitStatus.differs.asError }
  }
}

/// The order of rows, as the user says it.
enum Sorting: String, ExpressibleByArgument, CaseIterable {
  case size, graph

  var order: DifferenceReport.Order { self == .size ? .size : .graph }
}
