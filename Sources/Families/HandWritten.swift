import Architectures
import Diagnostics
import Documents

extension Family {
  /// Whether a document is an architecture, not a family's file.
  static func isArchitecture(_ document: Document) -> Bool {
    document.root["format"]?.stringValue == "crosswalk.architecture"
      || (document.root["format"] == nil && document.root["nodes"] != nil)
  }

  /// The family of one architecture alone, written by hand: a tensor has its parameter's name.
  ///
  /// - Throws: `invalidDocument` or `wrongShape`, with the place.
  init(ofArchitecture document: Document) throws(CrosswalkError) {
    let architecture = try Architecture(document)
    let file = document.file?.split(separator: "/").last.map(String.init) ?? ""
    let name = architecture.family ?? String(file.split(separator: ".").first ?? "architecture")
    var template = JSONObject()
    for key in ["inputs", "nodes", "outputs"] { template[key] = document.root[key] }
    var rows = architecture.parameters.map { parameter -> JSON in
      ["theirs": .string(parameter.name), "ours": .string(parameter.name)]
    }
    let words = ["words.bytes", "words.offsets"]
    for name in words where !architecture.parameters.contains(where: { $0.name == name }) {
      rows.append(
        ["theirs": .string(name), "ignore": "the words of a table's rows", "compare": true])
    }
    try self.init(
      Document(
        [
          "format": "crosswalk.family", "version": 1, "family": .string(name),
          "summary": document.root["description"] ?? "",
          "config": ["irrelevant": ["*"]],
          "architecture": .object(template),
          "dialects": ["pytorch": ["weights": .array(rows)]],
        ], file: document.file)
    ) { (name) throws(CrosswalkError) in
      throw CrosswalkError(.unsupported, "an architecture extends nothing, and so not '\(name)'")
    }
  }
}
