import Architectures
import Diagnostics
import Documents
import Families

/// One call of a layer while it becomes nodes.
final class LayerCall {
  let layer: LayerConfig
  let table: LayerTable
  let site: GraphBuilder.Site
  /// The tensors by the arguments' names.
  private(set) var values: [(name: String, value: GraphBuilder.Value)] = []
  /// What was given that is no tensor.
  private(set) var constants: [(name: String, value: JSON)] = []
  /// What layers within put out, by the names of the nodes that call them.
  var names: [String: String] = [:]
  /// Whether the layer's weights are not yet noted.
  let isFirst: Bool

  init(layer: LayerConfig, table: LayerTable, site: GraphBuilder.Site) {
    self.layer = layer
    self.table = table
    self.site = site
    isFirst = site.name == site.owner
  }

  /// Puts what was given under the arguments' names.
  ///
  /// - Throws: `unsupported` for a tensor in a place where the table knows of none.
  func bind(
    _ positional: [GraphBuilder.Value], _ named: [(name: String, value: GraphBuilder.Value)]
  ) throws(CrosswalkError) {
    var given: [(String, GraphBuilder.Value)] = named
    var positional = positional
    if table.takesMany { positional = [.list(positional)] }
    for (number, value) in positional.enumerated() {
      guard number < table.arguments.count else {
        throw CrosswalkError(
          .unsupported, "more arguments than the layer's table knows",
          expected: "\(table.arguments.count)", found: "\(positional.count)")
      }
      given.append((table.arguments[number], value))
    }
    for (name, value) in given {
      if case .constant(let json) = value {
        if !json.isNull { constants.append((name, json)) }
      } else if table.arguments.contains(name) {
        values.append((name, value))
      } else {
        throw CrosswalkError(
          .unsupported,
          "a tensor for the argument '\(name)', which the layer's table does not know",
          expected: table.arguments.joined(separator: ", "))
      }
    }
  }

  /// A reference of the table's, or a structure of them, under the names of the graph.
  func settled(_ json: JSON) -> JSON {
    switch json {
    case .string(let text): .string(settled(text))
    case .array(let items): .array(items.map(settled))
    default: json
    }
  }

  /// `@NAME` is of the graph, `_` the layer's own node, and any other name one of its nodes.
  private func settled(_ text: String) -> String {
    if text.hasPrefix("@") { return String(text.dropFirst()) }
    if let made = names[text] { return made }
    if text == "_" { return site.name }
    if text.hasPrefix("_.") { return site.name + text.dropFirst() }
    return site.within(text).name
  }

  /// One reference, or those of a list, without what is null; `NAME.*` is all that a layer within
  /// puts out beside the first.
  func references(_ json: JSON) -> [String] {
    (json.arrayValue ?? [json]).compactMap(\.stringValue).flatMap { text -> [String] in
      guard text.hasSuffix(".*") else { return [settled(text)] }
      let part = text.dropLast(2)
      return (1...).lazy.map { self.names["\(part).\($0)"] }.prefix { $0 != nil }.compactMap(\.self)
    }
  }

  /// The masks of so many outputs.
  func masks(_ json: JSON, count: Int) -> [String?] {
    let list = json.arrayValue ?? [json]
    return (0..<count).map { position in
      list.indices.contains(position) ? list[position].stringValue.map { settled($0) } : nil
    }
  }

  /// What flowed into the arguments that a list names.
  func unmasked(_ json: JSON) -> [String] {
    let names = (json.arrayValue ?? [json]).compactMap(\.stringValue)
    return values.filter { names.contains($0.name) }.flatMap(\.value.tensors)
  }
}

extension GraphBuilder {
  /// What a table's formulas know of a call: for an argument `x` that is a tensor the reference
  /// `x`, and `x_mask`, `x_shape`, `x_rank`, `x_width` and `x_kind`; lists of them for a list.
  func facts(of call: LayerCall) -> JSONObject {
    var facts = JSONObject()
    for name in call.table.arguments where !name.hasSuffix("mask") {
      facts["\(name)_mask"] = .null
      facts["\(name)_shape"] = .null
      facts["\(name)_width"] = .null
      facts["\(name)_kind"] = .null
    }
    for name in call.table.arguments {
      facts[name] = .null
      facts["\(name)_rank"] = .null
    }
    for (name, value) in call.constants where call.table.arguments.contains(name) {
      facts[name] = value
    }
    for (name, value) in call.values {
      let first = value.tensors.first.flatMap { types[$0] }
      facts[name] = reference(value)
      facts["\(name)_rank"] = first.map { .integer(Int64($0.axes.count)) } ?? .null
      guard !name.hasSuffix("mask") else { continue }
      facts["\(name)_mask"] = mask(value)
      facts["\(name)_shape"] = shape(value)
      facts["\(name)_width"] = (first?.width).map { .integer(Int64($0)) } ?? .null
      facts["\(name)_kind"] = first.map { .string($0.element.rawValue) } ?? .null
    }
    for (name, value) in call.values where name.hasSuffix("mask") {
      facts[name] = reference(value)
    }
    return facts
  }

  private func reference(_ value: Value) -> JSON {
    switch value {
    case .tensor(let name): .string("@" + name)
    case .list(let items): .array(items.map(reference))
    case .constant(let json): json
    }
  }

  private func mask(_ value: Value) -> JSON {
    switch value {
    case .tensor(let name): masks[name].map { .string("@" + $0) } ?? .null
    case .list(let items): .array(items.map(mask))
    case .constant: .null
    }
  }

  private func shape(_ value: Value) -> JSON {
    switch value {
    case .tensor(let name):
      .array((types[name]?.axes ?? []).map { $0.extent.map { .integer(Int64($0)) } ?? .null })
    case .list(let items): .array(items.map(shape))
    case .constant: .null
    }
  }
}
