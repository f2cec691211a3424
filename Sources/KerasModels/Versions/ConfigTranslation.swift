import Diagnostics
import Documents
import Families

/// A model's config, said in the words of another version of Keras than the one that wrote it.
///
/// Layers' settings are the same in both but for a few (``VersionWords``); calls are `args` and
/// `kwargs` in Keras 3, and lists of `[layer, call, output, kwargs]` in Keras 2. Whether both say
/// the same model, reading it again tells.
struct ConfigTranslation {
  /// The version that is to read it.
  let version: Int
  private let words: VersionWords
  private let library: LayerLibrary

  init(to version: Int, _ library: LayerLibrary) throws(CrosswalkError) {
    self.version = version
    self.library = library
    words = try VersionWords(version)
  }

  /// A model, or a model within another.
  ///
  /// - Throws: `unsupported` for a layer that the version has no words for.
  func object(of model: ModelConfig) throws(CrosswalkError) -> JSONObject {
    let model = version < 3 ? model.withoutMaskOperations : model
    var config = JSONObject([("name", .string(model.name))])
    config["trainable"] = model.settings["trainable"]
    var layers: [JSON] = []
    for layer in CallOrder.layers(of: model) { layers.append(try object(of: layer, in: model)) }
    config["layers"] = .array(layers)
    if model.isSequential {
      config["build_input_shape"] = model.settings["build_input_shape"]
    } else {
      config["input_layers"] = ends(model.inputs, of: model)
      config["output_layers"] = ends(model.outputs, of: model)
    }
    let word = model.isSequential ? "Sequential" : version < 3 ? "Model" : "Functional"
    let isFunctional = word == "Functional"
    return JSONObject([
      ("module", isFunctional ? "keras.src.models.functional" : "keras"),
      ("class_name", .string(word)), ("config", .object(config)),
      ("registered_name", isFunctional ? "Functional" : .null),
    ])
  }

  private func object(of layer: LayerConfig, in model: ModelConfig) throws(CrosswalkError) -> JSON {
    var object: JSONObject
    if let inner = layer.model {
      object = try self.object(of: inner)
    } else if layer.isOperation {
      return try operation(layer, in: model)
    } else {
      guard layer.tableName == layer.className, words.has(layer.className) else {
        throw unknown(layer)
      }
      object = JSONObject([
        ("module", "keras.layers"), ("class_name", .string(layer.className)),
        ("config", .object(try settings(layer.settings, of: layer.className))),
        ("registered_name", .null),
      ])
    }
    object["name"] = .string(layer.name)
    guard !model.isSequential else { return .object(object) }
    var nodes: [JSON] = []
    for call in model.calls where call.layer === layer {
      nodes.append(version < 3 ? try listed(call, in: model) : try named(call, in: model))
    }
    object["inbound_nodes"] = .array(nodes)
    return .object(object)
  }

  private func unknown(_ layer: LayerConfig) -> CrosswalkError {
    layer.placed(CrosswalkError(.unsupported, "Keras \(version) has no word for the layer"))
  }

  // MARK: Operations

  /// An operation of `keras.ops` as a function of TensorFlow, or the other way.
  private func operation(_ layer: LayerConfig, in model: ModelConfig) throws(CrosswalkError) -> JSON
  {
    let calls = model.calls.filter { $0.layer === layer }
    let table = try library.table(for: layer)
    guard calls.count == 1, let call = calls.first, let table else { throw unknown(layer) }
    var given: [(name: String, argument: Argument)] = []
    for (name, argument) in zip(table.arguments, call.positional) { given.append((name, argument)) }
    given += call.named
    for (name, value) in layer.settings.members where layer.function == nil && name != "name" {
      given.append((name, .constant(value)))
    }
    given = given.filter { !$0.argument.isNothing }
    let name = ("name", JSON.string(layer.name))
    if version < 3 {
      let function = try TensorFlowFunction(of: layer.className)
      guard let function else { throw unknown(layer) }
      return .object(
        JSONObject([
          ("module", "tf_keras.src.layers.core.tf_op_layer"),
          ("class_name", .string(function.layer)),
          (
            "config",
            .object(
              JSONObject([
                name, ("trainable", true), ("dtype", "float32"),
                ("function", .string(function.name)),
              ]))
          ), ("registered_name", .string(function.layer)), name,
          ("inbound_nodes", [try listed(function, given, of: layer, in: model)]),
        ]))
    }
    let isArgument = { (name: String) in table.arguments.contains(name) }
    let settings = given.compactMap { name, argument -> (String, JSON)? in
      guard case .constant(let value) = argument, !isArgument(name) else { return nil }
      return (name, value)
    }
    let arguments = table.arguments.compactMap { name in given.first { $0.name == name }?.argument }
    let node = ModelCall(layer: layer, number: 0, positional: arguments, named: [])
    return .object(
      JSONObject([
        ("module", .string(words.module(ofOperation: layer.className))),
        ("class_name", .string(layer.className)),
        ("config", .object(JSONObject([name] + settings))),
        ("registered_name", .string(layer.className)), name,
        ("inbound_nodes", [try named(node, in: model)]),
      ]))
  }

