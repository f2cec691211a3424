import Documents

extension ModelConfig {
  /// The weights of all layers, below the model, in the order of the layers.
  ///
  /// Keras 3 keeps a model's layers under `layers/`, each called by its class and counted: the
  /// second Dense is `dense_1`, whatever its name.
  var weights: [LayerWeight] {
    var counts: [String: Int] = [:]
    return layers.filter { !$0.isOperation }.flatMap { layer -> [LayerWeight] in
      let isFunctional = layer.model?.isSequential == false
      let word = isFunctional ? "functional" : (layer.programName ?? layer.className).snakeCased
      let count = counts[word, default: 0]
      counts[word] = count + 1
      let path = "layers/" + (count == 0 ? word : "\(word)_\(count)")
      return layer.weights.map { weight in
        var weight = weight
        weight.paths = weight.paths.map { "\(path)/\($0)" }
        // Keras 2 leaves out the names of models within.
        if layer.model == nil || layer.version >= 3 {
          weight.names = weight.names.map { "\(layer.name)/\($0)" }
        }
        weight.isTrainable = weight.isTrainable && layer.isTrainable
        return weight
      }
    }
  }

  /// The weights of each layer that has any, as Keras 2 lists them: those that are trained first.
  var listedWeights: [(layer: String, weights: [LayerWeight])] {
    let all = weights
    var position = 0
    var lists: [(String, [LayerWeight])] = []
    for layer in layers where !layer.isOperation && !layer.weights.isEmpty {
      let own = Array(all[position..<(position + layer.weights.count)])
      position += layer.weights.count
      lists.append((layer.name, own.filter(\.isTrainable) + own.filter { !$0.isTrainable }))
    }
    return lists
  }
}
