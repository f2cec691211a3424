import Diagnostics
import Documents

/// A model as Keras writes it into its config: layers, and who calls whom.
struct ModelConfig {
  /// The model's name.
  let name: String
  /// Its layers, in the config's order, which is that of the weights too.
  let layers: [LayerConfig]
  /// The calls, by layer in the config's order.
  var calls: [ModelCall]
  /// What flows in; a name where the model takes its inputs by name.
  let inputs: [(name: String?, tensor: TensorKey)]
  /// What flows out; a name where the model gives its outputs by name.
  let outputs: [(name: String?, tensor: TensorKey)]
  /// Whether the layers follow one another.
  let isSequential: Bool
  /// The version of Keras that wrote it.
  let version: Int
  /// What else the config says of the model.
  let settings: JSONObject

  /// The classes that a config with layers may be of beside those that say how they connect.
  static let classes = ["Functional", "Sequential", "Model"]

  /// The class of what stands for an input.
  static let inputClass = "InputLayer"

  /// Whether a config's object is of a model whose layers and connections are written down.
  static func recognises(_ root: JSON) -> Bool {
    guard let className = root["class_name"]?.stringValue else { return false }
    let config = root["config"]
    if className == "Sequential" { return (config?["layers"] ?? config)?.arrayValue != nil }
    return config?["layers"]?.arrayValue != nil && config?["input_layers"] != nil
      && config?["output_layers"] != nil
  }

  /// Reads the `config` of a model.
  ///
  /// - Throws: `invalidConfig` or `invalidDocument` with the place.
  init(_ config: DocumentCursor, className: String, version: Int) throws(CrosswalkError) {
    let list = config.value.arrayValue != nil ? config : try config.require("layers")
    var layers: [LayerConfig] = []
    for cursor in try list.array() { layers.append(try LayerConfig(cursor, version: version)) }
    self.layers = layers
    self.version = version
    settings = config.value.objectValue ?? JSONObject()
    name = config.value["name"]?.stringValue ?? className.snakeCased
    isSequential = config.value["input_layers"] == nil
    guard !isSequential else {
      (calls, inputs, outputs) = ([], [], [])
      return
    }
    let byName = Dictionary(layers.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    var calls: [ModelCall] = []
    for layer in layers {
      let nodes = try layer.cursor.optional("inbound_nodes")?.array() ?? []
      for (number, node) in nodes.enumerated() {
        var (positional, named) = try Argument.arguments(of: node) { byName[$0] != nil }
        if let function = layer.function {
          (positional, named) = ([], function.renamed(positional, named))
        }
        calls.append(ModelCall(layer: layer, number: number, positional: positional, named: named))
      }
    }
    let outputs = try TensorKey.keys(in: config.require("output_layers"))
    let shifted = Self.countedFromOne(calls, outputs.map(\.tensor))
    func rebased(_ key: TensorKey) -> TensorKey {
      shifted.contains(key.layer)
        ? TensorKey(layer: key.layer, call: key.call - 1, output: key.output) : key
    }
    self.calls = calls.map { call in
      ModelCall(
        layer: call.layer, number: call.number,
        positional: call.positional.map { $0.mapped(rebased) },
        named: call.named.map { ($0.name, $0.argument.mapped(rebased)) })
    }
    inputs = try TensorKey.keys(in: config.require("input_layers"))
    self.outputs = outputs.map { name, key in
      guard version >= 3, let model = byName[key.layer]?.model, !model.isSequential else {
        return (name, rebased(key))
      }
      // Keras 3 counts from 1 only here, and only models that say how their layers connect.
      return (name, TensorKey(layer: key.layer, call: key.call - 1, output: key.output))
    }
  }

  /// The models within, whose calls count from 1: Keras 2 calls a model once when it is made.
  private static func countedFromOne(_ calls: [ModelCall], _ outputs: [TensorKey]) -> Set<String> {
    let models = calls.filter { $0.layer.model != nil && $0.layer.version < 3 }
    let counts = Dictionary(models.map { ($0.layer.name, 1) }, uniquingKeysWith: +)
    guard !counts.isEmpty else { return [] }
    let keys = calls.flatMap { $0.positional + $0.named.map(\.argument) }.flatMap(\.tensors)
    return Set(
      (keys + outputs).filter { key in counts[key.layer].map { key.call >= $0 } ?? false }
        .map(\.layer))
  }
}

/// One call of one layer.
struct ModelCall {
  let layer: LayerConfig
  /// Which of the layer's calls it is.
  let number: Int
  let positional: [Argument]
  let named: [(name: String, argument: Argument)]
}

/// One tensor of a model's config: what a call of a layer puts out.
struct TensorKey: Hashable {
  let layer: String
  /// Which call of the layer.
  let call: Int
  /// Which of its outputs.
  let output: Int

  /// The tensors in a structure of `[layer, call, output]`, by name where it is an object.
  static func keys(in cursor: DocumentCursor) throws(CrosswalkError) -> [(
    name: String?, tensor: TensorKey
  )] {
    if let key = TensorKey(cursor.value) { return [(nil, key)] }
    var keys: [(String?, TensorKey)] = []
    if cursor.value.objectValue != nil {
      for (name, member) in try cursor.members() {
        let inner = try TensorKey.keys(in: member)
        keys += inner.map { (inner.count == 1 ? name : $0.name, $0.tensor) }
      }
    } else {
      for item in try cursor.array() { keys += try TensorKey.keys(in: item) }
    }
    return keys
  }

  init(layer: String, call: Int, output: Int) {
    self.layer = layer
    self.call = call
    self.output = output
  }

  /// Reads `[layer, call, output]`; nil for anything else.
  init?(_ json: JSON) {
    guard let list = json.arrayValue, list.count >= 3, let layer = list[0].stringValue,
      let call = list[1].intValue, let output = list[2].intValue
    else { return nil }
    self.init(layer: layer, call: call, output: output)
  }
}
