import Architectures
import Containers
import Diagnostics
import Documents
import Engine
import Families
import Tensors

/// What is to be written down for a model to compute what was recorded.
struct Remedy {
  private let architecture: Architecture
  private let hypotheses: [Hypothesis]
  private let change: GraphChange

  init(_ architecture: Architecture, _ hypotheses: [Hypothesis], _ change: GraphChange) {
    self.architecture = architecture
    self.hypotheses = hypotheses
    self.change = change
  }

  var isEmpty: Bool { hypotheses.isEmpty }

  /// Writes it into the checkpoint's config, into a user's family file, or into a native checkpoint.
  ///
  /// - Returns: what was written where, a line each.
  /// - Throws: `unsupported` where one of the causes has no such place, and then nothing is written.
  func apply(to checkpoint: ModelCheckpoint, options: ModelCheckpoint.Options)
    throws(CrosswalkError) -> [String]
  {
    let path = checkpoint.checkpoint.path
    if let native = try NativeCheckpoint(ifIn: checkpoint.checkpoint) {
      try rewrite(native, of: checkpoint)
      return ["\(path): the architecture and the parameters as diagnosed"]
    }
    var wrote: [String] = []
    if !change.parameters.isEmpty {
      guard let choice = options.family, let family = try? Document(reading: choice) else {
        throw CrosswalkError(
          .unsupported, "the weights are read by a built-in family, which is not changed",
          at: Place(file: path),
          remedy: "convert the checkpoint to .h5 and mend that, or give a family's file by --family"
        )
      }
      try Self.write(try mended(family.root, checkpoint), to: choice)
      wrote.append("\(choice): the rules of the weights as diagnosed")
    }
    if !change.nodes.isEmpty {
      let (file, key, config) = try mendedConfig(of: checkpoint)
      try Self.write(config, to: file)
      wrote.append("\(file): \(key)")
    }
    return wrote
  }

  private static func write(_ json: JSON, to path: String) throws(CrosswalkError) {
    let file = try FileWriter(path, replacing: true)
    try file.append(Array((json.text(indented: true) + "\n").utf8))
    try file.commit()
  }
}

// MARK: the graph

extension Remedy {
  /// The architecture with all that was found wrong put right.
  private func mendedArchitecture() throws(CrosswalkError) -> Architecture {
    var mended = architecture
    for (key, values) in members() {
      guard let source = mended.source(setting: key, to: values) else {
        throw CrosswalkError(
          .unsupported, "the architecture's JSON cannot say '\(key)' for these nodes alone",
          remedy: "mend the architecture by hand, as the diagnosis says")
      }
      mended = try Architecture(Document(source))
    }
    return mended
  }

  /// The members of nodes that change, by key: what each is to be.
  private func members() -> [(key: String, values: [Int: JSON?])] {
    var members: [(key: String, values: [Int: JSON?])] = []
    func set(_ key: String, _ value: JSON?, at node: Int) {
      let index = members.firstIndex { $0.key == key } ?? members.endIndex
      if index == members.endIndex { members.append((key, [:])) }
      members[index].values[node] = .some(value)
    }
    for hypothesis in hypotheses {
      let node = architecture.nodes[hypothesis.node]
      switch hypothesis.edit {
      case .setting(let key, _, let value): set(key, value, at: hypothesis.node)
      case .operation(_, let word, let settings):
        set("operation", .string(word), at: hypothesis.node)
        for (key, _) in node.settings.members where settings[key] == nil {
          set(key, nil, at: hypothesis.node)
        }
        for (key, value) in settings.members { set(key, value, at: hypothesis.node) }
      case .arguments(let role, _, let values):
        let names = values.map { JSON.string(architecture.name(of: $0)) }
        let isMany = node.roles.contains { $0.name == role && $0.arity == .many }
        set(role, isMany ? .array(names) : names.first, at: hypothesis.node)
      case .parameters, .takes: break
      }
    }
    return members
  }

