import Architectures
import Documents

/// What a graph computes, whatever its nodes are called and in whichever order they stand.
///
/// Nodes that do the same to the same with the same parameters are one number, in all graphs that
/// one value has looked at.
struct GraphIdentity {
  /// The settings that are not looked at.
  let ignoring: Set<String>
  private var numbers: [String: Int] = [:]

  init(ignoring: Set<String> = []) { self.ignoring = ignoring }

  /// The numbers of a graph's nodes, by their names.
  mutating func numbers(of graph: ModelGraph) -> [String: Int] {
    var known: [String: Int] = [:]
    for input in graph.inputs {
      known[input.name] = number("\(input.name) \(input.json.text(indented: false))")
    }
    for node in graph.builder.nodes {
      guard var object = node.objectValue, let name = object["name"]?.stringValue else { continue }
      for role in object["operation"]?.stringValue.flatMap(Operations.named)?.roles ?? [] {
        object[role.name] = object[role.name].map { numbered($0, known) }
      }
      for key in ignoring { object[key] = nil }
      if let same = Self.same(object) {
        known[name] = same
        continue
      }
      if !graph.builder.owners.contains(name) || object["parameters"] != nil {
        object["name"] = nil
      }
      let sorted = object.members.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
      known[name] = number(JSON.object(JSONObject(sorted)).text(indented: false))
    }
    return known
  }

  /// What a thing and itself make: where one mask is joined with itself, which Keras 3 does by `or`
  /// and Keras 2 by `and`, nothing comes of it.
  private static func same(_ node: JSONObject) -> Int? {
    guard node["operation"] == "compare", ["or", "and"].contains(node["function"]),
      let inputs = node["input"]?.arrayValue, inputs.count == 2, inputs[0] == inputs[1]
    else { return nil }
    return inputs[0].stringValue.flatMap { Int($0.dropFirst()) }
  }

  private mutating func number(_ key: String) -> Int {
    if let number = numbers[key] { return number }
    numbers[key] = numbers.count
    return numbers.count - 1
  }

  /// References as numbers, each with the name of a further value of its node.
  private func numbered(_ reference: JSON, _ known: [String: Int]) -> JSON {
    switch reference {
    case .array(let items): return .array(items.map { numbered($0, known) })
    case .string(let name): return .string(Self.numbered(name, known))
    default: return reference
    }
  }

  private static func numbered(_ name: String, _ known: [String: Int]) -> String {
    if let number = known[name] { return "#\(number)" }
    guard let dot = name.lastIndex(of: "."), let number = known[String(name[..<dot])] else {
      return name
    }
    return "#\(number)\(name[dot...])"
  }

  /// Compares two graphs: nil when they put out the same, else the first node of the one that the
  /// other has not.
  static func difference(_ one: ModelGraph, _ other: ModelGraph, ignoring: Set<String> = [])
    -> String?
  {
    var identity = GraphIdentity(ignoring: ignoring)
    let (ours, theirs) = (identity.numbers(of: one), identity.numbers(of: other))
    func ends(_ graph: ModelGraph, _ known: [String: Int]) -> [String] {
      graph.outputs.map { "\($0.name) \(numbered($0.node, known))" }
    }
    guard ends(one, ours) != ends(other, theirs) else { return nil }
    let there = Set(theirs.values)
    let names = one.builder.nodes.compactMap { $0["name"]?.stringValue }
    let needed = one.needed
    return names.first { name in
      needed.contains(name) && ours[name].map { !there.contains($0) } ?? true
    } ?? one.outputs.first?.node ?? ""
  }
}

extension ModelGraph {
  /// The nodes that the outputs depend on.
  fileprivate var needed: Set<String> {
    let nodes = Dictionary(
      builder.nodes.compactMap { node in node["name"]?.stringValue.map { ($0, node) } },
      uniquingKeysWith: { first, _ in first })
    var found: Set<String> = []
    var open = outputs.map(\.node)
    while let name = open.popLast() {
      guard let node = nodes[name] else {
        if let dot = name.lastIndex(of: ".") { open.append(String(name[..<dot])) }
        continue
      }
      guard found.insert(name).inserted else { continue }
      for role in node["operation"]?.stringValue.flatMap(Operations.named)?.roles ?? [] {
        let value = node[role.name] ?? .null
        open += (value.arrayValue ?? [value]).compactMap(\.stringValue)
      }
    }
    return found
  }
}
