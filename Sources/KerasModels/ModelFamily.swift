import Documents

/// The family of one model, as its file would be written.
struct ModelFamily {
  let model: ModelConfig
  let graph: ModelGraph
  let version: String
  let description: KerasModels.Description
  /// The names of the checkpoint's tensors.
  let names: [String]

  /// The dialect of attribute paths, `layers/dense/vars/0`.
  static let tree = "keras"
  /// The dialect of layers and weights by name, `dense/dense/kernel:0`.
  static let lists = "keras-legacy"

  func json() -> JSON {
    let named = JSONObject([
      ("inputs", rows(graph.inputNames)), ("nodes", moduleRows),
      ("attention", rows(graph.builder.tables.map { ($0.name, $0.node) })),
    ])
    return [
      "format": "crosswalk.family", "version": 1, "family": .string(model.name),
      "summary": .string("the Keras model '\(model.name)', by its config"),
      "config": ["irrelevant": .array(configKeys.map(JSON.string))],
      "architecture": [
        "inputs": .object(JSONObject(graph.inputs.map { ($0.name, $0.json) })),
        "nodes": .array(graph.builder.nodes),
        "outputs": .object(JSONObject(graph.outputs.map { ($0.name, .string($0.node)) })),
      ],
      "dialects": [
        Self.tree: dialect(weights: treeRows, named),
        Self.lists: dialect(weights: listRows, named),
      ],
    ]
  }

  private var configKeys: [String] { description.config.root.objectValue?.keys ?? [] }

  /// Layers' names, with the nodes that make what they put out.
  private var moduleRows: JSON {
    let inputs = Set(graph.inputs.map(\.name))
    let made = rows(
      graph.builder.modules.filter { !inputs.contains($0.node) }.map { ($0.name, $0.node) })
    let passed = graph.builder.modules.filter { inputs.contains($0.node) }.map { module -> JSON in
      ["theirs": .string(module.name), "ignore": "what flows in, as it is"]
    }
    return .array((made.arrayValue ?? []) + passed)
  }

  private func dialect(weights: [JSON], _ named: JSONObject) -> JSON {
    var object = JSONObject([("weights", .array(weights + ignored))])
    for (key, value) in named.members { object[key] = value }
    return .object(object)
  }

  private func rows(_ pairs: [(theirs: String, ours: String)]) -> JSON {
    // A name with braces would be a pattern.
    .array(
      pairs.filter { !$0.theirs.contains(where: "{}".contains) }
        .map { ["theirs": .string($0.theirs), "ours": .string($0.ours)] })
  }

  // MARK: Weights

  private var treeRows: [JSON] {
    // TensorFlow 2.13 calls the list of layers otherwise.
    let older = "_layer_checkpoint_dependencies/"
    let root = names.contains { $0.hasPrefix(older) } ? older : "layers/"
    return model.weights.filter { !$0.isCopy }.map { weight in
      row(weight, theirs: weight.paths.map { root + $0.dropFirst("layers/".count) })
    }
  }

  private var listRows: [JSON] {
    let listed = description.layers?.filter { !$0.tensors.isEmpty }
    var rows: [JSON] = []
    for (number, (layer, weights)) in model.listedWeights.enumerated() {
      let tensors =
        listed.map { $0.indices.contains(number) ? $0[number].tensors : [] }
        ?? weights.flatMap(\.names).map { "\(layer)/\($0)" + (isKeras2 ? ":0" : "") }
      for (weight, theirs) in zip(weights, Self.listed(tensors, for: weights, of: layer))
      where theirs.count == weight.names.count {
        rows.append(row(weight, theirs: theirs))
      }
    }
    return rows
  }

  /// Which of a layer's tensors each weight is: by their names' ends where those tell all of them,
  /// else by their order, which is all that Keras itself goes by.
  private static func listed(_ tensors: [String], for weights: [LayerWeight], of layer: String)
    -> [[String]]
  {
    let named = weights.map { weight in
      weight.names.compactMap { name in
        let end =
          "/" + (name.hasPrefix("\(layer)/") ? String(name.dropFirst(layer.count + 1)) : name)
        let found = tensors.filter {
          ($0.hasSuffix(":0") ? $0.dropLast(2) : $0[...]).hasSuffix(end)
        }
        return found.count == 1 ? found[0] : nil
      }
    }
    let all = named.flatMap(\.self)
    if all.count == tensors.count, Set(all).count == all.count { return named }
    var left = tensors[...]
    return weights.map { weight in
      defer { left = left.dropFirst(weight.names.count) }
      return Array(left.prefix(weight.names.count))
    }
  }

  private var isKeras2: Bool { model.layers.first.map { $0.version < 3 } ?? false }

  private func row(_ weight: LayerWeight, theirs: [String]) -> JSON {
    func list(_ texts: [String]) -> JSON {
      texts.count == 1 ? .string(texts[0]) : .array(texts.map(JSON.string))
    }
    if weight.isCopy, weight.steps == nil, weight.ours.count == 1 {
      return ["theirs": list(theirs), "tied": .string(weight.ours[0])]
    }
    let isUnused = graph.builder.parameters.isDisjoint(with: weight.ours)
    if let reason = weight.ignored ?? (weight.isCopy ? "another layer's, once more" : nil)
      ?? (isUnused ? "a weight that no call of its layer makes use of" : nil)
    {
      return ["theirs": list(theirs), "ignore": .string(reason)]
    }
    var row = JSONObject([("theirs", list(theirs)), ("ours", list(weight.ours))])
    row["steps"] = weight.steps
    return .object(row)
  }

  /// What stands beside the weights: the optimizer, metrics, and the states of random numbers.
  private var ignored: [JSON] {
    names.compactMap { name in
      let words = name.split(separator: "/").map(String.init)
      let reason: String? =
        switch words.first {
        case "optimizer", "optimizer_weights": "the optimizer's state"
        case "metrics", "_metrics", "compile_metrics": "a metric's state"
        default:
          words.contains("seed_generator") || words.contains { $0.hasPrefix("_random_generator") }
            || words.last == "seed_generator_state" || words.last == "seed_generator_state:0"
            ? "the state of a random number generator" : nil
        }
      guard let reason, !name.contains(where: "{}".contains) else { return nil }
      return ["theirs": .string(name), "ignore": .string(reason)]
    }
  }
}
