import Architectures
import Diagnostics
import Documents

extension GraphBuilder {
  /// Calls a model that is a layer of another.
  func call(
    _ model: ModelConfig, of layer: LayerConfig, _ positional: [Value],
    _ named: [(name: String, value: Value)], at site: Site
  ) throws(CrosswalkError) -> [String] {
    // A mask that a model is given goes along with what it is of.
    let masks = named.filter { $0.name == "mask" }.flatMap(\.value.tensors)
    let given = positional.flatMap(\.tensors)
    for (tensor, mask) in zip(given, masks) where masks.count == given.count {
      self.masks[tensor] = mask
    }
    let others = named.filter { $0.name != "mask" && $0.name != "training" }
    let inputs = given + others.flatMap(\.value.tensors)
    let outputs = try run(model, inputs, at: site)
    layer.weights = model.weights
    return outputs.map(\.node)
  }

  /// The model's calls, one after the other.
  ///
  /// - Parameter given: what flows in, in the order of the model's inputs.
  /// - Returns: what flows out, in order, and the layer that puts it out.
  func run(_ model: ModelConfig, _ given: [String], at site: Site) throws(CrosswalkError) -> [(
    node: String, layer: String
  )] {
    model.isSequential
      ? try runSequence(model, given, at: site) : try runGraph(model, given, at: site)
  }

  private func runSequence(_ model: ModelConfig, _ given: [String], at site: Site)
    throws(CrosswalkError) -> [(node: String, layer: String)]
  {
    var current = given
    var last = ""
    for layer in model.layers where layer.className != ModelConfig.inputClass {
      let values = current.map(Value.tensor)
      current = try step(layer, values.count == 1 ? values : [.list(values)], [], at: site)
      last = layer.name
    }
    return current.map { ($0, last) }
  }

  private func runGraph(_ model: ModelConfig, _ given: [String], at site: Site)
    throws(CrosswalkError) -> [(node: String, layer: String)]
  {
    guard given.count == model.inputs.count else {
      throw CrosswalkError(
        .invalidConfig, "the model '\(model.name)' is called with another number of tensors",
        expected: "\(model.inputs.count)", found: "\(given.count)")
    }
    var known: [TensorKey: String] = [:]
    for (input, name) in zip(model.inputs, given) { known[input.tensor] = name }
    for call in CallOrder.ordered(model) {
      let tensors = call.positional.flatMap(\.tensors) + call.named.flatMap(\.argument.tensors)
      guard tensors.allSatisfy({ known[$0] != nil }) else {
        throw call.layer.placed(
          CrosswalkError(.invalidConfig, "the layer is called with what no layer puts out"))
      }
      let names = call.layer.model?.inputs.map { $0.name ?? $0.tensor.layer } ?? []
      let outputs = try step(
        call.layer, call.positional.map { value($0.ordered(by: names), known) },
        call.named.map { ($0.name, value($0.argument.ordered(by: names), known)) }, at: site)
      for (number, output) in outputs.enumerated() {
        known[TensorKey(layer: call.layer.name, call: call.number, output: number)] = output
      }
    }
    var outputs: [(String, String)] = []
    for (_, key) in model.outputs {
      guard let node = known[key] else {
        throw CrosswalkError(
          .invalidConfig, "the model '\(model.name)' puts out what no layer makes: \(key.layer)")
      }
      outputs.append((node, key.layer))
    }
    return outputs
  }

  /// Calls a layer in its place within a model, and notes what it puts out.
  private func step(
    _ layer: LayerConfig, _ positional: [Value], _ named: [(name: String, value: Value)],
    at site: Site
  ) throws(CrosswalkError) -> [String] {
    let owner = site.within(layer.nodeName).owner
    let name = layer.calls == 0 ? owner : "\(owner)@\(layer.calls)"
    layer.calls += 1
    if let id = layer.sharedID { shared[id] = (layer, owner) }
    let place = Site(name: name, owner: owner)
    let outputs = try call(layer, positional, named, at: place)
    if let output = outputs.first { modules.append((place.name, output)) }
    return outputs
  }

  private func value(_ argument: Argument, _ known: [TensorKey: String]) -> Value {
    switch argument {
    case .tensor(let key): .tensor(known[key] ?? "")
    case .list(let items): .list(items.map { value($0, known) })
    case .object(let members): .list(members.map { value($0.argument, known) })
    case .constant(let json): .constant(json)
    }
  }
}
