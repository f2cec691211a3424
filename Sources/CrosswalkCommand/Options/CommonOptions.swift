import ArgumentParser
import Diagnostics
import Documents
import Reports

/// The form of results on standard output.
enum OutputFormat: String, ExpressibleByArgument, CaseIterable {
  /// For people.
  case text
  /// For programs, valid against its schema in `Schemas`.
  case json
}

/// What every command takes.
struct CommonOptions: ParsableArguments {
  @Option(help: "Print results as text for people or as JSON for programs.")
  var format = OutputFormat.text

  @Flag(help: "Draw no progress bar.")
  var quiet = false

  /// Who hears of the work.
  var observer: any Observer { TerminalProgress.observer(isQuiet: quiet) }

  /// Prints a result in the form that was asked for; only that form is made.
  func show(_ result: some Presentable) throws(CrosswalkError) {
    switch format {
    case .text: try StandardOutput.write(result.text(style: Terminal.style))
    case .json: try StandardOutput.write(result.json.text(indented: true) + "\n")
    }
  }
}

/// A result that can be printed.
protocol Presentable {
  /// The result as lines for people.
  func text(style: Style) -> String
  /// The result for programs.
  var json: JSON { get }
}
