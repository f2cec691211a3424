import Architectures
import Diagnostics
import Documents

/// Fills a family's template with config values: formulas become values, nodes whose `if` is
/// false disappear and whoever refers to them gets what flowed into them.
struct Template {
  let environment: ResolvedConfig

  /// The concrete architecture.
  func architecture(from template: JSON, family: String) throws(CrosswalkError) -> JSON {
    var aliases: [String: String] = [:]
    var inputs = JSONObject()
    for (name, input) in template["inputs"]?.objectValue?.members ?? [] {
      guard try isWanted(input) else { continue }
      inputs[name] = try expand(.object(without("if", in: input)), [])
    }
    let nodes = try self.nodes(template["nodes"]?.arrayValue ?? [], [], &aliases)
    var outputs = JSONObject()
    for (name, output) in template["outputs"]?.objectValue?.members ?? [] {
      guard try isWanted(output) else { continue }
      outputs[name] = rewritten(try expand(output["from"] ?? output, []), aliases)
    }
    return [
      "format": "crosswalk.architecture", "version": 1, "family": .string(family),
      "inputs": .object(inputs), "nodes": .array(nodes), "outputs": .object(outputs),
    ]
  }

  /// An index of a repeat around the place, and how often it repeats.
  typealias Index = (variable: String, count: Int)

  func nodes(_ list: [JSON], _ indices: [Index], _ aliases: inout [String: String])
    throws(CrosswalkError) -> [JSON]
  {
    var result: [JSON] = []
    for item in list {
      guard let node = item.objectValue, let name = node["name"]?.stringValue else {
        result.append(item)
        continue
      }
      guard let presence = try presence(of: item, indices) else {
        aliases[blockBase(of: name)] = try passedThrough(node, indices, aliases)
        continue
      }
      aliases[blockBase(of: name)] = nil
      var kept = without("if", in: item)
      kept =
        kept["nodes"] == nil
        ? try single(kept, indices, aliases) : try block(kept, name, indices, aliases)
      if presence != .bool(true) { kept["if"] = presence }
      result.append(.object(kept))
    }
    return result
  }

  /// Whether a node is there: nil for never, else true, or a truth value for each repetition.
  private func presence(of node: JSON, _ indices: [Index]) throws(CrosswalkError) -> JSON? {
    guard let condition = node["if"] else { return .bool(true) }
    let value = try expand(condition, indices)
    guard let each = value["each"]?.arrayValue else {
      return try Expression.truth(value) ? .bool(true) : nil
    }
    var truths: [JSON] = []
    for item in each { truths.append(.bool(try Expression.truth(item))) }
    return truths.contains(.bool(true)) ? ["each": .array(truths)] : nil
  }

  private func single(_ node: JSONObject, _ indices: [Index], _ aliases: [String: String])
    throws(CrosswalkError) -> JSONObject
  {
    var expanded = try expand(.object(node), indices).objectValue ?? node
    for role in roles(of: expanded) {
      if let references = expanded[role] { expanded[role] = rewritten(references, aliases) }
    }
    return Self.withoutNulls(expanded)
  }

  /// What a formula leaves unsaid is not said: members that are null go, and objects that had
  /// nothing else.
  private static func withoutNulls(_ json: JSON) -> JSON {
    json.objectValue.map { .object(withoutNulls($0)) } ?? json
  }

  private static func withoutNulls(_ object: JSONObject) -> JSONObject {
    var object = object
    for (key, value) in object.members {
      let inner = value.objectValue.map(withoutNulls)
      if value.isNull || (inner?.isEmpty == true && value.objectValue?.isEmpty == false) {
        object[key] = nil
      } else if let inner {
        object[key] = .object(inner)
      }
    }
    return object
  }

