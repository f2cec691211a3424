import Documents
import Families

/// A model of Keras's own layers and KerasHub's, for what no class of KerasHub's models says.
///
/// A family's table has the layers as rows: a name, a class (`Dense`, or `keras_hub>PositionEmbedding`
/// for one of KerasHub's), its settings, and its arguments, in which `{ "tensor": NAME }` is another
/// layer's output.
enum KerasGraph {
  /// The member in which a config says what the weights are of, for whoever reads it here again.
  static let mark = "crosswalk"

  /// The family that a config was written for here; nil for a config of any other make.
  static func family(of config: Document?) -> String? {
    values(in: config) == nil ? nil : config?.root[mark]?["family"]?.stringValue
  }

  /// The family's values that a config was written from here.
  static func values(in config: Document?) -> JSONObject? {
    config?.root[mark]?["values"]?.objectValue
  }

  /// The config of a functional model.
  static func config(_ graph: JSON, of crossing: Crossing) -> JSON {
    let layers = (graph["layers"]?.arrayValue ?? []).map(layer)
    func ends(_ key: String) -> JSON {
      .object(
        JSONObject((graph[key]?.objectValue?.members ?? []).map { ($0.key, [$0.value, 0, 0]) }))
    }
    return [
      "module": "keras.src.models.functional", "class_name": "Functional",
      "config": [
        "name": .string(crossing.family.name), "trainable": true, "layers": .array(layers),
        "input_layers": ends("inputs"), "output_layers": ends("outputs"),
      ],
      "registered_name": "Functional",
      "crosswalk": [
        "family": .string(crossing.family.name), "values": .object(crossing.values),
      ],
    ]
  }

  private static func layer(_ row: JSON) -> JSON {
    let words = (row["class"]?.stringValue ?? "").split(separator: ">").map(String.init)
    let name = row["name"] ?? .null
    var config = JSONObject([("name", name)])
    for (key, value) in row["config"]?.objectValue?.members ?? [] { config[key] = value }
    var nodes: [JSON] = []
    if let arguments = row["args"] {
      nodes = [["args": linked(arguments), "kwargs": linked(row["kwargs"] ?? [:])]]
    }
    return [
      "module": row["module"] ?? (words.count > 1 ? "keras_hub.layers" : "keras.layers"),
      "class_name": .string(words.last ?? ""), "config": .object(config),
      "registered_name": words.count > 1 ? row["class"] ?? .null : row["registered_name"] ?? .null,
      "name": name, "inbound_nodes": .array(nodes),
    ]
  }

  /// Arguments with Keras's own words for the outputs of other layers.
  private static func linked(_ json: JSON) -> JSON {
    switch json {
    case .array(let items): return .array(items.map(linked))
    case .object(let object):
      guard let name = object["tensor"] else {
        return .object(JSONObject(object.members.map { ($0.key, linked($0.value)) }))
      }
      return [
        "class_name": "__keras_tensor__",
        "config": ["shape": [.null, .null], "dtype": "float32", "keras_history": [name, 0, 0]],
      ]
    default: return json
    }
  }
}
