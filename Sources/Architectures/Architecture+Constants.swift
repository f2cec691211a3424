import Documents

extension Architecture {
  /// Whether a value is made of parameters alone, whatever flows in.
  public func isConstant(_ value: Int) -> Bool { ancestors(ofConstant: value) != nil }

  /// The graph of just what a constant value is made of, which is its only output; nil for a value
  /// that depends on what flows in.
  public func part(makingConstant value: Int) -> Architecture? {
    guard let values = ancestors(ofConstant: value) else { return nil }
    let numbers = Dictionary(uniqueKeysWithValues: values.enumerated().map { ($1, $0) })
    let nodes = values.map { value in
      let node = self.nodes[value - inputs.count]
      return Node(
        name: node.name, operation: node.operation,
        arguments: node.arguments.mapValues { $0.compactMap { numbers[$0] } },
        parameters: node.parameters, output: node.output, attention: node.attention,
        settings: node.settings, place: node.place)
    }
    return Architecture(nodes: nodes, parameters: parameters, source: source)
  }

  private init(nodes: [Node], parameters: [Parameter], source: JSON) {
    let needed = Set(nodes.flatMap { $0.parameters.map(\.name) })
    inputs = []
    self.nodes = nodes
    outputs = nodes.last.map { [(name: $0.name, value: nodes.count - 1)] } ?? []
    blocks = []
    loops = []
    self.parameters = parameters.filter { needed.contains($0.name) }
    self.source = source
  }

  /// The values that a constant one is made of, itself the last.
  private func ancestors(ofConstant value: Int) -> [Int]? {
    var found: Set<Int> = []
    var waiting = [value]
    while let value = waiting.popLast() {
      let position = value - inputs.count
      guard position >= 0, !loops.contains(where: { $0.nodes.contains(position) }) else {
        return nil
      }
      if found.insert(value).inserted { waiting += nodes[position].arguments.values.joined() }
    }
    return found.sorted()
  }
}
