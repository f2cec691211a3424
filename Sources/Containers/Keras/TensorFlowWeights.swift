import Diagnostics
import Documents
import Tensors

/// Weights as transformers 4 saved them with TensorFlow: `tf_model.h5`, and its shards, which name them otherwise.
///
/// The one file is Keras's by layers: `LAYER/CLASS/NAME`, where each layer lists its `CLASS/NAME`, and a weight that two
/// layers use stands in both. A shard has each once, as `NAME`, and lists just those. CLASS is the model's class,
/// which only the index of shards tells then.
struct TensorFlowWeights {
  /// The model's class, `tf_bert_for_masked_lm`.
  let className: String
  /// Whether they came as shards.
  let isSharded: Bool
  /// The weights as shards have them.
  private let named: TensorTable
  /// What is said of all of them beside the lists.
  private let facts: JSONObject

  /// The metadata by which shards that were read keep the class.
  static let classKey = "model_class"
  /// The attribute that lists layers, or, of a shard, weights.
  private static let listName = "layer_names"

  /// What further layers have of a weight that an earlier one has.
  private var repeated: [(name: String, tensor: StoredTensor)] = []

  /// Understands contents of one file or of all shards; nil for any others.
  init?(_ contents: Contents) throws(CrosswalkError) {
    let metadata = contents.metadata
    facts = Self.facts(metadata)
    if let list = Self.list(metadata["attributes"]), !list.isEmpty,
      list.count == contents.tensors.count,
      list.allSatisfy({ contents.tensors[$0] != nil && $0.contains("/") })
    {
      className = metadata[Self.classKey]?.stringValue ?? "model"
      (isSharded, named) = (true, contents.tensors)
      return
    }
    guard let layers = Self.layers(of: contents), let name = Self.className(layers) else {
      return nil
    }
    var table = TensorTable()
    for layer in layers {
      for weight in layer.weights {
        guard let tensor = contents.tensors["\(layer.name)/\(weight)"] else { return nil }
        let name = Self.shardName(of: weight)
        if table[name] != nil {
          repeated.append((name, tensor))
        } else {
          try table.append(name, tensor)
        }
      }
    }
    (className, isSharded, named) = (name, false, table)
  }

  /// The root's attributes that list no names.
  private static func facts(_ metadata: JSON) -> JSONObject {
    let members = metadata["attributes"]?.objectValue?.members ?? []
    return JSONObject(members.filter { !$0.key.hasPrefix(listName) }.map { ($0.key, $0.value) })
  }

  /// The bytes that shards have.
  var byteCount: Int { named.byteCount }

  /// The contents that shards are cut from.
  ///
  /// - Throws: `unsupported` when two layers have other values under one name.
  func sharded() throws(CrosswalkError) -> Contents {
    for (name, tensor) in repeated {
      if let first = named[name] { try Self.checkSame(first, tensor, name) }
    }
    return Contents(tensors: named, metadata: ["attributes": .object(facts)])
  }

  /// What a shard of some weights says beside them.
  static func metadata(ofShardWith names: [String], _ contents: Contents) -> JSON {
    var attributes = facts(contents.metadata)
    attributes[listName] = .array(names.map { .string($0) })
    return ["attributes": .object(attributes)]
  }

  /// The contents of one file; nil when the names do not tell the layers.
  func whole() throws(CrosswalkError) -> Contents? {
    guard named.names.allSatisfy({ !$0.contains("model.") }) else { return nil }
    var layers: [String] = []
    var weights: [String: [JSON]] = [:]
    var table = TensorTable()
    for (name, tensor) in named {
      let layer = String(name.prefix { $0 != "/" })
      if weights[layer] == nil { layers.append(layer) }
      weights[layer, default: []].append(.string("\(className)/\(name)"))
      try table.append("\(layer)/\(className)/\(name)", tensor)
    }
    let lists = layers.map { layer in
      ("/" + layer, JSON.object(JSONObject([("weight_names", .array(weights[layer] ?? []))])))
    }
    var attributes = facts
    attributes[Self.listName] = .array(layers.map { .string($0) })
    return Contents(
      tensors: table,
      metadata: ["attributes": .object(attributes), "objects": .object(JSONObject(lists))])
  }

  /// Metadata of shards that were read, each of which has listed its own weights: all of them, and the class.
  static func gathered(_ contents: Contents, keys: [String]) -> JSON {
    var metadata = contents.metadata.objectValue ?? JSONObject()
    guard let list = list(contents.metadata["attributes"]),
      list.allSatisfy({ contents.tensors[$0] != nil })
    else { return contents.metadata }
    var attributes = metadata["attributes"]?.objectValue ?? JSONObject()
    attributes[listName] = .array(contents.tensors.names.map { .string($0) })
    metadata["attributes"] = .object(attributes)
    let classes = Set(keys.map { String($0.prefix { $0 != "/" }) })
    let isTold = keys.allSatisfy { contents.tensors[$0] == nil }
    if isTold, classes.count == 1 { metadata[classKey] = classes.first.map { .string($0) } }
    return .object(metadata)
  }

  private struct Layer {
    let name: String
    let weights: [String]
  }

  private static func list(_ attributes: JSON?, _ name: String = listName) -> [String]? {
    let items = KerasFacts.pieces(of: name) { attributes?[$0] }
    let texts = items?.compactMap(\.stringValue)
    return texts?.count == items?.count ? texts : nil
  }

  /// The layers with their weights, when they account for all tensors.
  private static func layers(of contents: Contents) -> [Layer]? {
    let metadata = contents.metadata
    guard metadata["attributes"]?["model_config"] == nil, let names = list(metadata["attributes"])
    else { return nil }
    let layers = names.map { name in
      Layer(name: name, weights: list(metadata["objects"]?["/" + name], "weight_names") ?? [])
    }
    let count = layers.reduce(0) { $0 + $1.weights.count }
    return count == contents.tensors.count && count > 0 ? layers : nil
  }

  /// The class before every weight's name, which then goes on with a layer's.
  private static func className(_ layers: [Layer]) -> String? {
    let names = Set(layers.map(\.name))
    var found: String?
    for weight in layers.flatMap(\.weights) {
      let parts = weight.split(separator: "/", omittingEmptySubsequences: false)
      guard parts.count > 2, names.contains(String(parts[1])), found ?? String(parts[0]) == parts[0]
      else { return nil }
      found = String(parts[0])
    }
    return found
  }

  /// The name in a shard: without the class, unless transformers keeps it.
  private static func shardName(of weight: String) -> String {
    guard !weight.contains("model."), let slash = weight.firstIndex(of: "/") else { return weight }
    return String(weight[weight.index(after: slash)...])
  }

  private static func checkSame(_ first: StoredTensor, _ second: StoredTensor, _ name: String)
    throws(CrosswalkError)
  {
    var isSame = first.dtype == second.dtype && first.shape == second.shape
    var start = 0
    while isSame, start < first.count {
      let range = start..<min(first.count, start + 1 << 20)
      isSame = try first.bytes(range) == second.bytes(range)
      start = range.upperBound
    }
    guard isSame else {
      throw CrosswalkError(
        .unsupported, "two layers have other values for one weight, and shards have it once",
        at: Place(.tensor(name)), remedy: "leave out --shard-size")
    }
  }
}
