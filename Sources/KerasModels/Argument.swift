import Diagnostics
import Documents

/// What a layer was called with: tensors, or values, in lists and objects of any depth.
indirect enum Argument {
  case tensor(TensorKey)
  case list([Argument])
  case object([(name: String, argument: Argument)])
  case constant(JSON)

  /// Every tensor in it, in order.
  var tensors: [TensorKey] {
    switch self {
    case .tensor(let key): [key]
    case .list(let items): items.flatMap(\.tensors)
    case .object(let members): members.flatMap(\.argument.tensors)
    case .constant: []
    }
  }

  /// The same of other tensors.
  func mapped(_ change: (TensorKey) -> TensorKey) -> Argument {
    switch self {
    case .tensor(let key): .tensor(change(key))
    case .list(let items): .list(items.map { $0.mapped(change) })
    case .object(let members):
      .object(members.map { ($0.name, $0.argument.mapped(change)) })
    case .constant: self
    }
  }

  /// The same with what is given by names in the order of these, which are those of a model's inputs.
  func ordered(by names: [String]) -> Argument {
    guard case .object(let members) = self else { return self }
    let ordered = names.compactMap { name in members.first { $0.name == name } }
    return ordered.count == members.count ? .object(ordered) : self
  }

  /// The arguments of one call.
  ///
  /// Keras 3 writes `args` and `kwargs`; Keras 2 a list of `[layer, call, output, kwargs]`.
  static func arguments(of node: DocumentCursor, isLayer: (String) -> Bool)
    throws(CrosswalkError) -> ([Argument], [(name: String, argument: Argument)])
  {
    if node.value["args"] != nil {
      let positional = try node.require("args").array().map { Argument($0.value) }
      let named = try node.optional("kwargs")?.members() ?? []
      return (positional, named.map { ($0.key, Argument($0.value.value)) })
    }
    var named: [(String, Argument)] = []
    let first = listed(node.value, isLayer, &named)
    return ([first], named)
  }

  /// What Keras 3 writes.
  init(_ json: JSON) {
    switch json {
    case .array(let items): self = .list(items.map { Argument($0) })
    case .object(let object):
      switch object["class_name"]?.stringValue {
      case "__keras_tensor__":
        let key = object["config"]?["keras_history"].flatMap { TensorKey($0) }
        self = key.map { .tensor($0) } ?? .constant(json)
      case "__tuple__":
        self = .list((object["items"]?.arrayValue ?? []).map { Argument($0) })
      case "__tensor__", "__numpy__":
        self = .constant(object["config"]?["value"] ?? json)
      case .some: self = .constant(json)
      case nil: self = .object(object.members.map { ($0.key, Argument($0.value)) })
      }
    default: self = .constant(json)
    }
    // A list of values is a value.
    if case .list(let items) = self, !items.isEmpty {
      let values = items.compactMap { if case .constant(let value) = $0 { value } else { nil } }
      if values.count == items.count { self = .constant(.array(values)) }
    }
  }

  /// What Keras 2 writes of the first argument, and of the others beside each of its tensors.
  private static func listed(
    _ json: JSON, _ isLayer: (String) -> Bool, _ named: inout [(String, Argument)]
  ) -> Argument {
    if let list = json.arrayValue, TensorKey(json) != nil || list.first == "_CONSTANT_VALUE" {
      for (name, value) in list.dropFirst(3).first?.objectValue?.members ?? []
      where !named.contains(where: { $0.0 == name }) {
        named.append((name, keyword(value, isLayer)))
      }
      if let key = TensorKey(json), key.layer != "_CONSTANT_VALUE", key.call != -1 {
        return .tensor(key)
      }
    }
    if let list = json.arrayValue {
      if list.first == "_CONSTANT_VALUE", list.count > 2 {
        return .constant(list[2])
      }
      var items: [Argument] = []
      for item in list { items.append(listed(item, isLayer, &named)) }
      return items.count == 1 ? items[0] : .list(items)
    }
    if let object = json.objectValue {
      var members: [(name: String, argument: Argument)] = []
      for (name, value) in object.members {
        members.append((name, listed(value, isLayer, &named)))
      }
      return .object(members)
    }
    return .constant(json)
  }

  /// What Keras 2 writes of an argument by name: a tensor looks like any list of a word and two
  /// numbers, but for the layer that the word names.
  private static func keyword(_ json: JSON, _ isLayer: (String) -> Bool) -> Argument {
    if let key = TensorKey(json), isLayer(key.layer) { return .tensor(key) }
    guard let list = json.arrayValue else { return .constant(json) }
    let items = list.map { keyword($0, isLayer) }
    let hasTensor = items.contains { !$0.tensors.isEmpty }
    return hasTensor ? .list(items) : .constant(json)
  }
}
