import ArgumentParser
import Containers
import Diagnostics
import Documents

/// The form of a report's file, by the ending of its name.
enum ReportForm: String, CaseIterable {
  case json, csv, h5, html, png

  init?(endingOf path: String) {
    guard let dot = path.lastIndex(of: ".") else { return nil }
    self.init(rawValue: path[path.index(after: dot)...].lowercased())
  }

  /// The form that a name asks for.
  ///
  /// - Throws: a `ValidationError` that lists the endings there are.
  static func required(of path: String) throws -> ReportForm {
    if let form = ReportForm(endingOf: path) { return form }
    let endings = allCases.map { "." + $0.rawValue }.joined(separator: ", ")
    throw ValidationError("The name of --output must end in one of \(endings), not '\(path)'.")
  }
}

/// A report that has all these forms.
protocol ReportFile {
  /// The report as JSON.
  var json: JSON { get }
  /// The report as one page that needs nothing else.
  func html() throws(CrosswalkError) -> [UInt8]
  /// The report as a picture.
  func png() throws(CrosswalkError) -> [UInt8]
  /// The report as records, in pieces.
  func writeCSV(_ sink: @escaping ([UInt8]) throws(CrosswalkError) -> Void) throws(CrosswalkError)
  /// The report as tensors in a container.
  func writeTensors(to path: String, replacing: Bool, observer: any Observer)
    throws(CrosswalkError)
}

extension ReportFile {
  /// Writes the report in the form that the name asks for, whole or not at all.
  func write(to path: String, as form: ReportForm, observer: any Observer) throws(CrosswalkError) {
    if form == .h5 { return try writeTensors(to: path, replacing: true, observer: observer) }
    let file = try FileWriter(path, replacing: true)
    try append(to: file, as: form)
    try file.commit()
    observer.observe(.wrote(path: path))
  }

  private func append(to file: FileWriter, as form: ReportForm) throws(CrosswalkError) {
    switch form {
    case .json: try file.append(Array((json.text(indented: false) + "\n").utf8))
    case .csv: try writeCSV { (bytes) throws(CrosswalkError) in try file.append(bytes) }
    case .html: try file.append(html())
    case .png: try file.append(png())
    case .h5: break  // a container writes its own file
    }
  }
}
