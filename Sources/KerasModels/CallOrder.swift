/// The order in which Keras runs a model's calls.
///
/// It decides which call of a layer is its first, and which layer finds a mask that another takes
/// away. Keras orders calls by their distance from what flows out, and calls of one distance by when
/// they are met on the way back from there.
struct CallOrder {
  private let calls: [ModelCall]
  private let places: [TensorKey: Int]
  private var met: [TensorKey] = []
  /// The calls in the order in which they are first seen on the way back.
  private var reached: [TensorKey] = []
  private var seen: Set<TensorKey> = []

  /// The calls of a model that its outputs depend on, in order.
  static func ordered(_ model: ModelConfig) -> [ModelCall] {
    var order = CallOrder(model)
    // Outputs by name are taken in the names' order.
    let isNamed = model.outputs.contains { $0.name != nil }
    let outputs =
      isNamed ? model.outputs.sorted { ($0.name ?? "") < ($1.name ?? "") } : model.outputs
    for output in outputs { order.meet(output.tensor.first) }
    return order.byDepth()
  }

  /// The layers of a model in the order in which Keras lists them and their weights; those that its
  /// outputs do not depend on are left out, but for inputs.
  static func layers(of model: ModelConfig) -> [LayerConfig] {
    guard !model.isSequential else { return model.layers }
    var order = CallOrder(model)
    for output in model.outputs { order.meet(output.tensor.first) }
    var depths: [String: Int] = [:]
    for key in order.listed { depths[key.key.layer] = max(depths[key.key.layer] ?? 0, key.depth) }
    var places: [String: Int] = [:]
    for key in order.reached where places[key.layer] == nil { places[key.layer] = places.count }
    let kept = model.layers.filter {
      places[$0.name] != nil || $0.className == ModelConfig.inputClass
    }
    return kept.sorted { (a: LayerConfig, b: LayerConfig) -> Bool in
      let (depth, other) = (depths[a.name] ?? 0, depths[b.name] ?? 0)
      return depth == other ? (places[a.name] ?? -1) < (places[b.name] ?? -1) : depth > other
    }
  }

  private init(_ model: ModelConfig) {
    calls = model.calls
    places = Dictionary(
      model.calls.enumerated().map { number, call in
        (TensorKey(layer: call.layer.name, call: call.number, output: 0), number)
      }, uniquingKeysWith: { first, _ in first })
  }

  /// What a call is made with, in the order in which Keras looks at it.
  private func sources(of key: TensorKey) -> [TensorKey] {
    guard let place = places[key] else { return [] }
    let call = calls[place]
    var tensors = call.positional.flatMap { $0.tensors }
    for member in call.named.sorted(by: { $0.name < $1.name }) {
      tensors += member.argument.tensors
    }
    return tensors.map { $0.first }
  }

  /// Goes back from a call, depth first, without a recursion as deep as the model.
  private mutating func meet(_ key: TensorKey) {
    guard seen.insert(key).inserted else { return }
    reached.append(key)
    var path = [key]
    var left = [sources(of: key)]
    while let current = path.last, let place = left.indices.last {
      guard let next = left[place].first else {
        met.append(current)
        path.removeLast()
        left.removeLast()
        continue
      }
      left[place].removeFirst()
      if seen.insert(next).inserted {
        reached.append(next)
        path.append(next)
        left.append(sources(of: next))
      }
    }
  }

  private func byDepth() -> [ModelCall] {
    let order = listed.enumerated().sorted { a, b in
      a.element.depth == b.element.depth
        ? a.offset < b.offset : a.element.depth > b.element.depth
    }
    return order.compactMap { places[$0.element.key] }.map { calls[$0] }
  }

  /// The calls with their distances from what flows out, in the order in which they get one.
  private var listed: [(key: TensorKey, depth: Int)] {
    var depths: [TensorKey: Int] = [:]
    var listed: [TensorKey] = []
    var layers: [String: Int] = [:]
    for key in met.reversed() {
      let depth = max(depths[key] ?? 0, layers[key.layer] ?? 0)
      layers[key.layer] = depth
      if depths.updateValue(depth, forKey: key) == nil { listed.append(key) }
      for source in sources(of: key) {
        let further = max(depth + 1, depths[source] ?? 0)
        if depths.updateValue(further, forKey: source) == nil { listed.append(source) }
      }
    }
    return listed.map { ($0, depths[$0] ?? 0) }
  }
}

extension TensorKey {
  /// The first output of the call, which stands for the call.
  fileprivate var first: TensorKey { TensorKey(layer: layer, call: call, output: 0) }
}
