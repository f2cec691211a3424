import ArgumentParser
import Crosswalk
import Diagnostics
import Documents
import Reports

/// `crosswalk positions`: how a model encodes positions.
struct PositionsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "positions",
    abstract: "Write positional encodings: the table, and how alike its positions are.",
    discussion: """
      The output's ending says its form: .json, .csv, .h5, .html or .png; an existing file is \
      replaced, as a whole.

      Shown are learned tables (and the sinusoidal formula that made one), sinusoidal, axial and \
      rotary positions, linear biases, biases and rows by distance. Each table says what it is made \
      of; of positions, whether the dot product is largest with itself and falls with distance.

      Examples:
        crosswalk positions bert.h5 -o positions.html
        crosswalk positions translator.pt --count 64 -o positions.csv
      """)

  @Argument(help: "The checkpoint, a file or a folder.")
  var checkpoint: String

  @Option(name: .shortAndLong, help: ArgumentHelp("The file to write.", valueName: "file"))
  var output: String

  @Option(help: ArgumentHelp("How many positions, not as many as the model has.", valueName: "n"))
  var count: Int?

  @OptionGroup var understanding: CheckpointOptions
  @OptionGroup var common: CommonOptions

  func validate() throws {
    _ = try ReportForm.required(of: output)
    if let count, count < 1 { throw ValidationError("--count is from 1 up, not \(count).") }
  }

  func run() throws {
    let form = try ReportForm.required(of: output)
    let observer = common.observer
    let checkpoint = try ModelCheckpoint(
      opening: checkpoint, options: understanding.options, observer: observer)
    try Destination(output).refuse(reading: checkpoint)
    var positions = Positions()
    positions.count = count
    let report = try positions.tables(of: checkpoint, observer: observer)
    try report.write(to: output, as: form, observer: observer)
    try common.show(WrittenPositions(path: output, form: form, report: report))
  }
}

extension PositionsReport: ReportFile {}

/// What was written, without the values.
private struct WrittenPositions: Presentable {
  let path: String
  let form: ReportForm
  let report: PositionsReport

  var json: JSON {
    [
      "format": "crosswalk.report", "version": 1, "report": "positions", "path": .string(path),
      "form": .string(form.rawValue), "title": .string(report.title),
      "tables": .array(
        report.tables.map { table in
          [
            "name": .string(table.name), "kind": .string(table.kind),
            "shape": .shape([table.positions, table.width]),
          ]
        }),
    ]
  }

  func text(style: Style) -> String {
    let heading = style.paint(path.printable, as: .heading)
    let tables = report.tables.map { table in
      let about = table.notes + [table.verdict(of: table.similarity())?.sentence].compactMap { $0 }
      return
        "  \(table.name.printable): \(table.kind.printable), \(table.positions) \(table.rows.rawValue)"
        + " of width \(table.width)\n"
        + about.map { "    \($0.printable)\n" }.joined()
    }
    return "\(heading)\n\(tables.joined())"
  }
}
