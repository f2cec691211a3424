import Diagnostics
import Documents

/// Turns an architecture's JSON into nodes: unrolls repeats, resolves names, checks shapes.
struct ArchitectureReader {
  let document: Document
  var inputs: [Input] = []
  var nodes: [Node] = []
  var outputs: [(name: String, value: Int)] = []
  var blocks: [(name: String, value: Int)] = []
  var parameters: [Parameter] = []
  private var parameterShapes: [String: [Int]] = [:]
  private var values: [String: Int] = [:]

  /// Far above any model, far below what fills the memory.
  static let maximumNodes = 200_000
  static let format = "crosswalk.architecture"

  init(_ document: Document) { self.document = document }

  mutating func read() throws(CrosswalkError) {
    guard let root = document.root.objectValue else {
      throw invalid("an architecture is an object", at: "")
    }
    try refuseUnknownKeys(
      of: root,
      known: ["format", "version", "family", "description", "inputs", "nodes", "outputs"],
      at: "")
    if let format = root["format"], format.stringValue != Self.format {
      throw invalid("not an architecture", at: "/format", expected: "'\(Self.format)'", format)
    }
    if let version = root["version"], version.intValue != 1 {
      throw invalid("a version that is not known", at: "/version", expected: "1", version)
    }
    try readInputs(root["inputs"])
    try readNodes(root["nodes"], at: "/nodes", in: Scope(carries: values))
    try readOutputs(root["outputs"])
  }

  // MARK: Inputs and outputs

  private mutating func readInputs(_ json: JSON?) throws(CrosswalkError) {
    guard let members = json?.objectValue, !members.isEmpty else {
      throw invalid("an architecture names its inputs", at: "/inputs")
    }
    for (name, description) in members.members {
      let pointer = "/inputs/\(name.pointerEscaped)"
      guard let description = description.objectValue else {
        throw invalid("an input is an object", at: pointer, description)
      }
      try refuseUnknownKeys(
        of: description, known: ["dtype", "axes", "optional", "default", "like", "description"],
        at: pointer)
      values[name] = inputs.count
      inputs.append(
        Input(
          name: name, type: try inputType(description, at: pointer),
          absence: try absence(description, at: pointer)))
    }
    for input in inputs {
      if case .filled(_, let like) = input.absence, members[like] == nil || like == input.name {
        throw invalid("no other input is called '\(like)'", at: "/inputs/\(input.name)/like")
      }
    }
  }

  private func inputType(_ json: JSONObject, at pointer: String) throws(CrosswalkError)
    -> TensorType
  {
    guard let element = json["dtype"]?.stringValue.flatMap(TensorType.Element.init(rawValue:))
    else {
      throw invalid(
        "an input's dtype", at: pointer + "/dtype", expected: "'integer', 'floating' or 'mask'",
        json["dtype"] ?? .null)
    }
    guard let list = json["axes"]?.arrayValue else {
      throw invalid("an input names its axes", at: pointer + "/axes")
    }
    var axes: [Axis] = []
    for (position, axis) in list.enumerated() {
      if let name = axis.stringValue {
        axes.append(Axis(name))
      } else if let extent = axis.intValue, extent > 0 {
        axes.append(.width(extent))
      } else if let (name, extent) = axis.objectValue?.members.first,
        let extent = extent.intValue, extent > 0
      {
        axes.append(Axis(name, extent))
      } else {
        throw invalid(
          "an axis", at: "\(pointer)/axes/\(position)",
          expected: "a name, a width, or an object such as {\"heads\": 4}", axis)
      }
    }
    return TensorType(element, axes)
  }

  private func absence(_ json: JSONObject, at pointer: String) throws(CrosswalkError)
    -> Input.Absence
  {
    if let fill = json["default"] {
      guard let number = fill.doubleValue, let like = json["like"]?.stringValue else {
        throw invalid(
          "a default is a number in the shape of another input", at: pointer + "/default",
          expected: "a number, and 'like'", fill)
      }
      return .filled(number, like: like)
    }
    return json["optional"]?.boolValue == true ? .allowed : .refused
  }

  private mutating func readOutputs(_ json: JSON?) throws(CrosswalkError) {
    guard let members = json?.objectValue, !members.isEmpty else {
      throw invalid("an architecture names its outputs", at: "/outputs")
    }
    for (name, reference) in members.members {
      let pointer = "/outputs/\(name.pointerEscaped)"
      outputs.append((name, try value(reference, at: pointer, in: Scope(carries: values))))
    }
  }

  // MARK: Nodes and blocks

