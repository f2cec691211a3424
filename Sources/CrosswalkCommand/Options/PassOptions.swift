import Architectures
import ArgumentParser
import Crosswalk
import Diagnostics
import Documents
import Engine

/// How passes through a graph go, and what is kept of them.
struct PassOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "What to keep: outputs, all, or nodes whose name fits.", valueName: "outputs|all|glob"))
  var capture = Capture(argument: "outputs")

  @Option(help: "Compute in this precision.")
  var precision = Precision.float32

  @Option(name: .customLong("repeat"), help: ArgumentHelp("Do it so many times.", valueName: "n"))
  var count = 1

  @Flag(help: "Tell how long loading and each time took.")
  var timing = false

  func validate() throws {
    guard count > 0 else { throw ValidationError("--repeat is a count from 1 up, not \(count).") }
  }

  /// Writes a trace with the graph that made it, in place of what is there.
  func keep(_ trace: Trace, of model: Model, at path: String, observer: any Observer)
    throws(CrosswalkError)
  {
    try capture.check(trace)
    var trace = trace
    trace.metadata["architecture"] = .string(model.architecture.source.text(indented: false))
    try trace.write(to: path, replacing: true, observer: observer)
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
