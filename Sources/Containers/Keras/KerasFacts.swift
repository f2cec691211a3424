public import Documents
import Tensors

/// What people ask of a checkpoint of Keras: which version wrote it, and whether training can go on.
public struct KerasFacts: Sendable, Equatable {
  /// The kind of file.
  public var form: Form
  /// The version of Keras, when the file tells it.
  public var version: String?
  /// `tensorflow`, `jax` or `torch`, when the file tells it; only the older files do.
  public var backend: String?
  /// Whether it says how the model was compiled.
  public var hasTrainingConfig: Bool
  /// Whether the optimizer's state is there.
  public var hasOptimizer: Bool
  /// How many layers it names; nil where files do not.
  public var layerCount: Int?

  /// The kinds of files.
  public enum Form: String, Sendable {
    /// A `.keras` archive.
    case archive
    /// A `.weights.h5` file, or shards of it.
    case weights
    /// An `.h5` file of the whole model, as Keras 2 wrote it.
    case legacyModel = "legacy model"
    /// An `.h5` file of weights by layers, as Keras 2 and transformers wrote it.
    case legacyWeights = "legacy weights"
  }

  /// Finds the facts; nil for a checkpoint that is not of Keras.
  public init?(of contents: Contents) {
    let metadata = contents.metadata
    let names = contents.tensors.names
    func attribute(_ name: String) -> JSON? {
      metadata["attributes"]?[name] ?? metadata["objects"]?["/model_weights"]?[name]
    }
    let layers = KerasFacts.pieces(of: "layer_names", attribute)
    if metadata["config"]?["class_name"] != nil, metadata["metadata"] != nil {
      form = .archive
    } else if attribute("model_config") != nil {
      form = .legacyModel
    } else if layers != nil {
      form = .legacyWeights
    } else if metadata["attributes"] != nil, !names.isEmpty, names.allSatisfy(Self.isVariable) {
      form = .weights
    } else {
      return nil
    }
    version = (metadata["metadata"]?["keras_version"] ?? attribute("keras_version"))?.stringValue
    backend = attribute("backend")?.stringValue
    let compiled = metadata["config"]?["compile_config"]?.objectValue
    hasTrainingConfig = attribute("training_config") != nil || compiled?.isEmpty == false
    hasOptimizer = names.contains {
      $0.hasPrefix("optimizer/vars/") || $0.hasPrefix("optimizer_weights/")
    }
    layerCount = layers?.count
  }

  /// The items of a list that Keras cuts into pieces when an attribute would not hold it.
  static func pieces(of name: String, _ attribute: (String) -> JSON?) -> [JSON]? {
    if let whole = attribute(name)?.arrayValue { return whole }
    var items: [JSON]?
    var number = 0
    while let piece = attribute("\(name)\(number)")?.arrayValue {
      items = (items ?? []) + piece
      number += 1
    }
    return items
  }

  /// Whether a name is that of a variable by its number: `layers/dense/vars/0`.
  static func isVariable(_ name: String) -> Bool {
    let steps = name.split(separator: "/")
    return steps.count >= 2 && steps[steps.count - 2] == "vars"
      && steps[steps.count - 1].allSatisfy { "0"..."9" ~= $0 }
  }

  /// The facts of contents under the name `keras`; nothing where they are not of Keras.
  static func named(in contents: Contents) -> JSONObject {
    KerasFacts(of: contents).map { JSONObject([("keras", $0.json)]) } ?? JSONObject()
  }

  /// The facts as a report has them.
  public var json: JSON {
    var object = JSONObject([("form", .string(form.rawValue))])
    object["version"] = version.map { .string($0) }
    object["backend"] = backend.map { .string($0) }
    object["training"] = .bool(hasTrainingConfig)
    object["optimizer"] = .bool(hasOptimizer)
    object["layers"] = layerCount.map { .integer(Int64($0)) }
    return .object(object)
  }
}

extension HDF5 {
  /// Whether and how Keras wrote it.
  public static func facts(of contents: Contents) -> JSONObject { KerasFacts.named(in: contents) }
}

extension Keras {
  /// Which version wrote it, and whether training can go on.
  public static func facts(of contents: Contents) -> JSONObject { KerasFacts.named(in: contents) }

  /// As in its weights' file.
  public static func storage(of tensor: String, in contents: Contents) -> String? {
    HDF5.storage(of: tensor, in: contents)
  }
}