  private mutating func readNodes(_ json: JSON?, at pointer: String, in scope: Scope)
    throws(CrosswalkError)
  {
    guard let list = json?.arrayValue, !list.isEmpty else {
      throw invalid("a list of nodes is missing", at: pointer)
    }
    guard scope.depth <= 16 else { throw invalid("blocks in blocks, over 16 deep", at: pointer) }
    for (position, item) in list.enumerated() {
      let place = "\(pointer)/\(position)"
      guard let object = item.objectValue else {
        throw invalid("a node is an object", at: place, item)
      }
      guard let name = object["name"]?.stringValue, isName(name) else {
        throw invalid(
          "a node's name", at: place + "/name", expected: "words joined by dots",
          object["name"] ?? .null)
      }
      if object["nodes"] != nil {
        try readBlock(object, name: name, at: place, in: scope)
      } else {
        try readNode(object, name: scope.full(name), at: place, in: scope)
      }
    }
  }

  private mutating func readBlock(
    _ json: JSONObject, name: String, at pointer: String, in scope: Scope
  ) throws(CrosswalkError) {
    try refuseUnknownKeys(
      of: json, known: ["name", "repeat", "input", "output", "nodes", "description"], at: pointer)
    let index = try Capture(in: name, isNeeded: json["repeat"] != nil) { message in
      invalid(message, at: pointer + "/name")
    }
    let times = try repetitions(json["repeat"], at: pointer)
    var carried: [String: Int] = [:]
    for (carry, reference) in members(json["input"], single: "input") {
      carried[carry] = try value(reference, at: pointer + "/input", in: scope)
    }
    for iteration in 0..<times {
      let inner = scope.entering(name, capture: index, iteration: iteration, carries: carried)
      let firstNode = nodes.count
      try readNodes(json["nodes"], at: pointer + "/nodes", in: inner)
      guard nodes.count > firstNode else {
        throw invalid("a block without nodes", at: pointer + "/nodes")
      }
      if let output = json["output"] {
        for (carry, reference) in members(output, single: "input") {
          carried[carry] = try value(reference, at: pointer + "/output", in: inner)
        }
      } else {
        carried["input"] = inputs.count + nodes.count - 1
      }
      if let result = carried["input"] ?? carried.first?.value {
        blocks.append((inner.prefix, result))
        if inner.prefix != scope.full(index.base(of: name)) { values[inner.prefix] = result }
      }
    }
    let base = scope.full(index.base(of: name))
    for (carry, result) in carried {
      values[carry == "input" ? base : "\(base).\(carry)"] = result
    }
    if index.variable != nil, let result = values[base] { blocks.append((base, result)) }
  }

  private func repetitions(_ json: JSON?, at pointer: String) throws(CrosswalkError) -> Int {
    guard let json else { return 1 }
    guard let times = json.intValue, (0...Self.maximumNodes).contains(times) else {
      throw invalid(
        "how often a block is repeated", at: pointer + "/repeat",
        expected: "a whole number up to \(Self.maximumNodes)", json)
    }
    return times
  }

  private mutating func readNode(
    _ json: JSONObject, name: String, at pointer: String, in scope: Scope
  ) throws(CrosswalkError) {
    guard nodes.count < Self.maximumNodes else {
      throw CrosswalkError(
        .tooLarge, "over \(Self.maximumNodes) nodes", at: document.place(of: pointer))
    }
    guard let word = json["operation"]?.stringValue, let kind = Operations.named(word) else {
      throw unknownOperation(json["operation"], at: pointer)
    }
    guard nodeNames.insert(name).inserted else {
      throw invalid("two nodes are called '\(name)'", at: pointer + "/name")
    }
    var settings = json
    for key in ["name", "operation", "parameters", "description"] { settings[key] = nil }
    var arguments: [String: [Int]] = [:]
    for role in kind.roles {
      arguments[role.name] = try argument(json[role.name], role: role, at: pointer, in: scope)
      settings[role.name] = nil
    }
    let types = InputTypes(types: arguments.mapValues { $0.map(type(of:)) })
    do throws(CrosswalkError) {
      var reader = Settings(scope.iterated(settings))
      let operation = try kind.init(&reader)
      try reader.finish()
      let signature = try operation.signature(types)
      try append(
        name, operation, signature, arguments,
        shared: scope.names(json["parameters"]), at: pointer)
    } catch {
      throw placed(error, at: pointer, node: name)
    }
  }

  private var nodeNames: Set<String> = []