  /// A native checkpoint written again, in its own place.
  private func rewrite(_ native: NativeCheckpoint, of checkpoint: ModelCheckpoint)
    throws(CrosswalkError)
  {
    var parameters = TensorTable()
    for (name, tensor) in native.parameters {
      let changed = try change.parameters[name]?.cast(to: tensor.dtype)
      try parameters.append(name, changed ?? tensor)
    }
    var (graph, provenance) = (try mendedArchitecture(), native.provenance)
    if let (values, same) = try values(giving: graph, checkpoint) {
      (graph, provenance.values) = (same, values)
    }
    let path = checkpoint.checkpoint.path
    let container = try ContainerRegistry.writable(for: path)
    let contents = try NativeCheckpoint(
      architecture: graph, provenance: provenance, parameters: parameters, kept: native.kept,
      vocabulary: native.vocabulary
    ).contents(for: container)
    _ = try Shards.write(contents, as: container, to: path, ofAtMost: nil, replacing: true)
  }
}

// MARK: the family's values

extension Remedy {
  /// The family's values with which its template gives what nodes are to be, and the graph that it
  /// gives; nil where no other value of one of them does.
  private func values(giving wanted: Architecture, _ checkpoint: ModelCheckpoint)
    throws(CrosswalkError) -> (values: JSONObject, graph: Architecture)?
  {
    guard let crossing = checkpoint.crossing else { return nil }
    func graph(_ values: JSONObject) -> Architecture? {
      let other = try? Crossing(
        crossing.family, dialect: crossing.dialectName, values: values, tensors: TensorTable())
      return other?.architecture
    }
    var values = crossing.values
    guard var best = graph(values).map({ differences($0, wanted) }) else { return nil }
    for (old, new) in changedSettings() where best > 0 {
      for (name, value) in values.members where Self.isSame(value, old) {
        var tried = values
        tried[name] = new
        guard let found = graph(tried).map({ differences($0, wanted) }), found < best else {
          continue
        }
        (values, best) = (tried, found)
      }
    }
    guard best == 0, let found = graph(values) else { return nil }
    return (values, found)
  }

  /// Each setting that changes, once: what it was and what it is to be.
  private func changedSettings() -> [(old: JSON, new: JSON)] {
    var found: [(old: JSON, new: JSON)] = []
    for hypothesis in hypotheses {
      guard case .setting(_, let old, let new) = hypothesis.edit else { continue }
      let pair = (old: old ?? .null, new: new ?? .null)
      if !found.contains(where: { $0.old == pair.old && $0.new == pair.new }) {
        found.append(pair)
      }
    }
    return found
  }

  /// How many of the nodes that are to change are not what they are to be.
  private func differences(_ graph: Architecture, _ wanted: Architecture) -> Int {
    guard graph.nodes.map(\.name) == wanted.nodes.map(\.name) else { return .max }
    return Set(hypotheses.map(\.node)).count { place in
      let (x, y) = (graph.nodes[place], wanted.nodes[place])
      return x.operationName != y.operationName || x.arguments != y.arguments
        || !Self.isSame(.object(x.settings), .object(y.settings))
    }
  }

  private static func isSame(_ a: JSON, _ b: JSON) -> Bool {
    if let x = a.doubleValue, let y = b.doubleValue { return x == y }
    guard let x = a.objectValue, let y = b.objectValue else { return a == b }
    return Set(x.keys).union(y.keys).allSatisfy { isSame(x[$0] ?? .null, y[$0] ?? .null) }
  }

  /// The config that makes the graph what it is to be, where it is, and the key that changes.
  private func mendedConfig(of checkpoint: ModelCheckpoint) throws(CrosswalkError) -> (
    file: String, key: String, config: JSON
  ) {
    guard let crossing = checkpoint.crossing, let document = checkpoint.checkpoint.config,
      let file = document.file,
      let (values, _) = try values(giving: mendedArchitecture(), checkpoint)
    else {
      throw CrosswalkError(
        .unsupported, "no value of the config makes the graph what it is to be",
        at: Place(file: checkpoint.checkpoint.path),
        remedy: "convert the checkpoint to .h5 and mend that, or mend the family by hand")
    }
    var config: JSON = document.root
    var keys: [String] = []
    for (name, value) in values.members where !Self.isSame(value, crossing.values[name] ?? .null) {
      guard let (key, said) = crossing.member(of: config, for: name, meaning: value),
        let changed = config.setting(key.split(separator: ".").map(String.init)[...], to: said)
      else { continue }
      config = changed
      keys.append("\(key) is \(said.text(indented: false))")
    }
    return (file, keys.joined(separator: ", "), config)
  }
}

