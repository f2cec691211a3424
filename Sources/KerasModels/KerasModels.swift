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

    /// Gathers a description.
    public init(
      config: Document, version: String? = nil,
      layers: [(name: String, tensors: [String])]? = nil
    ) {
      self.config = config
      self.version = version
      self.layers = layers
    }
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
    let graph = try ModelGraph(model, root)
    let document = ModelFamily(
      model: model, graph: graph, version: said ?? "\(version)", description: description,
      names: tensors.names)
    return try FamilyLibrary.family(Document(document.json(), file: description.config.file))
  }
}
