import Architectures
import ArgumentParser
import Crosswalk
import Diagnostics
import Documents
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

  @Option(
    help: ArgumentHelp(
      "What to keep: outputs, all, or nodes whose name fits.", valueName: "outputs|all|glob"))
  var capture = Capture(argument: "outputs")

  @Option(help: "Compute in this precision.")
  var precision = Precision.float32

  @Option(name: .customLong("repeat"), help: ArgumentHelp("Run so many times.", valueName: "n"))
  var count = 1

  @Flag(help: "Tell how long loading and each run took.")
  var timing = false

  @OptionGroup var understanding: CheckpointOptions
  @OptionGroup var common: CommonOptions

  func validate() throws {
    guard count > 0 else { throw ValidationError("--repeat is a count from 1 up, not \(count).") }
  }

  func run() throws {
    let observer = common.observer
    var timing = RunTiming()
    var inputs = try InputFile.read(self.inputs)
    let model = try timing.load { () throws(CrosswalkError) in
      let checkpoint = try ModelCheckpoint(
        opening: checkpoint, options: understanding.options, observer: observer)
      try Destination(output).refuse(reading: checkpoint, and: [self.inputs])
      inputs = try checkpoint.inputs(inputs)
      return try checkpoint.model(precision: precision, observer: observer)
    }
    var trace = Trace()
    for _ in 0..<count {
      trace = try timing.forward { () throws(CrosswalkError) in
        try model.run(inputs, capture: capture.selection, observer: observer)
      }
    }
    try capture.check(trace)
    trace.metadata["architecture"] = .string(model.architecture.source.text(indented: false))
    try trace.write(to: output, replacing: true, observer: observer)
    try common.show(
      try RunReport(
        checkpoint: checkpoint, inputs: self.inputs, output: output, precision: precision,
        trace: trace, timing: self.timing ? timing : nil))
  }
}

/// What a run keeps, as the user says it.
struct Capture: ExpressibleByArgument, CustomStringConvertible {
  let description: String

  init(argument: String) { description = argument }

  /// Refuses a pattern that fits nothing, as a slip of the pen would.
  func check(_ trace: Trace) throws(CrosswalkError) {
    guard case .matching = selection, trace.nodes.isEmpty, trace.attention.isEmpty else { return }
    throw CrosswalkError(
      .invalidInput, "no node's name fits '\(description)', which --capture asks for",
      remedy: "crosswalk architecture CHECKPOINT --graph dot names the nodes")
  }

  var selection: CaptureSelection {
    switch description {
    case "outputs": .outputs
    case "all": .all
    default: .matching(Glob(description))
    }
  }
}
