import Diagnostics
import Documents

/// A model as one version of Keras has it: the config in that version's words, and the weights under
/// its names.
struct Rendition {
  let version: Int
  /// The config as an archive has it.
  let config: JSON
  let weights: WeightRows
  /// What of the model is not quite the same there, in sentences.
  var notes: [String] = []

  /// The model in the words that it came in.
  ///
  /// - Throws: `invalidConfig` for a layer that is none.
  init(
    _ description: KerasModels.Description, _ model: ModelConfig, _ graph: ModelGraph,
    names: [String]
  ) throws(CrosswalkError) {
    version = model.version
    config = try Self.modules(of: description.config.root, version: version)
    weights = WeightRows(
      model: model, parameters: graph.builder.parameters, version: version, names: Set(names),
      layers: description.layers)
  }

  /// The model in another version's words.
  ///
  /// - Throws: `unsupported` where that version has no word for a layer, or computes something else.
  init(
    of model: ModelConfig, _ graph: ModelGraph, in version: Int, _ library: LayerLibrary
  ) throws(CrosswalkError) {
    self.version = version
    config = .object(try ConfigTranslation(to: version, library).object(of: model))
    let root = Document(config).cursor
    let name = "Keras \(version)"
    let again = try ModelConfig(
      root.require("config"), className: root.require("class_name").string(), version: version)
    let other = try ModelGraph(again, root, library)
    weights = WeightRows(
      model: again, parameters: other.builder.parameters, version: version)
    guard let node = GraphIdentity.difference(graph, other) else { return }
    // Where nothing at all may be seen, the versions differ, and few look there.
    let rest = GraphIdentity.difference(graph, other, ignoring: ["fully_masked"])
    if let node = rest {
      throw CrosswalkError(.unsupported, "\(name) would compute something else in '\(node)'")
    }
    notes.append(
      "\(name) computes something else in '\(node)' for what is masked from everything")
  }

  /// A config that says of each layer where Keras has it, as archives do and older files do not.
  private static func modules(of config: JSON, version: Int) throws(CrosswalkError) -> JSON {
    guard var object = config.objectValue, let word = object["class_name"]?.stringValue else {
      return config
    }
    var inner = object["config"]?.objectValue ?? JSONObject()
    let isModel = ModelConfig.classes.contains(word)
    if isModel, let layers = inner["layers"]?.arrayValue {
      var said: [JSON] = []
      for layer in layers { said.append(try modules(of: layer, version: version)) }
      inner["layers"] = .array(said)
      object["config"] = .object(inner)
    }
    guard object["module"] == nil else { return .object(object) }
    let layer = try LayerConfig(Document(config).cursor, version: version)
    if isModel, word != "Sequential" {
      if version < 3 { object["class_name"] = "Model" }
      object["module"] = version < 3 ? "keras" : "keras.src.models.functional"
      object["registered_name"] = version < 3 ? .null : .string(word)
    } else {
      object["module"] =
        layer.isOperation
        ? .string(try VersionWords(version).module(ofOperation: word))
        : isModel ? "keras" : "keras.layers"
      let isNamed = layer.isOperation || word.contains(">")
      object["registered_name"] = isNamed ? .string(word) : .null
    }
    return .object(object)
  }

  /// A config as files of lists have it in Keras 2, of which no release looks for a layer's place.
  private static func withoutModules(_ config: JSON) -> JSON {
    guard var object = config.objectValue else { return config }
    for key in ["module", "registered_name", "build_config"] { object[key] = nil }
    if object["class_name"] == "Model" { object["class_name"] = "Functional" }
    if var inner = object["config"]?.objectValue, let layers = inner["layers"]?.arrayValue {
      inner["layers"] = .array(layers.map(withoutModules))
      object["config"] = .object(inner)
    }
    return .object(object)
  }

  // MARK: Files

  /// What an archive says of itself.
  func metadata(_ keras: String) -> JSON {
    var metadata = JSONObject([("metadata", ["keras_version": .string(keras)])])
    // Keras 2 looks for the model's own variables, of which there are none.
    if version < 3 {
      metadata["attributes"] = [:]
      metadata["objects"] = ["/vars": [:]]
    }
    return .object(metadata)
  }

  /// What a file of lists says of itself: the config, the layers and the weights of each.
  func lists(_ keras: String) -> JSON {
    let listed = weights.listed
    let isWhole = listed.allSatisfy { entry in
      entry.tensors.allSatisfy { $0.hasPrefix(WeightRows.folder) }
    }
    let folder = isWhole ? WeightRows.folder : ""
    let facts: [(String, JSON)] = [("backend", "tensorflow"), ("keras_version", .string(keras))]
    let names = [("layer_names", JSON.array(listed.map { .string($0.layer) }))]
    var objects: [(String, JSON)] = listed.map { layer, tensors, _ in
      let tensors = tensors.map {
        JSON.string(String($0.dropFirst(folder.count + layer.utf8.count + 1)))
      }
      return ("/\(folder)\(layer)", ["weight_names": .array(tensors)])
    }
    if isWhole {
      objects.insert(("/model_weights", .object(JSONObject(names + facts))), at: 0)
    }
    let said = version < 3 ? Self.withoutModules(config) : config
    let own = isWhole ? [("model_config", JSON.string(said.text(indented: false)))] : names
    return [
      "attributes": .object(JSONObject(facts + own)), "objects": .object(JSONObject(objects)),
    ]
  }
}
