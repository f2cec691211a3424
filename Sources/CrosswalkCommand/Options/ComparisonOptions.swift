import ArgumentParser
import Containers
import Crosswalk
import Diagnostics
import Documents
import Reports

/// What is shown of a comparison, and the files that it is written to.
struct ComparisonOptions: ParsableArguments {
  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "Write the report to a file, too: .json, .xml (JUnit) or .html; may be repeated.",
      valueName: "file"))
  var output: [String] = []

  @Option(
    help: ArgumentHelp(
      "Show these measures, of \(Measure.allCases.map(\.rawValue).joined(separator: ", ")).",
      valueName: "list"))
  var metrics: Measures?

  typealias Measure = DifferenceReport.Measure

  func validate() throws {
    for path in output { _ = try Form.required(of: path) }
  }

  /// Refuses to replace what is being read.
  ///
  /// - Throws: `outputExists`.
  func refuse(reading checkpoint: ModelCheckpoint? = nil, and others: [String])
    throws(CrosswalkError)
  {
    for path in output { try Destination(path).refuse(reading: checkpoint, and: others) }
  }

  /// Writes the files that were asked for, each whole or not at all.
  func write(_ report: DifferenceReport, observer: any Observer) throws(CrosswalkError) {
    for path in output {
      guard let form = Form(endingOf: path) else { continue }
      let file = try FileWriter(path, replacing: true)
      switch form {
      case .json: try file.append(Array((report.json.text(indented: true) + "\n").utf8))
      case .xml: try file.append(Array(report.junit.utf8))
      case .html: try file.append(report.html())
      }
      try file.commit()
      observer.observe(.wrote(path: path))
    }
  }

  /// The form of a report's file, by the ending of its name.
  enum Form: String, CaseIterable {
    case json, xml, html

    init?(endingOf path: String) {
      guard let dot = path.lastIndex(of: ".") else { return nil }
      self.init(rawValue: path[path.index(after: dot)...].lowercased())
    }

    static func required(of path: String) throws -> Form {
      if let form = Form(endingOf: path) { return form }
      let endings = allCases.map { "." + $0.rawValue }.joined(separator: ", ")
      throw ValidationError("The name of --output must end in one of \(endings), not '\(path)'.")
    }
  }
}

/// Measures as the user lists them.
struct Measures: ExpressibleByArgument {
  let measures: [DifferenceReport.Measure]

  init?(argument: String) {
    var measures: [DifferenceReport.Measure] = []
    for word in argument.split(separator: ",") {
      guard let measure = DifferenceReport.Measure(rawValue: String(word)) else { return nil }
      measures.append(measure)
    }
    self.measures = measures
  }
}

/// A report with what is shown of it.
struct ShownDifference: Presentable {
  let report: DifferenceReport
  var listing = DifferenceReport.Listing.all
  let options: ComparisonOptions

  var json: JSON { report.json }

  func text(style: Style) -> String {
    report.text(listing: listing, measures: options.metrics?.measures, style: style)
  }
}