  private func block(
    _ node: JSONObject, _ name: String, _ indices: [Index], _ aliases: [String: String]
  ) throws(CrosswalkError) -> JSONObject {
    var block = node
    var indices = indices
    if let times = node["repeat"] {
      let count = try expand(times, indices)
      block["repeat"] = count
      let variable = name.split(separator: "{").last.map { String($0.dropLast()) } ?? "i"
      indices.append((variable, max(0, min(count.intValue ?? 0, 200_000))))
    }
    var inner = aliases
    block["nodes"] = .array(try nodes(node["nodes"]?.arrayValue ?? [], indices, &inner))
    for (key, aliases) in [("steps", aliases), ("input", aliases), ("output", inner)] {
      guard let references = block[key] else { continue }
      block[key] = rewritten(Self.withoutNulls(try expand(references, indices)), aliases)
    }
    if let direction = block["direction"] { block["direction"] = try expand(direction, indices) }
    if let owner = block["parameters"] {
      block["parameters"] = try expand(owner, indices)
      if block["parameters"]?.isNull == true { block["parameters"] = nil }
    }
    return block
  }

  private func roles(of node: JSONObject) -> [String] {
    node["operation"]?.stringValue.flatMap(Operations.named)?.roles.map(\.name) ?? ["input"]
  }

  /// What a left-out node's users get: what flowed into its first role.
  private func passedThrough(
    _ node: JSONObject, _ indices: [Index], _ aliases: [String: String]
  ) throws(CrosswalkError) -> String? {
    var operation = JSONObject()
    operation["operation"] = try node["operation"].map { json throws(CrosswalkError) in
      try expand(json, indices)
    }
    guard let role = roles(of: operation).first, let reference = node[role] ?? node["steps"] else {
      return nil
    }
    let expanded = try expand(reference, indices)
    let carried = expanded.objectValue.flatMap { $0["input"] ?? $0.members.first?.value }
    let first = (carried ?? expanded.arrayValue?.first ?? expanded).stringValue
    return first.map { aliases[$0] ?? $0 }
  }

  func rewritten(_ references: JSON, _ aliases: [String: String]) -> JSON {
    switch references {
    case .string(let name): return .string(aliases[name] ?? name)
    case .array(let list): return .array(list.map { rewritten($0, aliases) })
    case .object(let object):
      return .object(JSONObject(object.members.map { ($0.key, rewritten($0.value, aliases)) }))
    default: return references
    }
  }

  private func without(_ key: String, in json: JSON) -> JSONObject {
    var object = json.objectValue ?? JSONObject()
    object[key] = nil
    return object
  }

  private func isWanted(_ json: JSON) throws(CrosswalkError) -> Bool {
    try presence(of: json, []) != nil
  }

  /// The value with every formula in it replaced by what it gives.
  func expand(_ json: JSON, _ indices: [Index]) throws(CrosswalkError) -> JSON {
    switch json {
    case .string(let text) where text.hasPrefix("="):
      return try value(of: Expression(text.dropFirst()), indices)
    case .array(let list):
      var items: [JSON] = []
      for item in list { items.append(try expand(item, indices)) }
      return .array(items)
    case .object(let object):
      var members = JSONObject()
      for (key, value) in object.members { members[key] = try expand(value, indices) }
      return .object(members)
    default: return json
    }
  }

  /// A formula's value; where it depends on the repetition, the list of its values.
  private func value(of formula: Expression, _ indices: [Index]) throws(CrosswalkError) -> JSON {
    guard let index = indices.last, formula.names.contains(index.variable) else {
      return try formula.evaluate(in: environment)
    }
    var values: [JSON] = []
    for iteration in 0..<index.count {
      values.append(try formula.evaluate(in: environment.with([index.variable: iteration])))
    }
    guard let first = values.first, values.contains(where: { $0 != first }) else {
      return values.first ?? .null
    }
    return ["each": .array(values)]
  }
}

/// A family's config values, all known.
struct ResolvedConfig: Environment, Sendable {
  let values: JSONObject
  private var indices: [String: Int] = [:]

  init(_ values: JSONObject) { self.values = values }

  /// The same with indices of a repeat or of a pattern.
  func with(_ indices: [String: Int]) -> ResolvedConfig {
    var other = self
    other.indices.merge(indices) { $1 }
    return other
  }

  func value(of name: String) throws(CrosswalkError) -> JSON? {
    indices[name].map { .integer(Int64($0)) } ?? values[name]
  }
}
