import ArgumentParser
import Crosswalk
import Diagnostics
import Documents
import Reports

/// `crosswalk attention`: which token looks at which, head by head.
struct AttentionCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "attention",
    abstract: "Write attention tables, layer by layer and head by head, with token labels.",
    discussion: """
      Give a checkpoint and --inputs to run it, or a trace that holds attention. The output's ending \
      says its form: .json, .csv, .h5, .html or .png; an existing file is replaced, as a whole.

      Examples:
        crosswalk attention bert.h5 --inputs inputs.json -o attention.html
        crosswalk attention trace.h5 -o attention.csv --name '*layers.0.*'
      """)

  @Argument(help: "The checkpoint, a file or a folder; or a trace.")
  var source: String

  @Option(help: ArgumentHelp("The file of the inputs, to run a checkpoint.", valueName: "file"))
  var inputs: String?

  @Option(name: .shortAndLong, help: ArgumentHelp("The file to write.", valueName: "file"))
  var output: String

  @Option(help: ArgumentHelp("Only attention nodes whose name fits.", valueName: "glob"))
  var name: String?

  @Option(help: ArgumentHelp("Label tokens from this file.", valueName: "file"))
  var vocabulary: String?

  @OptionGroup var understanding: CheckpointOptions
  @OptionGroup var common: CommonOptions

  func validate() throws { _ = try ReportForm.required(of: output) }

  func run() throws {
    let form = try ReportForm.required(of: output)
    let observer = common.observer
    let report = try report(observer)
    try report.write(to: output, as: form, observer: observer)
    try common.show(WrittenAttention(path: output, form: form, report: report))
  }

  private func report(_ observer: any Observer) throws(CrosswalkError) -> AttentionReport {
    var tables = AttentionTables()
    tables.names = name.map(Glob.init)
    tables.vocabulary = vocabulary
    let destination = Destination(output)
    guard let inputs else {
      try destination.refuse(reading: nil, and: [source])
      return try tables.tables(of: trace())
    }
    let checkpoint = try ModelCheckpoint(
      opening: source, options: understanding.options, observer: observer)
    try destination.refuse(reading: checkpoint, and: [inputs] + [vocabulary].compactMap { $0 })
    return try tables.tables(
      of: checkpoint, inputs: InputFile.read(inputs), observer: observer)
  }

  private func trace() throws(CrosswalkError) -> Trace {
    do { return try Fixture(reading: source).trace } catch {
      // What is no trace, or a folder, may be a checkpoint that was to be run.
      let isFolder = error.kind == .cannotOpen && error.cause == nil
      guard error.kind == .unrecognized || isFolder else { throw error }
      var error = error
      error.remedy = "give --inputs FILE to run a checkpoint, or name a trace"
      throw error
    }
  }
}

extension AttentionReport: ReportFile {}

/// What was written, without the values.
private struct WrittenAttention: Presentable {
  let path: String
  let form: ReportForm
  let report: AttentionReport

  var json: JSON {
    [
      "format": "crosswalk.report", "version": 1, "report": "attention", "path": .string(path),
      "form": .string(form.rawValue), "title": .string(report.title),
      "tables": .array(
        report.tables.map { table in
          [
            "name": .string(table.name), "kind": .string(table.kind.rawValue),
            "layer": table.layer.map { .integer(Int64($0)) } ?? .null,
            "batch": .integer(Int64(table.batch)),
            "shape": .shape([table.heads, table.queries.count, table.keys.count]),
          ]
        }),
    ]
  }

  func text(style: Style) -> String {
    let rows = Set(report.tables.map(\.batch)).count
    let first = report.tables.filter { $0.batch == report.tables.first?.batch }
    let heads = first.reduce(0) { $0 + $1.heads }
    return "\(style.paint(path.printable, as: .heading)): \(first.count) attention nodes, "
      + "\(heads) heads, \(rows) batch \(rows == 1 ? "row" : "rows")\n"
  }
}
