import Crosswalk
import Documents
import Engine
import Reports

/// What was generated, and where it is kept.
struct GenerationReport: Presentable {
  let checkpoint: String
  let inputs: String
  let output: String?
  let precision: Precision
  let result: GenerationResult
  let words: Vocabulary?
  let timing: RunTiming?

  var json: JSON {
    var object = JSONObject([
      ("format", "crosswalk.generation"), ("version", 1), ("checkpoint", .string(checkpoint)),
      ("inputs", .string(inputs)), ("output", output.map(JSON.string) ?? .null),
      ("precision", .string(precision.rawValue)), ("tokens", .string(result.tokens)),
      ("prompt", .integer(Int64(result.prompt))), ("cached", .bool(result.isIncremental)),
      ("sequences", .array(result.sequences.indices.map(sequence))),
    ])
    if let timing { object["timing"] = timing.json }
    return .object(object)
  }

  private func sequence(_ row: Int) -> JSON {
    let ids = result.sequences[row]
    var object = JSONObject([
      ("ids", .array(ids.map { .integer(Int64($0)) })), ("finished", .bool(result.finished[row])),
    ])
    if let score = result.scores?[row] { object["score"] = .number(Double(score)) }
    if let words {
      object["tokens"] = .array(ids.map { words[$0].map(JSON.string) ?? .null })
    }
    return .object(object)
  }

  func text(style: Style) -> String {
    var text = ""
    for (row, ids) in result.sequences.enumerated() {
      let score = result.scores.map { "  (score \(Numbers.brief(Double($0[row]))))" } ?? ""
      text += ids.map(String.init).joined(separator: " ") + score + "\n"
      if let words {
        let new = ids.dropFirst(result.prompt).map { words[$0] ?? "\($0)" }
        text += "  " + style.paint(Self.joined(new), as: .heading) + "\n"
      }
    }
    if let output { text += "kept in \(output.printable)\n" }
    if let timing { text += timing.text }
    return text
  }

  /// Tokens as a line: as they are where they bring their spaces, else with spaces between.
  private static func joined(_ tokens: [String]) -> String {
    let haveSpaces = tokens.contains { $0.hasPrefix(" ") }
    return tokens.joined(separator: haveSpaces ? "" : " ")
  }
}
