import Architectures
import Diagnostics
import Documents

/// A whole model as a graph: what flows in, the nodes, what flows out.
struct ModelGraph {
  let builder: GraphBuilder
  private(set) var inputs: [(name: String, json: JSON)] = []
  /// What else the inputs are called.
  private(set) var inputNames: [(theirs: String, ours: String)] = []
  private(set) var outputs: [(name: String, node: String)] = []

  /// Runs a model's calls on what flows in.
  init(_ model: ModelConfig, _ root: DocumentCursor, _ library: LayerLibrary)
    throws(CrosswalkError)
  {
    builder = GraphBuilder(library)
    var given: [String] = []
    for input in try Self.sources(of: model, root) {
      builder.input(input.name, input.type)
      given.append(input.name)
      if let other = input.key, other != input.name { inputNames.append((other, input.name)) }
      inputs.append((input.name, .null))
    }
    // What Keras 3 calls the one input that nobody has named, whose layer alone is in the config.
    if inputs.count == 1, model.version >= 3, inputs[0].name == "input_layer" {
      inputNames.append(("keras_tensor", inputs[0].name))
    }
    let made = try builder.run(model, given, at: GraphBuilder.Site(name: "", owner: ""))
    var counts: [String: Int] = [:]
    for (number, output) in made.enumerated() {
      let word =
        (model.outputs.indices.contains(number) ? model.outputs[number].name : nil)
        ?? output.layer
      let count = counts[word, default: 0]
      counts[word] = count + 1
      outputs.append((count == 0 ? word : "\(word)_\(count)", output.node))
    }
    if builder.nodes.isEmpty { try copyInputs() }
    inputs = inputs.map { (name, _) in (name, description(of: name)) }
  }

  /// A model that does nothing, as one of dropout alone, still has a node.
  private mutating func copyInputs() throws(CrosswalkError) {
    for (number, output) in outputs.enumerated() {
      let node = JSONObject([
        ("operation", "activation"), ("input", .string(output.node)), ("function", "identity"),
      ])
      let name = "copy.\(number)"
      try builder.append(node, at: GraphBuilder.Site(name: name, owner: name))
      outputs[number].node = name
    }
  }

  /// What ids are looked up with is integer, whatever Keras calls it: it casts them itself.
  private func description(of name: String) -> JSON {
    guard let type = builder.types[name] else { return .null }
    let isLookedUp = builder.looksUp.contains(name)
    let element = isLookedUp ? TensorType.Element.integer : type.element
    let axes = type.axes.map { axis -> JSON in
      guard let extent = axis.extent else { return .string(axis.name) }
      return .object(JSONObject([(axis.name, .integer(Int64(extent)))]))
    }
    return ["dtype": .string(element.rawValue), "axes": .array(axes)]
  }

  /// What flows into a model: its input layers, or the shape that the first layer of a sequence
  /// was built for.
  private static func sources(of model: ModelConfig, _ root: DocumentCursor)
    throws(CrosswalkError) -> [(name: String, key: String?, type: TensorType)]
  {
    var sources: [(name: String, key: String?, type: TensorType)] = []
    if !model.isSequential {
      for (key, tensor) in model.inputs {
        guard let layer = model.layers.first(where: { $0.name == tensor.layer }),
          layer.className == ModelConfig.inputClass
        else {
          throw CrosswalkError(
            .invalidConfig, "the model takes in what is no input layer: \(tensor.layer)",
            at: root.place)
        }
        sources.append((layer.nodeName, key, try type(of: layer)))
      }
      return sources
    }
    guard let first = model.layers.first else {
      throw CrosswalkError(.invalidConfig, "a model without layers", at: root.place)
    }
    if first.className == ModelConfig.inputClass {
      return [(first.nodeName, nil, try type(of: first))]
    }
    let name = "\(first.nodeName)_input"
    for shape in [
      first.settings["batch_input_shape"], first.settings["batch_shape"],
      root.value["build_config"]?["input_shape"], root.value["config"]?["build_input_shape"],
      first.cursor.value["build_config"]?["input_shape"],
    ] {
      guard let axes = shape?.arrayValue, !axes.isEmpty else { continue }
      let element = Self.element(first.settings["dtype"]) ?? .floating
      return [(name, nil, TensorType(element, Self.axes(axes, element, of: name)))]
    }
    throw CrosswalkError(
      .invalidConfig, "the config does not say what shape flows into the model '\(model.name)'",
      at: root.place, remedy: "build the model before it is saved, or begin it with an Input")
  }

  private static func type(of layer: LayerConfig) throws(CrosswalkError) -> TensorType {
    let shape = layer.settings["batch_shape"] ?? layer.settings["batch_input_shape"]
    guard let axes = shape?.arrayValue, !axes.isEmpty else {
      throw layer.placed(CrosswalkError(.invalidConfig, "an input without a shape"))
    }
    guard let element = element(layer.settings["dtype"]) else {
      throw layer.placed(
        CrosswalkError(
          .unsupported, "an input of this dtype", expected: "numbers, ids or truth values",
          found: (layer.settings["dtype"] ?? .null).text(indented: false)))
    }
    guard layer.settings["sparse"] != true, layer.settings["ragged"] != true else {
      throw layer.placed(CrosswalkError(.unsupported, "a sparse or ragged input"))
    }
    return TensorType(element, Self.axes(axes, element, of: layer.nodeName))
  }

  private static func element(_ dtype: JSON?) -> TensorType.Element? {
    let word = dtype?.stringValue ?? dtype?["config"]?["name"]?.stringValue ?? "float32"
    if word.contains("float") { return .floating }
    if word.hasPrefix("int") || word.hasPrefix("uint") { return .integer }
    return word == "bool" ? .mask : nil
  }

  private static func axes(_ shape: [JSON], _ element: TensorType.Element, of name: String)
    -> [Axis]
  {
    shape.enumerated().map { position, extent in
      guard position > 0 else { return Axis("batch") }
      if element == .floating, position == shape.count - 1 { return .width(extent.intValue) }
      // Axes of one name are as long as one another, which those of different inputs need not be.
      return Axis("\(name)_\(position)", extent.intValue)
    }
  }
}
