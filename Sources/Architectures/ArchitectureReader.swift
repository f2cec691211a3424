import Diagnostics
import Documents

/// Turns an architecture's JSON into nodes: unrolls repeats, resolves names, checks shapes.
struct ArchitectureReader {
  let document: Document
  var inputs: [Input] = []
  var nodes: [Node] = []
  var outputs: [(name: String, value: Int)] = []
  var blocks: [(name: String, value: Int)] = []
  var loops: [Loop] = []
  var parameters: [Parameter] = []
  private var parameterShapes: [String: [Int]] = [:]
  var values: [String: Int] = [:]
  var nodeNames: Set<String> = []

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
    _ = try readNodes(root["nodes"], at: "/nodes", in: Scope(carries: values))
    try readOutputs(root["outputs"])
  }

  // MARK: Nodes and blocks

  /// Reads a list of nodes and says what its last one gives.
  mutating func readNodes(_ json: JSON?, at pointer: String, in scope: Scope)
    throws(CrosswalkError) -> Int?
  {
    guard let list = json?.arrayValue, !list.isEmpty else {
      throw invalid("a list of nodes is missing", at: pointer)
    }
    guard scope.depth <= 16 else { throw invalid("blocks in blocks, over 16 deep", at: pointer) }
    var last: Int?
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
      let whole = scope.full(blockBase(of: name))
      if try !isHere(object, at: place, in: scope) {
        values[whole] = try passedThrough(object, at: place, in: scope)
      } else if object["steps"] != nil {
        try readSteps(object, name: name, at: place, in: scope)
      } else if object["nodes"] != nil {
        try readBlock(object, name: name, at: place, in: scope)
      } else {
        try readNode(object, name: scope.full(name), at: place, in: scope)
      }
      last = values[whole] ?? last
    }
    return last
  }

  /// Whether a node is there in this repetition of its block.
  private func isHere(_ json: JSONObject, at pointer: String, in scope: Scope)
    throws(CrosswalkError) -> Bool
  {
    guard let condition = scope.iterated(json)["if"] else { return true }
    guard let truth = condition.boolValue else {
      throw invalid(
        "whether a node is there", at: pointer + "/if",
        expected: "true, false, or one of them for each repetition", condition)
    }
    return truth
  }

  /// What the users of an absent node get: what would have flowed into its first role; nil where
  /// nothing flows in.
  private func passedThrough(_ json: JSONObject, at pointer: String, in scope: Scope)
    throws(CrosswalkError) -> Int?
  {
    let kind = json["operation"]?.stringValue.flatMap(Operations.named)
    if let kind, kind.roles.isEmpty { return nil }
    let role = kind?.roles.first?.name ?? "input"
    var reference = json[role] ?? json["steps"]
    if let first = reference?.arrayValue?.first { reference = first }
    if let carried = reference?.objectValue {
      reference = carried["input"] ?? carried.members.first?.value
    }
    return try value(reference ?? .null, at: "\(pointer)/\(role)", in: scope)
  }

  private mutating func readBlock(
    _ json: JSONObject, name: String, at pointer: String, in scope: Scope
  ) throws(CrosswalkError) {
    try refuseUnknownKeys(
      of: json,
      known: ["name", "if", "repeat", "input", "output", "parameters", "nodes", "description"],
      at: pointer)
    let index = try Capture(in: name, isNeeded: json["repeat"] != nil) { message in
      invalid(message, at: pointer + "/name")
    }
    let times = try repetitions(json["repeat"], at: pointer)
    var carried: [String: Int] = [:]
    for (carry, reference) in members(json["input"], single: "input") {
      carried[carry] = try value(reference, at: pointer + "/input", in: scope)
    }
    for iteration in 0..<times {
      var inner = scope.entering(name, capture: index, iteration: iteration, carries: carried)
      if json["parameters"] != nil {
        inner.owner = try owner(json, at: pointer, in: inner)
      }
      let last = try readNodes(json["nodes"], at: pointer + "/nodes", in: inner)
      if let output = json["output"] {
        for (carry, reference) in members(output, single: "input") {
          carried[carry] = try value(reference, at: pointer + "/output", in: inner)
        }
      } else {
        carried["input"] = last
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

  /// Under whose name the block's parameters go, where blocks share them.
  func owner(_ json: JSONObject, at pointer: String, in scope: Scope)
    throws(CrosswalkError) -> String
  {
    guard let name = scope.iterated(json)["parameters"]?.stringValue.map(scope.substituted),
      isName(name)
    else {
      throw invalid(
        "whose parameters a block uses", at: pointer + "/parameters",
        expected: "a name, or one for each repetition", json["parameters"] ?? .null)
    }
    return name
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
    for key in ["name", "if", "operation", "parameters", "description"] { settings[key] = nil }
    var arguments: [String: [Int]] = [:]
    let iterated = scope.iterated(json)
    for role in kind.roles {
      arguments[role.name] = try argument(iterated[role.name], role: role, at: pointer, in: scope)
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
        owner: scope.owned(json["name"]?.stringValue) ?? name,
        shared: scope.names(json["parameters"]), settings: scope.iterated(settings), at: pointer,
        in: scope)
    } catch {
      throw placed(error, at: pointer, node: name)
    }
  }

  mutating func append(
    _ name: String, _ operation: any Operation, _ signature: Signature,
    _ arguments: [String: [Int]], owner: String, shared: [String: String],
    settings: JSONObject = JSONObject(), at pointer: String, in scope: Scope
  ) throws(CrosswalkError) {
    var own: [(role: String, name: String)] = []
    for (role, shape) in signature.parameters {
      let parameter = shared[role] ?? "\(owner).\(role)"
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
    let place = NodePlace(pointer: pointer, repetitions: scope.indices.map(\.iteration))
    nodes.append(
      Node(
        name: name, operation: operation, arguments: arguments, parameters: own,
        output: signature.output, attention: signature.attention, settings: settings, place: place))
    let made = inputs.count + nodes.count - 1
    for (other, type) in signature.others {
      let whole = "\(name).\(other)"
      guard nodeNames.insert(whole).inserted else {
        throw invalid("two values are called '\(whole)'", at: pointer + "/name")
      }
      values[whole] = inputs.count + nodes.count
      nodes.append(
        Node(
          name: whole, operation: FurtherOutput(), arguments: ["input": [made]], parameters: [],
          output: type, attention: nil, settings: JSONObject(), place: place))
    }
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

  func value(_ json: JSON, at pointer: String, in scope: Scope) throws(CrosswalkError)
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

  func type(of value: Int) -> TensorType {
    value < inputs.count ? inputs[value].type : nodes[value - inputs.count].output
  }

  func members(_ json: JSON?, single: String) -> [(String, JSON)] {
    switch json {
    case nil: []
    case .object(let object)?: object.members.map { ($0.key, $0.value) }
    case let value?: [(single, value)]
    }
  }
}
