import ArgumentParser
import Crosswalk
import Diagnostics
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
      """)

  @Argument(help: "The checkpoint, a file or a folder.")
  var checkpoint: String

  @Flag(help: "Add statistics over the values of each tensor.")
  var stats = false

  @Flag(help: "Add the values: in text the first of them, in JSON all.")
  var values = false

  @Option(help: ArgumentHelp("Only tensors whose name fits, with * and ?.", valueName: "glob"))
  var name: String?

  @OptionGroup var common: CommonOptions

  /// As many values of a tensor as a person cares to read.
  private static let readable = 100

  func run() throws {
    var inspection = Inspection()
    inspection.names = name.map(Glob.init)
    inspection.statistics = stats
    if values { inspection.values = common.format == .json ? .all : .first(Self.readable) }
    try common.show(inspection.inspect(checkpoint, observer: common.observer))
  }
}

extension InspectReport: Presentable {}
