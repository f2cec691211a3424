import Documents

/// The rows for a model's weights, in each of the ways in which Keras keeps them.
struct WeightRows {
  let model: ModelConfig
  /// The parameters that the model's nodes have.
  let parameters: Set<String>
  /// The version of Keras whose names they are.
  let version: Int
  /// The names of a checkpoint's tensors, where the rows are of one that was read.
  var names: Set<String> = []
  /// The tensors of each layer, where the checkpoint lists them so.
  var layers: [(name: String, tensors: [String])]?

  /// Rows of the tree of attributes, `layers/dense/vars/0`.
  var tree: [JSON] {
    // TensorFlow 2.13 calls the list of layers otherwise.
    let older = "_layer_checkpoint_dependencies/"
    let root = names.contains { $0.hasPrefix(older) } ? older : "layers/"
    return model.weights.filter { !$0.isCopy }.map { weight in
      row(weight, theirs: weight.paths.map { spelled(root + $0.dropFirst("layers/".count)) })
    }
  }

  /// Of a choice of names the one that the checkpoint has, or else that of the version.
  private func spelled(_ path: String) -> String {
    guard let open = path.firstIndex(of: "{"), let close = path[open...].firstIndex(of: "}") else {
      return path
    }
    let choices = path[path.index(after: open)..<close].split(separator: "|").map { word in
      path[..<open] + word + path[path.index(after: close)...]
    }
    let usual = version < 3 ? choices.last : choices.first
    return (choices.first { names.contains(String($0)) } ?? usual).map { String($0) } ?? path
  }

  /// Rows of the lists of layers and weights, `dense/dense/kernel:0`.
  var lists: [JSON] { listed.flatMap(\.rows) }

  /// The names of each layer's tensors, below the layer, and their rows.
  var listed: [(layer: String, tensors: [String], rows: [JSON])] {
    let given = layers?.filter { !$0.tensors.isEmpty }
    return model.listedWeights.enumerated().map { number, entry in
      let (layer, weights) = entry
      let tensors =
        given.map { $0.indices.contains(number) ? $0[number].tensors : [] }
        ?? weights.flatMap(\.names).map {
          "\(Self.folder)\(layer)/\($0)" + (version < 3 ? ":0" : "")
        }
      let found = Self.listed(tensors, for: weights, of: layer)
      let rows = zip(weights, found).filter { $1.count == $0.names.count }
        .map { row($0, theirs: $1) }
      return (layer, tensors, rows)
    }
  }

  /// The group in which a file of the whole model has its weights.
  static let folder = "model_weights/"

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

  private func row(_ weight: LayerWeight, theirs: [String]) -> JSON {
    func list(_ texts: [String]) -> JSON {
      texts.count == 1 ? .string(texts[0]) : .array(texts.map(JSON.string))
    }
    if weight.isCopy, weight.steps == nil, weight.ours.count == 1 {
      return ["theirs": list(theirs), "tied": .string(weight.ours[0])]
    }
    let isUnused = parameters.isDisjoint(with: weight.ours)
    if let reason = weight.ignored ?? (weight.isCopy ? "another layer's, once more" : nil)
      ?? (isUnused ? "a weight that no call of its layer makes use of" : nil)
    {
      var row = JSONObject([("theirs", list(theirs)), ("ignore", .string(reason))])
      row["zeros"] = weight.zeros
      return .object(row)
    }
    var row = JSONObject([("theirs", list(theirs)), ("ours", list(weight.ours))])
    row["steps"] = weight.steps
    return .object(row)
  }
}
