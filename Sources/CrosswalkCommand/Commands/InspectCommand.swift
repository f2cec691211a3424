import ArgumentParser
import Crosswalk
import Diagnostics
import Documents
import Reports

/// `crosswalk inspect`: what a checkpoint holds.
struct InspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "Show what a checkpoint holds: container, metadata and every tensor.",
    discussion: """
      Works on any tensors, whether or not a family knows them.

      Examples:
        crosswalk inspect model.safetensors
        crosswalk inspect bert-folder --stats --name '*attention*weight'
        crosswalk inspect bert.h5 --values --name 'pooler.bias' --format json
        crosswalk inspect bert.h5 --values --slice 0:2,:4 --name '*query/weight'
        crosswalk inspect bert.h5 --tree
      """)

  @Argument(help: "The checkpoint, a file or a folder.")
  var checkpoint: String

  @Flag(help: "Add statistics over the values of each tensor.")
  var stats = false

  @Flag(help: "Add the values: in text the first of them, in JSON all.")
  var values = false

  @Flag(help: "Show the names as a tree with sums, alike layers once.")
  var tree = false

  @Option(
    help: ArgumentHelp(
      "Only this part of each tensor, a range for each axis from the first: '0:2,:,5'.",
      valueName: "ranges"))
  var slice: String?

  @Option(help: ArgumentHelp("Only tensors whose name fits, with * and ?.", valueName: "glob"))
  var name: String?

  @OptionGroup var reading: ReadingOptions
  @OptionGroup var common: CommonOptions

  /// As many values of a tensor as a person cares to read.
  private static let readable = 100

  func validate() throws {
    if let slice, TensorSlice(slice) == nil {
      throw ValidationError("'\(slice)' is no list of ranges such as 0:2,:,5")
    }
    if tree && (stats || values) {
      throw ValidationError("--tree shows names and sums: leave out --stats and --values")
    }
  }

  func run() throws {
    var inspection = Inspection()
    inspection.names = name.map(Glob.init)
    inspection.statistics = stats
    inspection.reading = reading.options
    if values { inspection.values = common.format == .json ? .all : .first(Self.readable) }
    inspection.slice = slice.flatMap(TensorSlice.init)
    let report = try inspection.inspect(checkpoint, observer: common.observer)
    try tree ? common.show(TreeOfNames(report: report)) : common.show(report)
  }
}

extension InspectReport: Presentable {}

/// The same report, its text a tree.
private struct TreeOfNames: Presentable {
  let report: InspectReport

  var json: JSON { report.json }
  func text(style: Style) -> String { report.tree(style: style) }
}