// MARK: the family's rules

extension Remedy {
  /// A family's file in which the rules read the weights as was found.
  private func mended(_ family: JSON, _ checkpoint: ModelCheckpoint) throws(CrosswalkError) -> JSON
  {
    var family: JSON? = family
    var transposed: Set<String> = []
    var exchanged: [String: [Int: String]] = [:]
    for hypothesis in hypotheses {
      switch hypothesis.edit {
      case .parameters(let changed, "transpose"):
        for role in changed.keys {
          let node = architecture.nodes[hypothesis.node]
          guard let name = node.parameters.first(where: { $0.role == role })?.name else { continue }
          transposed.insert(try rule(making: name, checkpoint).pointer)
        }
      case .takes(let names, _):
        for (name, other) in names {
          let (wanted, from) = (
            try rule(making: name, checkpoint), try rule(making: other, checkpoint)
          )
          exchanged[from.pointer, default: [:]][from.slot] = wanted.pattern
        }
      case .parameters(_, let how):
        throw CrosswalkError(
          .unsupported, "a family's rule for this is not written by itself", cause: how,
          remedy: "add the steps by hand, as the diagnosis says")
      default: continue
      }
    }
    for pointer in transposed { family = family?.replacing(Self.path(pointer), Self.transposing) }
    for (pointer, slots) in exchanged {
      family = family?.replacing(Self.path(pointer)) { Self.exchanging($0, slots) }
    }
    guard let family else {
      throw CrosswalkError(
        .unsupported, "the rules stand in another file, which the family extends",
        remedy: "copy them into this one, and try again")
    }
    return family
  }

  private func rule(making name: String, _ checkpoint: ModelCheckpoint) throws(CrosswalkError) -> (
    pointer: String, slot: Int, pattern: String
  ) {
    guard let rule = checkpoint.crossing?.rule(making: name) else {
      throw CrosswalkError(
        .unsupported, "no rule of the family makes this", at: Place(.tensor(name)))
    }
    return rule
  }

  private static func path(_ pointer: String) -> ArraySlice<String> {
    pointer.split(separator: "/").map(String.init)[...]
  }

  /// A rule with one transposition more, or one less.
  private static func transposing(_ rule: JSON) -> JSON? {
    guard var object = rule.objectValue else { return nil }
    var steps = object["steps"]?.arrayValue ?? []
    if let index = steps.firstIndex(of: "transpose") {
      steps.remove(at: index)
    } else {
      steps.append("transpose")
    }
    object["steps"] = steps.isEmpty ? nil : .array(steps)
    return .object(object)
  }

  /// A rule that makes other parameters, by their place in it.
  private static func exchanging(_ rule: JSON, _ slots: [Int: String]) -> JSON? {
    guard var object = rule.objectValue, let ours = object["ours"] else { return nil }
    if var list = ours.arrayValue {
      for (slot, pattern) in slots where list.indices.contains(slot) {
        list[slot] = .string(pattern)
      }
      object["ours"] = .array(list)
    } else {
      object["ours"] = slots[0].map(JSON.string) ?? ours
    }
    return .object(object)
  }
}

extension JSON {
  /// The object with a member within it set; nil where there is no such place.
  fileprivate func setting(_ path: ArraySlice<String>, to value: JSON) -> JSON? {
    guard let first = path.first, var object = objectValue else {
      return path.isEmpty ? value : nil
    }
    let inner = object[first] ?? .object(JSONObject())
    object[first] = path.count == 1 ? value : inner.setting(path.dropFirst(), to: value)
    return .object(object)
  }
}
