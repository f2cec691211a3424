import Architectures
public import Diagnostics
public import Documents
public import Families
public import Tensors

/// Models whose graph Keras wrote down: Functional and Sequential ones, and those nested in them.
///
/// A config becomes a family of one: an architecture without formulas, and for each way in which
/// Keras keeps weights a dialect of explicit rows. All that families do is then done with it.
public enum KerasModels {
  /// What a checkpoint says beside the names and shapes of its tensors.
  public struct Description: Sendable {
    /// The model's config: `config.json`, or the attribute `model_config`.
    public var config: Document
    /// The version of Keras that wrote it, as `3.15.1`; nil when nothing tells.
    public var version: String?
    /// The tensors of each layer in the model's order, where the file lists them so.
    public var layers: [(name: String, tensors: [String])]?

    /// Tables of the model's own layers, where it has some; see ``KerasModels/areTables(_:)``.
    public var tables: Document?

    /// Gathers a description.
    public init(
      config: Document, version: String? = nil,
      layers: [(name: String, tensors: [String])]? = nil, tables: Document? = nil
    ) {
      self.tables = tables
      self.config = config
      self.version = version
      self.layers = layers
    }
  }

  private static let tablesFormat = "crosswalk.layers"

  /// Whether a document is a table of a layer, or a file of several.
  public static func areTables(_ document: Document) -> Bool {
    let format = document.root["format"]?.stringValue
    return format == LayerTable.format || format == tablesFormat
  }

  /// The tables in a document.
  static func tables(in document: Document) throws(CrosswalkError) -> [Document] {
    let root = document.cursor
    guard root.value["format"]?.stringValue == tablesFormat else { return [document] }
    try root.rejectUnknownKeys(["format", "version", "summary", "tables"])
    var tables: [Document] = []
    for table in try root.require("tables").array() {
      var object = table.value.objectValue ?? JSONObject()
      if object["format"] == nil { object["format"] = .string(LayerTable.format) }
      tables.append(Document(.object(object), file: document.file))
    }
    return tables
  }

  /// Whether a config is of a model whose layers and connections it has.
  public static func recognises(_ config: Document) -> Bool {
    ModelConfig.recognises(config.root)
  }

  /// The family of a model.
  ///
  /// - Parameter tensors: the checkpoint's tensors; only names are looked at.
  /// - Throws: `unsupported` for a layer that no table is for, `invalidConfig` for what a layer's
  ///   table does not handle, each with its place in the config; `wrongShape` for layers that do not
  ///   fit together.
  public static func family(of description: Description, tensors: TensorTable)
    throws(CrosswalkError) -> Family
  {
    let root = description.config.cursor
    let said = description.version ?? root.value["keras_version"]?.stringValue
    let version = said.flatMap { $0.split(separator: ".").first }.flatMap { Int($0) } ?? 3
    let model = try ModelConfig(
      root.require("config"), className: root.require("class_name").string(), version: version)
    let library = try LayerLibrary(description.tables)
    let graph = try ModelGraph(model, root, library)
    let document = ModelFamily(
      model: model, graph: graph, version: said ?? "\(version)", description: description,
      names: tensors.names, library: library)
    return try FamilyLibrary.family(Document(try document.json(), file: description.config.file))
  }
}
