import Architectures
import Diagnostics
import Documents
import Engine

/// Other settings, and other operations, out of the catalogue.
struct SettingHypotheses: HypothesisSource {
  let catalogue: Catalogue

  func hypotheses(about position: Int, _ evidence: Evidence) throws(CrosswalkError) -> [Hypothesis]
  {
    let architecture = evidence.architecture
    let node = architecture.nodes[position]
    var found: [Hypothesis] = []
    for entry in catalogue.entries where entry.operation == node.operationName {
      let old = node.settings[entry.setting]
      for value in values(of: entry, node, architecture) where !Self.same(value, old) {
        if let one = hypothesis(entry, value, position, architecture) { found.append(one) }
      }
    }
    for exchange in catalogue.exchanges
    where exchange.operation == node.operationName
      || exchange.operation == "*" && node.operationName != exchange.becomes
    {
      found += self.hypotheses(exchange, position, architecture)
    }
    return found
  }

  /// That a node has another value of a setting; nil where it cannot have it.
  func hypothesis(
    _ entry: Catalogue.Entry, _ value: JSON, _ position: Int, _ architecture: Architecture
  ) -> Hypothesis? {
    let node = architecture.nodes[position]
    var settings = node.settings
    settings[entry.setting] = value.isNull ? nil : value
    guard let changed = try? architecture.node(position, settings: settings) else { return nil }
    let old = node.settings[entry.setting]
    return Hypothesis(
      cause: entry.cause,
      says: "\(entry.says): \(entry.setting) \(Self.words(value)), not \(Self.words(old))",
      node: position,
      edit: .setting(key: entry.setting, from: old, to: value.isNull ? nil : value),
      change: GraphChange(nodes: [position: changed]), rank: 0)
  }

  private func hypotheses(
    _ exchange: Catalogue.Exchange, _ position: Int, _ architecture: Architecture
  ) -> [Hypothesis] {
    let node = architecture.nodes[position]
    var settings = exchange.settings
    for key in exchange.keeps { settings[key] = node.settings[key] }
    // What the first role gets is what the new operation gets.
    let known = node.roles.first.flatMap { node.arguments[$0.name] } ?? []
    guard let first = known.first, let kind = Operations.named(exchange.becomes),
      let role = kind.roles.first?.name,
      let changed = try? architecture.node(
        position, operation: exchange.becomes, settings: settings, arguments: [role: [first]])
    else { return [] }
    return [
      Hypothesis(
        cause: exchange.cause, says: exchange.says, node: position,
        edit: .operation(from: node.operationName, to: exchange.becomes, settings: settings),
        change: GraphChange(nodes: [position: changed]), rank: exchange.operation == "*" ? 3 : 1)
    ]
  }

  /// The values to try, numbers settled.
  private func values(of entry: Catalogue.Entry, _ node: Node, _ architecture: Architecture)
    -> [JSON]
  {
    var values: [JSON] = []
    for value in entry.values {
      guard let text = value.stringValue, let caret = text.firstIndex(of: "^") else {
        values.append(value)
        continue
      }
      guard let base = Self.size(text[..<caret], of: node, architecture),
        let power = Double(text[text.index(after: caret)...])
      else { continue }
      if power == 1 {
        values.append(.integer(Int64(base)))
      } else {
        values.append(.number(raised(base, to: power)))
      }
    }
    let old = node.settings[entry.setting]?.intValue ?? 0
    return values + entry.steps.map { .integer(Int64(clamping: old &+ $0)) }
  }

  /// A power as programs compute it, so that it is the same to the last bit.
  private func raised(_ base: Int, to exponent: Double) -> Double {
    let root = Double(base).squareRoot()
    switch exponent {
    case 0.5: return root
    case -0.5: return 1 / root
    case -0.25: return 1 / root.squareRoot()
    default: return 1 / Double(base)
    }
  }

  /// The width of what flows into a node's first role, or that of one of its heads.
  private static func size(_ word: Substring, of node: Node, _ architecture: Architecture) -> Int? {
    guard let role = node.roles.first?.name, let value = node.arguments[role]?.first,
      let width = architecture.type(of: value).width
    else { return nil }
    if word == "width" { return width }
    guard let heads = node.settings["heads"]?.intValue, heads > 0 else { return nil }
    return width / heads
  }

  private static func same(_ a: JSON, _ b: JSON?) -> Bool {
    if let x = a.doubleValue, let y = b?.doubleValue { return x == y }
    return a == b ?? .null
  }

  static func words(_ value: JSON?) -> String {
    guard let value, !value.isNull else { return "none" }
    return value.stringValue ?? value.text(indented: false)
  }
}
