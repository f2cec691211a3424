public import Diagnostics
public import Documents

extension Architecture {
  /// A node as it would be with another operation, other settings, or other values flowing in.
  ///
  /// Its output has the type that it had, and its parameters are parameters of the architecture, so
  /// that it can stand in the node's place.
  ///
  /// - Parameters:
  ///   - position: the node's place in ``nodes``.
  ///   - operation: the word of another operation.
  ///   - settings: all of its settings.
  ///   - arguments: all that flows in, by role.
  /// - Throws: `invalidDocument` or `wrongShape` for a node that cannot be.
  public func node(
    _ position: Int, operation: String? = nil, settings: JSONObject? = nil,
    arguments: [String: [Int]]? = nil
  ) throws(CrosswalkError) -> Node {
    let node = nodes[position]
    let (settings, arguments) = (settings ?? node.settings, arguments ?? node.arguments)
    guard let kind = Operations.named(operation ?? node.operationName) else {
      throw CrosswalkError(.invalidDocument, "no such operation", found: operation ?? "")
    }
    var reader = Settings(settings)
    let changed = try kind.init(&reader)
    try reader.finish()
    for role in kind.roles where role.arity != .optional && arguments[role.name]?.isEmpty ?? true {
      throw CrosswalkError(.invalidDocument, "nothing flows into '\(role.name)'")
    }
    let signature = try changed.signature(
      InputTypes(types: arguments.mapValues { $0.map(type(of:)) }))
    guard signature.output == node.output, signature.others.isEmpty else {
      throw CrosswalkError(
        .wrongShape, "the node would make something else", expected: node.output.summary,
        found: signature.output.summary)
    }
    let owner = node.parameters.first.map { String($0.name.dropLast($0.role.count + 1)) }
    var own: [(role: String, name: String)] = []
    for (role, shape) in signature.parameters {
      let known = node.parameters.first { $0.role == role }?.name
      let name = known ?? "\(owner ?? node.name).\(role)"
      guard let parameter = parameters.first(where: { $0.name == name }), parameter.shape == shape
      else {
        throw CrosswalkError(.missingTensor, "the checkpoint has no such parameter", found: name)
      }
      own.append((role, name))
    }
    return Node(
      name: node.name, operation: changed, arguments: arguments, parameters: own,
      output: signature.output, attention: signature.attention, settings: settings,
      place: node.place)
  }

  /// The JSON with one member of some nodes set, or left out with nil.
  ///
  /// - Parameter values: the member's new value, by the node's place in ``nodes``.
  /// - Returns: nil where the JSON cannot say it: other values in the repetitions of a block within
  ///   a block.
  public func source(setting key: String, to values: [Int: JSON?]) -> JSON? {
    var source: JSON? = source
    let groups = Dictionary(grouping: values.keys) { nodes[$0].place.pointer }
    for (pointer, changed) in groups {
      let all = nodes.indices.filter {
        nodes[$0].place.pointer == pointer && !(nodes[$0].operation is FurtherOutput)
      }
      let wanted = all.map { values[$0] ?? nodes[$0].settings[key] }
      let tokens = pointer.split(separator: "/").map(String.init)
      let new: JSON?
      if let one = wanted.first, wanted.allSatisfy({ $0 ?? .null == one ?? .null }) {
        new = one
      } else if nodes[changed[0]].place.repetitions.count == 1 {
        new = ["each": .array(wanted.map { $0 ?? .null })]
      } else {
        return nil
      }
      source = source?.replacing(tokens[...]) { object in
        guard var object = object.objectValue else { return nil }
        object[key] = new
        return .object(object)
      }
    }
    return source
  }
}

extension JSON {
  /// The value with another in one place, given by a pointer's parts; nil where that is not there.
  package func replacing(_ path: ArraySlice<String>, _ change: (JSON) -> JSON?) -> JSON? {
    guard let first = path.first else { return change(self) }
    switch self {
    case .object(var object):
      guard let inner = object[first]?.replacing(path.dropFirst(), change) else { return nil }
      object[first] = inner
      return .object(object)
    case .array(var elements):
      guard let index = Int(first), elements.indices.contains(index),
        let inner = elements[index].replacing(path.dropFirst(), change)
      else { return nil }
      elements[index] = inner
      return .array(elements)
    default: return nil
    }
  }
}
