import Architectures
import Reports

/// Reads the sites of attention nodes off a graph.
///
/// What tells is descent: whose tokens the positions of a value are. It follows each operation's
/// first role, which for attention is the query, back to the graph's inputs. Queries and keys of one
/// descent are self-attention; of two, cross-attention, and then whatever shares the queries'
/// descent is the decoder. Names count only where the graph cannot tell.
struct GraphSites {
  private let architecture: Architecture
  /// For each value, the inputs that its positions descend from.
  private var descent: [Set<Int>] = []
  /// For each input, the most rows of a table that its ids are looked up in.
  private var rows: [Int: Int] = [:]
  /// For each descent, the input that says what of it is padding.
  private var padding: [Set<Int>: PaddingInput] = [:]
  /// The descents that look at another one.
  private var decoders: Set<Set<Int>> = []

  init(_ architecture: Architecture) {
    self.architecture = architecture
    descent = architecture.inputs.indices.map { [$0] }
    for node in architecture.nodes {
      let sources = node.roles.first.flatMap { node.arguments[$0.name] } ?? []
      let inputs = sources.reduce(into: Set<Int>()) { $0.formUnion(descent[$1]) }
      descent.append(inputs)
      if let table = node.operation as? Embedding {
        for input in inputs { rows[input] = max(rows[input] ?? 0, table.rows) }
      }
    }
    for node in architecture.nodes where node.attention != nil {
      let (queries, keys) = ends(of: node)
      if queries != keys { decoders.insert(queries) }
      if let mask = paddingInput(of: node) { padding[keys] = mask }
    }
  }

  /// The site of each attention node, in graph order.
  var sites: [(name: String, site: AttentionSite)] {
    architecture.nodes.filter { $0.attention != nil }.map { ($0.name, site(of: $0)) }
  }

  private func site(of node: Node) -> AttentionSite {
    let (queries, keys) = ends(of: node)
    return AttentionSite(
      kind: kind(of: node, queries, keys), layer: AttentionSite.layer(in: node.name),
      queries: tokens(of: queries), keys: tokens(of: keys),
      queryPadding: padding[queries], keyPadding: paddingInput(of: node) ?? padding[keys])
  }

  private func ends(of node: Node) -> (queries: Set<Int>, keys: Set<Int>) {
    func descent(_ role: String) -> Set<Int> {
      node.arguments[role]?.first.map { self.descent[$0] } ?? []
    }
    return (descent("query"), descent("key"))
  }

  private func kind(of node: Node, _ queries: Set<Int>, _ keys: Set<Int>) -> AttentionReport.Kind {
    if queries.isEmpty || keys.isEmpty { return .other }
    if queries != keys { return .cross }
    let isCausal = (node.operation as? Attention)?.causal == true
    return isCausal || decoders.contains(queries) || node.name.hasPrefix("decoder")
      ? .decoder : .encoder
  }

  /// The input whose ids are the tokens: that which is looked up in the largest table.
  private func tokens(of descent: Set<Int>) -> TokenInput? {
    let looked = descent.filter { rows[$0] != nil && architecture.inputs[$0].type.axes.count == 2 }
    let input = looked.max { (rows[$0] ?? 0, $1) < (rows[$1] ?? 0, $0) }
    return input.map { TokenInput(name: architecture.inputs[$0].name, batchAxis: batchAxis($0)) }
  }

  /// The input that a node's mask of keys comes from.
  private func paddingInput(of node: Node) -> PaddingInput? {
    guard var value = node.arguments["key_mask"]?.first else { return nil }
    var marksPadding: Bool?
    while value >= architecture.inputs.count {
      let source = architecture.nodes[value - architecture.inputs.count]
      if let mask = source.operation as? AttentionMask { marksPadding = mask.nonzero == .hidden }
      guard let role = source.roles.first, let next = source.arguments[role.name]?.first else {
        return nil
      }
      value = next
    }
    return marksPadding.map {
      PaddingInput(
        name: architecture.inputs[value].name, batchAxis: batchAxis(value), marksPadding: $0)
    }
  }

  private func batchAxis(_ input: Int) -> Int {
    architecture.inputs[input].type.axes.firstIndex { $0.name == "batch" } ?? 0
  }
}