  /// A call of a function of TensorFlow, as Keras 2 says it.
  private func listed(
    _ function: TensorFlowFunction, _ given: [(name: String, argument: Argument)],
    of layer: LayerConfig, in model: ModelConfig
  ) throws(CrosswalkError) -> JSON {
    var first: Argument?
    var others = JSONObject()
    for (name, argument) in given {
      guard let theirs = function.theirs(name) else { throw unknown(layer) }
      if theirs == function.arguments.first?.theirs {
        first = argument
      } else {
        others[theirs] = said(argument.mappedConstants(function.theirs(value:)), [], in: model)
      }
    }
    guard let first else { throw unknown(layer) }
    if case .constant(let value) = first {
      return ["_CONSTANT_VALUE", -1, value, .object(others)]
    }
    return said(first, [.object(others)], in: model)
  }

  // MARK: Settings

  private func settings(_ settings: JSONObject, of className: String) throws(CrosswalkError)
    -> JSONObject
  {
    var said = JSONObject()
    for (key, value) in settings.members {
      guard let key = words.key(key, of: className) else { continue }
      said[key] = try self.value(value)
      // Keras 2 lists the axes where Keras 3 has one.
      if version >= 3, key == "axis", let axes = value.arrayValue, axes.count == 1 {
        said[key] = axes[0]
      }
    }
    for (key, value) in words.further(of: className).members { said[key] = value }
    return said
  }

  /// A setting's value, which may be an object of Keras's: a layer, an initializer, a policy.
  private func value(_ json: JSON) throws(CrosswalkError) -> JSON {
    if let list = json.arrayValue {
      var items: [JSON] = []
      for item in list { items.append(try value(item)) }
      return .array(items)
    }
    guard let object = json.objectValue, let word = object["class_name"]?.stringValue else {
      return json
    }
    if word == "function" { return object["config"] ?? .null }
    if word == "__tuple__" { return try value(object["items"] ?? .null) }
    guard let config = object["config"]?.objectValue else { return json }
    if word.hasSuffix("Policy") { return config["name"] ?? json }
    if ModelConfig.classes.contains(word), config["layers"] != nil {
      let cursor = Document(.object(config)).cursor
      let model = try ModelConfig(cursor, className: word, version: version < 3 ? 3 : 2)
      return .object(try self.object(of: model))
    }
    var said = object
    said["shared_object_id"] = nil
    said["build_config"] = nil
    if try LayerLibrary.isKnown(word) || word.hasSuffix("Cell") || word.hasSuffix("Cells") {
      said["module"] = "keras.layers"
      said["config"] = .object(try settings(config, of: word))
    } else {
      // What is null is a default, for which the other version need not have a word.
      let members = config.members.filter { !$0.value.isNull && $0.key != "dtype" }
      said["config"] = .object(JSONObject(members.map { ($0.key, $0.value) }))
    }
    if said["registered_name"] == nil { said["registered_name"] = .null }
    return .object(said)
  }

  // MARK: Calls

  /// How a tensor is referred to: Keras 2 counts the calls of a model within from 1.
  private func reference(_ key: TensorKey, in model: ModelConfig, isEnd: Bool = false) -> [JSON] {
    let inner = model.layers.first { $0.name == key.layer }?.model
    let isShifted =
      version < 3
      ? inner?.layers.first?.className == ModelConfig.inputClass
      : isEnd && inner?.isSequential == false
    return [
      .string(key.layer), .integer(Int64(key.call + (isShifted ? 1 : 0))),
      .integer(Int64(key.output)),
    ]
  }

