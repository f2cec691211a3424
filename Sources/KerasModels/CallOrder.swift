/// The order in which Keras runs a model's calls.
///
/// It decides which call of a layer is its first, and which layer finds a mask that another takes
/// away. Keras orders calls by their distance from what flows out, and calls of one distance by when
/// they are met on the way back from there.
struct CallOrder {
  private let calls: [ModelCall]
  private let places: [TensorKey: Int]
  private var met: [TensorKey] = []
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
        path.append(next)
        left.append(sources(of: next))
      }
    }
  }

  private func byDepth() -> [ModelCall] {
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
    let ranks = listed.enumerated().map { (depth: depths[$0.element] ?? 0, place: $0.offset) }
    let order = ranks.sorted { a, b in a.depth == b.depth ? a.place < b.place : a.depth > b.depth }
    return order.compactMap { places[listed[$0.place]] }.map { calls[$0] }
  }
}

extension TensorKey {
  /// The first output of the call, which stands for the call.
  fileprivate var first: TensorKey { TensorKey(layer: layer, call: call, output: 0) }
}
