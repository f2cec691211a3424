import Diagnostics

extension DifferenceReport {
  /// The report as JUnit's XML, a case for each row and each name without a counterpart.
  ///
  /// What differs is a failure, what could not be compared an error. There are no dates and no times,
  /// so that equal reports are equal files. Source: Jenkins' `junit-10.xsd`.
  public var junit: String {
    let absent = missing.map { ("missing", $0) } + unexpected.map { ("unexpected", $0) }
    let sums: [(String, String)] = [
      ("tests", "\(rows.count + absent.count)"),
      ("failures", "\(rows.count { $0.verdict == .differs } + absent.count)"),
      ("errors", "\(rows.count { $0.verdict == .incomparable })"), ("time", "0"),
    ]
    var lines = [
      #"<?xml version="1.0" encoding="UTF-8"?>"#,
      XML.open("testsuites", [("name", "crosswalk")] + sums),
      "  " + XML.open("testsuite", [("name", subject)] + sums + [("skipped", "0")]),
    ]
    for row in rows { lines += row.testCase }
    for (kind, name) in absent {
      let words = kind == "missing" ? "the reference alone has it" : "the reference has it not"
      lines += XML.testCase(name, className: kind, failure: ("failure", kind, words, words))
    }
    let sentences = [verdict.rawValue] + notes
    lines.append("    <system-out>\(XML.text(sentences.joined(separator: "\n")))</system-out>")
    lines += ["  </testsuite>", "</testsuites>"]
    return lines.joined(separator: "\n") + "\n"
  }
}

extension DifferenceReport.Row {
  fileprivate var testCase: [String] {
    guard !verdict.passes else { return XML.testCase(name, className: role, failure: nil) }
    let tag = verdict == .incomparable ? "error" : "failure"
    var message = note ?? "differs"
    if let metrics {
      message +=
        ": relative RMS \(Numbers.brief(metrics.relativeRMS, digits: 3)), largest "
        + "\(Numbers.brief(metrics.maximumAbsolute, digits: 3))"
      if !place.isEmpty { message += " at \(place)" }
    }
    var facts = ["verdict: \(verdict.rawValue)"]
    if let counterpart { facts.append("reference: \(counterpart)") }
    if let metrics {
      for measure in DifferenceReport.Measure.allCases {
        if let text = measure.text(metrics) { facts.append("\(measure.rawValue): \(text)") }
      }
    }
    if let isolated { facts.append("alone: \(isolated.verdict.rawValue)") }
    return XML.testCase(
      name, className: role,
      failure: (
        tag, relation?.kind.rawValue ?? verdict.rawValue, message, facts.joined(separator: "\n")
      ))
  }
}

/// The little XML that there is.
private enum XML {
  static func open(_ tag: String, _ attributes: [(String, String)], isEmpty: Bool = false) -> String
  {
    let texts = attributes.map { " \($0.0)=\"\(text($0.1))\"" }
    return "<\(tag)\(texts.joined())\(isEmpty ? "/" : "")>"
  }

  static func testCase(
    _ name: String, className: String,
    failure: (tag: String, type: String, message: String, facts: String)?
  ) -> [String] {
    let attributes = [("classname", className), ("name", name), ("time", "0")]
    guard let failure else { return ["    " + open("testcase", attributes, isEmpty: true)] }
    let inner = [("type", failure.type), ("message", failure.message)]
    return [
      "    " + open("testcase", attributes),
      "      \(open(failure.tag, inner))\(text(failure.facts))</\(failure.tag)>", "    </testcase>",
    ]
  }

  /// Text within an element or an attribute; what XML 1.0 cannot hold is replaced.
  static func text(_ text: String) -> String {
    var scalars = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      switch scalar.value {
      case 9, 10, 13, 0x20...0xD7FF, 0xE000...0xFFFD, 0x10000...: scalars.append(scalar)
      default: scalars.append("\u{FFFD}")
      }
    }
    return String(scalars).escapedForHTML
  }
}
