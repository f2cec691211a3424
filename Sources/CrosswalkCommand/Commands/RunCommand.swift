import ArgumentParser
import Crosswalk
import Diagnostics
import Engine

/// `crosswalk run`: one forward pass.
struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Run a checkpoint on inputs, and keep what came out as a trace.",
    discussion: """
      Inputs are HDF5 (datasets at the root or under /inputs), safetensors, npz, a trace, or JSON \
      such as {"input_ids": [[101, 102]]}. An existing trace is replaced, as a whole.

      Examples:
        crosswalk run bert.h5 --inputs inputs.json --output trace.h5
        crosswalk run bert.h5 --inputs inputs.json --output all.h5 --capture all
        crosswalk run bert.h5 --inputs inputs.json -o trace.h5 --repeat 20 --timing
      """)

  @Argument(help: "The checkpoint, a file or a folder.")
  var checkpoint: String

  @Option(help: ArgumentHelp("The file of the inputs.", valueName: "file"))
  var inputs: String

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("The trace to write, .h5 or .safetensors.", valueName: "trace"))
  var output: String

  @OptionGroup var passes: PassOptions
  @OptionGroup var understanding: CheckpointOptions
  @OptionGroup var common: CommonOptions

  func run() throws {
    let observer = common.observer
    var timing = RunTiming()
    var inputs = try InputFile.read(self.inputs)
    let model = try timing.load { () throws(CrosswalkError) in
      let checkpoint = try ModelCheckpoint(
        opening: checkpoint, options: understanding.options, observer: observer)
      try Destination(output).refuse(reading: checkpoint, and: [self.inputs])
      inputs = try checkpoint.inputs(inputs)
      return try checkpoint.model(precision: passes.precision, observer: observer)
    }
    var trace = Trace()
    for _ in 0..<passes.count {
      trace = try timing.forward { () throws(CrosswalkError) in
        try model.run(inputs, capture: passes.capture.selection, observer: observer)
      }
    }
    try passes.keep(trace, of: model, at: output, observer: observer)
    try common.show(
      try RunReport(
        checkpoint: checkpoint, inputs: self.inputs, output: output, precision: passes.precision,
        trace: trace, timing: passes.timing ? timing : nil))
  }
}
