package import Diagnostics
package import Documents
import Tensors

/// What one class of layers becomes: the table of a part of a model, in the form of a family's.
///
/// It reads the layer's config as a family reads a model's, and its nodes are a template over the
/// config's values and over what is known of the layer's arguments.
package struct LayerTable: Sendable {
  /// The classes that the table is for.
  package let classes: [String]
  /// The class's name in the framework's program, where that is another than its configs have.
  package let called: String?
  /// The arguments that may be tensors, in the order in which they are given by position.
  package let arguments: [String]
  /// One sentence about the layers.
  package let summary: String
  /// Whether all that is given by position is one argument's list.
  package var takesMany: Bool { document.root["many"] == true }
  /// The table itself, with what it extends merged in.
  package let document: Document
  private let family: Family

  package static let format = "crosswalk.layer"
  /// The one dialect that a layer's config is read in.
  private static let dialect = "layer"

  /// Reads a table.
  ///
  /// - Parameter base: finds the table that this one extends.
  /// - Throws: `invalidDocument` with the place.
  package init(
    _ document: Document, base: (String) throws(CrosswalkError) -> Document
  ) throws(CrosswalkError) {
    let merged = try FamilyReader.merge(document, base: base)
    let root = merged.cursor
    try root.rejectUnknownKeys([
      "format", "version", "layers", "called", "many", "summary", "origin", "config", "arguments",
      "words", "refuse", "nodes",
      "output", "mask", "unmasks", "attention", "weights",
    ])
    guard root.value["format"]?.stringValue == Self.format else {
      throw root.refusal("not a table of a layer", expected: "\"format\": \"\(Self.format)\"")
    }
    let reader = FamilyReader(document: merged)
    classes = try root.optional("layers").map(reader.strings) ?? []
    called = try root.optional("called")?.string()
    arguments = try root.optional("arguments").map(reader.strings) ?? []
    summary = try root.optional("summary")?.string() ?? ""
    // The config is read as a family's is.
    let family = JSONObject([
      ("format", .string(FamilyReader.format)), ("family", .string(classes.first ?? "")),
      ("config", root.value["config"] ?? .object(JSONObject())),
      ("architecture", .object(JSONObject())),
      ("dialects", [Self.dialect: ["weights": .array([])]]),
    ])
    self.family = try FamilyReader(document: Document(.object(family), file: merged.file)).read()
    self.document = merged
  }

  /// What a call of a layer becomes.
  package struct Expansion: Sendable {
    /// The nodes, each with a name of its own within the layer.
    package var nodes: [JSONObject] = []
    /// What flows out: one reference, or a list of them.
    package var output: JSON = .null
    /// The mask of each thing that flows out, null for none.
    package var mask: JSON = .null
    /// The arguments whose masks the call takes away.
    package var unmasks: JSON = .null
    /// The node that makes the layer's attention table.
    package var attention: JSON = .null
    /// The rows of the layer's weights, in the order of their creation.
    package var weights: [JSON] = []
  }

  /// The values of a layer's config by the table's names.
  ///
  /// - Throws: `invalidConfig` for a key or value that the table does not handle.
  package func values(of config: Document) throws(CrosswalkError) -> JSONObject {
    let dialect = try family.dialect(Self.dialect)
    return try ConfigResolver(
      family, dialect, config: config, overrides: JSONObject(),
      names: SourceNames(TensorTable(), dialect: dialect)
    ).resolve()
  }

  /// The layer's nodes and weights for values of its config and facts of its arguments.
  ///
  /// - Throws: `unsupported` for what the table refuses.
  package func expand(_ values: JSONObject) throws(CrosswalkError) -> Expansion {
    let root = document.root
    var values = values
    for (name, formula) in root["words"]?.objectValue?.members ?? [] {
      values[name] = try Template(environment: ResolvedConfig(values)).expand(formula, [])
    }
    let template = Template(environment: ResolvedConfig(values))
    for row in root["refuse"]?.arrayValue ?? [] {
      guard try Expression.truth(template.expand(row["if"] ?? .bool(true), [])) else { continue }
      throw CrosswalkError(.unsupported, row["because"]?.stringValue ?? "not handled")
    }
    var expansion = Expansion()
    var aliases: [String: String] = [:]
    expansion.nodes = try template.nodes(root["nodes"]?.arrayValue ?? [], [], &aliases)
      .compactMap(\.objectValue)
    func reference(_ key: String) throws(CrosswalkError) -> JSON {
      try template.rewritten(template.expand(root[key] ?? .null, []), aliases)
    }
    expansion.output = try reference("output")
    expansion.mask = try reference("mask")
    expansion.attention = try reference("attention")
    expansion.unmasks = try template.expand(root["unmasks"] ?? .null, [])
    for row in root["weights"]?.arrayValue ?? [] {
      var kept = row.objectValue ?? JSONObject()
      let condition = try template.expand(kept["if"] ?? .bool(true), [])
      kept["if"] = nil
      guard try Expression.truth(condition) else { continue }
      let row = try template.expand(.object(kept), [])
      expansion.weights.append(row)
    }
    return expansion
  }
}