  private func ends(_ ends: [(name: String?, tensor: TensorKey)], of model: ModelConfig) -> JSON {
    let keys = ends.map { ($0.name, JSON.array(reference($0.tensor, in: model, isEnd: true))) }
    if keys.contains(where: { $0.0 != nil }) {
      return .object(JSONObject(keys.map { ($0.0 ?? "", $0.1) }))
    }
    return keys.count == 1 && version >= 3 ? keys[0].1 : .array(keys.map(\.1))
  }

  /// A call as Keras 3 says it.
  private func named(_ call: ModelCall, in model: ModelConfig) throws(CrosswalkError) -> JSON {
    func said(_ argument: Argument) -> JSON {
      switch argument {
      case .tensor(let key):
        [
          "class_name": "__keras_tensor__",
          "config": [
            "shape": [.null], "dtype": "float32",
            "keras_history": .array(reference(key, in: model)),
          ],
        ]
      case .list(let items): .array(items.map(said))
      case .object(let members):
        .object(JSONObject(members.map { ($0.name, said($0.argument)) }))
      case .constant(let value): value
      }
    }
    var (positional, named) = (call.positional, call.named.filter { !$0.argument.isNothing })
    if case .list(let items)? = positional.first, items.count > 1,
      let rest = try library.table(for: call.layer)?.arguments.first.flatMap(words.rest)
    {
      positional[0] = items[0]
      named.append((rest, .list(Array(items.dropFirst()))))
    }
    return [
      "args": .array(positional.map(said)),
      "kwargs": .object(JSONObject(named.map { ($0.name, said($0.argument)) })),
    ]
  }

  /// A call as Keras 2 says it: the first argument's tensors, each with the other arguments.
  private func listed(_ call: ModelCall, in model: ModelConfig) throws(CrosswalkError) -> JSON {
    let names = try library.table(for: call.layer)?.arguments ?? []
    var others = call.named.filter { !$0.argument.isNothing && $0.name != "training" }
    var first = call.positional.first
    if first == nil, let place = others.firstIndex(where: { $0.name == names.first }) {
      first = others.remove(at: place).argument
    }
    for (number, argument) in call.positional.enumerated().dropFirst() where !argument.isNothing {
      guard names.indices.contains(number) else {
        throw call.layer.placed(CrosswalkError(.unsupported, "an argument that has no name"))
      }
      others.append((names[number], argument))
    }
    let kwargs = JSON.object(
      JSONObject(others.map { ($0.name, said($0.argument, [], in: model)) }))
    guard let first, !first.tensors.isEmpty else {
      throw call.layer.placed(CrosswalkError(.unsupported, "a call without a tensor"))
    }
    let inputs = said(first, [kwargs], in: model)
    if case .tensor = first { return [inputs] }
    return inputs
  }

  /// An argument as Keras 2 says it, each tensor with what follows it.
  private func said(_ argument: Argument, _ more: [JSON], in model: ModelConfig) -> JSON {
    switch argument {
    case .tensor(let key): .array(reference(key, in: model) + more)
    case .list(let items): .array(items.map { said($0, more, in: model) })
    case .object(let members):
      .object(JSONObject(members.map { ($0.name, said($0.argument, more, in: model)) }))
    case .constant(let value): value
    }
  }
}

extension Argument {
  /// Whether nothing is given.
  fileprivate var isNothing: Bool {
    if case .constant(let value) = self { value.isNull } else { false }
  }

  fileprivate func mappedConstants(_ change: (JSON) -> JSON) -> Argument {
    if case .constant(let value) = self { .constant(change(value)) } else { self }
  }
}

extension ModelConfig {
  /// The model without the operations that make the masks of Keras 3's layers, each of which Keras 2
  /// makes when it reads the model.
  fileprivate var withoutMaskOperations: ModelConfig {
    let operations = Set(layers.filter(\.isOperation).map(\.name))
    guard !operations.isEmpty else { return self }
    var model = self
    model.calls = calls.map { call in
      let named = call.named.filter { member in
        member.name != "mask"
          || !member.argument.tensors.allSatisfy { operations.contains($0.layer) }
      }
      return ModelCall(
        layer: call.layer, number: call.number, positional: call.positional, named: named)
    }
    return model
  }
}
