import Architectures
import ArgumentParser
import Crosswalk
import Diagnostics
import Documents
import Reports

/// `crosswalk architecture`: the graph of a checkpoint, or the proof that a graph is sound.
struct ArchitectureCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "architecture",
    abstract: "Print the graph of a checkpoint, or check one that is written by hand.",
    discussion: """
      The architecture is JSON, for people and programs alike; every value in it is settled.

      Examples:
        crosswalk architecture bert.h5
        crosswalk architecture bert.h5 --graph dot | dot -Tsvg > bert.svg
        crosswalk architecture --validate mine.json
      """)

  /// A language for pictures of graphs.
  enum GraphLanguage: String, ExpressibleByArgument, CaseIterable {
    /// Graphviz.
    case dot
  }

  @Argument(help: "The checkpoint, a file or a folder.")
  var checkpoint: String?

  @Option(help: "Print the graph for Graphviz instead.")
  var graph: GraphLanguage?

  @Option(
    name: .customLong("validate"),
    help: ArgumentHelp("Check an architecture's file instead of a checkpoint.", valueName: "file"))
  var file: String?

  @OptionGroup var understanding: CheckpointOptions
  @OptionGroup var common: CommonOptions

  func validate() throws {
    guard (checkpoint == nil) != (file == nil) else {
      throw ValidationError("Give either a checkpoint or --validate FILE.")
    }
    guard graph == nil || common.format == .text else {
      throw ValidationError("--graph dot is no JSON: leave out --format json.")
    }
  }

  func run() throws {
    if let file {
      let architecture = try Architecture(Document(reading: file))
      guard graph == nil else { return try StandardOutput.write(architecture.graphviz) }
      try common.show(Validation(file: file, architecture: architecture))
    } else if let checkpoint {
      let model = try ModelCheckpoint(
        opening: checkpoint, options: understanding.options, observer: common.observer)
      guard graph == nil else { return try StandardOutput.write(model.architecture.graphviz) }
      try common.show(Graph(architecture: model.architecture))
    }
  }
}

/// The graph's JSON, which is for people as well.
private struct Graph: Presentable {
  let architecture: Architecture
  var json: JSON { architecture.source }
  func text(style: Style) -> String { json.text(indented: true) + "\n" }
}

/// What was found in an architecture that is valid; one that is not is an error.
private struct Validation: Presentable {
  let file: String
  let architecture: Architecture

  var json: JSON {
    [
      "format": "crosswalk.validation", "version": 1, "file": .string(file), "valid": true,
      "inputs": .array(architecture.inputs.map { .string($0.name) }),
      "outputs": .array(architecture.outputs.map { .string($0.name) }),
      "nodes": .integer(Int64(architecture.nodes.count)),
      "parameters": .integer(Int64(architecture.parameters.count)),
    ]
  }

  func text(style: Style) -> String {
    let flow = [architecture.inputs.map(\.name), architecture.outputs.map(\.name)]
      .map { $0.joined(separator: ", ") }.joined(separator: " → ")
    return """
      \(file.printable): \(style.paint("valid", as: .good))
      \(flow.printable)
      \(architecture.nodes.count) nodes, \(architecture.parameters.count) parameters

      """
  }
}