  private mutating func append(
    _ name: String, _ operation: any Operation, _ signature: Signature,
    _ arguments: [String: [Int]], shared: [String: String], at pointer: String
  ) throws(CrosswalkError) {
    var own: [(role: String, name: String)] = []
    for (role, shape) in signature.parameters {
      let parameter = shared[role] ?? "\(name).\(role)"
      if let known = parameterShapes[parameter], known != shape {
        throw CrosswalkError(
          .wrongShape, "the shared parameter '\(parameter)' has another shape",
          expected: "\(shape)", found: "\(known)")
      }
      if parameterShapes.updateValue(shape, forKey: parameter) == nil {
        parameters.append(Parameter(name: parameter, shape: shape))
      }
      own.append((role, parameter))
    }
    for role in shared.keys where !own.contains(where: { $0.role == role }) {
      throw CrosswalkError(
        .invalidDocument, "this node has no parameter '\(role)' to share",
        remedy: "its parameters: \(own.map(\.role).joined(separator: ", "))")
    }
    values[name] = inputs.count + nodes.count
    nodes.append(
      Node(
        name: name, operation: operation, arguments: arguments, parameters: own,
        output: signature.output, attention: signature.attention))
  }

  // MARK: References

  private func argument(_ json: JSON?, role: Role, at pointer: String, in scope: Scope)
    throws(CrosswalkError) -> [Int]
  {
    let place = "\(pointer)/\(role.name)"
    switch (json, role.arity) {
    case (nil, .optional), (.null?, .optional): return []
    case (nil, _), (.null?, _):
      throw invalid("nothing flows into '\(role.name)'", at: place)
    case (.array(let list)?, .many) where !list.isEmpty:
      var found: [Int] = []
      for (position, item) in list.enumerated() {
        found.append(try value(item, at: "\(place)/\(position)", in: scope))
      }
      return found
    case (let item?, _): return [try value(item, at: place, in: scope)]
    }
  }

  private func value(_ json: JSON, at pointer: String, in scope: Scope) throws(CrosswalkError)
    -> Int
  {
    guard let reference = json.stringValue else {
      throw invalid("the name of a node or input", at: pointer, expected: "a string", json)
    }
    guard let value = scope.find(reference, in: values) else {
      let near = nearest(to: scope.substituted(reference), among: values.keys)
      throw CrosswalkError(
        .invalidDocument, "no node or input before this one is called '\(reference)'",
        at: document.place(of: pointer),
        remedy: near.isEmpty ? nil : "did you mean \(near.joined(separator: ", "))?")
    }
    return value
  }

  private func type(of value: Int) -> TensorType {
    value < inputs.count ? inputs[value].type : nodes[value - inputs.count].output
  }

  private func members(_ json: JSON?, single: String) -> [(String, JSON)] {
    switch json {
    case nil: []
    case .object(let object)?: object.members.map { ($0.key, $0.value) }
    case let value?: [(single, value)]
    }
  }

  // MARK: Errors

  private func unknownOperation(_ json: JSON?, at pointer: String) -> CrosswalkError {
    let known = Operations.all.map { $0.name }
    let near = nearest(to: json?.stringValue ?? "", among: known)
    return CrosswalkError(
      .invalidDocument, "no operation is called \(json?.summary ?? "nothing")",
      at: document.place(of: pointer + "/operation"),
      remedy: near.isEmpty
        ? "the operations: \(known.joined(separator: ", "))"
        : "did you mean \(near.joined(separator: ", "))?")
  }

  private func placed(_ error: CrosswalkError, at pointer: String, node: String) -> CrosswalkError {
    var error = error
    var place = document.place(of: pointer)
    if case .key(let key)? = error.place.steps.first {
      place = document.place(of: "\(pointer)/\(key.pointerEscaped)")
      error.place.steps.removeFirst()
    }
    place.steps += [.node(node)] + error.place.steps
    error.place = place
    return error
  }

  private func invalid(
    _ message: String, at pointer: String, expected: String? = nil, _ found: JSON? = nil
  ) -> CrosswalkError {
    CrosswalkError(
      .invalidDocument, message, at: document.place(of: pointer),
      expected: expected ?? found.map { _ in "otherwise" }, found: found?.summary)
  }

  private func refuseUnknownKeys(of object: JSONObject, known: [String], at pointer: String)
    throws(CrosswalkError)
  {
    for key in object.keys where !known.contains(key) {
      let near = nearest(to: key, among: known)
      throw CrosswalkError(
        .invalidDocument, "the key '\(key)' means nothing here",
        at: document.place(of: "\(pointer)/\(key.pointerEscaped)"),
        remedy: "did you mean one of \((near.isEmpty ? known : near).joined(separator: ", "))?")
    }
  }

  private func isName(_ name: String) -> Bool {
    !name.isEmpty
      && name.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { !$0.isEmpty }
      && name.utf8.count <= 1000
      && name.unicodeScalars.allSatisfy { $0.value > 32 && $0 != "/" && $0.value != 127 }
  }
}
