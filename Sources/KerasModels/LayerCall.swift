import Architectures
import Diagnostics
import Documents
import Families

extension GraphBuilder {
  /// Calls a layer: its nodes join the graph, and its weights are noted at the first call.
  ///
  /// - Returns: what flows out.
  /// - Throws: `unsupported` for a class without a table, `invalidConfig` for settings that the
  ///   table does not handle, or `wrongShape`, each with the layer's place.
  func call(
    _ layer: LayerConfig, _ positional: [Value], _ named: [(name: String, value: Value)],
    at site: Site
  ) throws(CrosswalkError) -> [String] {
    if let model = layer.model {
      return try call(model, of: layer, positional, named, at: site)
    }
    do throws(CrosswalkError) {
      guard let table = try library.table(for: layer) else {
        throw unknown(layer)
      }
      layer.programName = table.called
      guard !layer.isQuantised else {
        throw CrosswalkError(
          .unsupported, "weights that are quantised",
          remedy: "save the model before it is quantised")
      }
      let call = LayerCall(layer: layer, table: table, site: site)
      try call.bind(positional, named)
      return try run(call)
    } catch {
      throw layer.isPart ? error : layer.placed(error)
    }
  }

  private func unknown(_ layer: LayerConfig) -> CrosswalkError {
    CrosswalkError(
      .unsupported, "no table is for the class '\(layer.className)'",
      remedy:
        "the docs' page 'Keras models' lists the layers that are read; describe one of your "
        + "own by a table, with --family FILE")
  }

  private func run(_ call: LayerCall) throws(CrosswalkError) -> [String] {
    var config = call.layer.function == nil ? call.layer.settings : JSONObject()
    for (name, value) in call.constants { config[name] = value }
    config["keras_version"] = .integer(Int64(call.layer.version))
    config["class_name"] = .string(call.layer.className)
    var values = try call.table.values(of: Document(.object(config)))
    for (name, value) in facts(of: call).members { values[name] = value }
    let expansion = try call.table.expand(values)
    for node in expansion.nodes { try add(node, of: call) }
    note(expansion.weights, of: call)
    let outputs = call.references(expansion.output)
    for output in outputs where types[output] == nil {
      throw CrosswalkError(.invalidDocument, "no node of the layer is called '\(output)'")
    }
    let given = Set(call.values.flatMap(\.value.tensors))
    let masks = call.masks(expansion.mask, count: outputs.count)
    for name in call.unmasked(expansion.unmasks) { self.masks[name] = nil }
    for (output, mask) in zip(outputs, masks) where mask != nil || !given.contains(output) {
      self.masks[output] = mask
    }
    if let table = call.references(expansion.attention).first {
      tables.append((call.site.name, table))
    }
    return outputs
  }

  /// Adds a node of a layer, or calls a layer within it.
  private func add(_ node: JSONObject, of call: LayerCall) throws(CrosswalkError) {
    guard let name = node["name"]?.stringValue else { return }
    let site = name == "_" ? call.site : call.site.within(name)
    guard node["layer"] == nil else {
      return try add(part: node, name, of: call, at: site)
    }
    var settled = node
    let roles = node["operation"]?.stringValue.flatMap(Operations.named)?.roles ?? []
    for role in roles { settled[role.name] = node[role.name].map { call.settled($0) } }
    try append(settled, at: site)
  }

  /// Calls a layer that is within another: `layer` is a class or a layer's whole config, `input`
  /// its arguments by position and `arguments` those by name.
  private func add(part node: JSONObject, _ name: String, of call: LayerCall, at site: Site)
    throws(CrosswalkError)
  {
    let (part, site, isShared) = try part(of: node, name, in: call, at: site)
    let positional = (node["input"]?.arrayValue ?? [node["input"] ?? .null]).filter { !$0.isNull }
      .map { value(call.settled($0)) }
    let named = (node["arguments"]?.objectValue?.members ?? []).filter { !$0.value.isNull }
      .map { (name: $0.key, value: value(call.settled($0.value))) }
    let outputs = try self.call(part, positional, named, at: site)
    for (number, output) in outputs.enumerated() {
      call.names[number == 0 ? name : "\(name).\(number)"] = output
    }
    guard call.isFirst else { return }
    let (path, legacy) = (node["path"]?.stringValue ?? "", node["legacy"]?.stringValue ?? "")
    for var weight in part.weights {
      weight.paths = weight.paths.map { path.isEmpty ? $0 : "\(path)/\($0)" }
      weight.names = weight.names.map { legacy.isEmpty ? $0 : "\(legacy)/\($0)" }
      weight.isTrainable = weight.isTrainable && part.isTrainable
      weight.isCopy = weight.isCopy || isShared
      call.layer.weights.append(weight)
    }
  }

  /// The layer that a node calls, and where: one of the model's own, which the config has here too,
  /// keeps its parameters.
  private func part(of node: JSONObject, _ name: String, in call: LayerCall, at site: Site)
    throws(CrosswalkError) -> (layer: LayerConfig, site: Site, isShared: Bool)
  {
    if let id = node["layer"]?["shared_object_id"]?.intValue, let known = shared[id] {
      return (known.layer, Site(name: site.name, owner: known.owner), true)
    }
    if let known = call.layer.parts[name] { return (known, site, false) }
    let part = try LayerConfig(
      description(of: node, in: call).cursor, version: call.layer.version, isPart: true)
    call.layer.parts[name] = part
    return (part, site, false)
  }

  private func value(_ json: JSON) -> Value {
    if let name = json.stringValue, types[name] != nil { return .tensor(name) }
    if let list = json.arrayValue, list.contains(where: { value($0).tensors.isEmpty == false }) {
      return .list(list.map(value))
    }
    return .constant(json)
  }

  private func description(of node: JSONObject, in call: LayerCall) -> Document {
    var layer = node["layer"]?.objectValue ?? JSONObject([("class_name", node["layer"] ?? .null)])
    var config = layer["config"]?.objectValue ?? JSONObject()
    for (key, value) in node["config"]?.objectValue?.members ?? [] { config[key] = value }
    layer["config"] = .object(config)
    return Document(.object(layer))
  }

  private func note(_ rows: [JSON], of call: LayerCall) {
    guard call.isFirst else { return }
    for row in rows {
      func texts(_ key: String) -> [String] {
        row[key]?.arrayValue?.compactMap(\.stringValue)
          ?? [row[key]?.stringValue].compactMap { $0 }
      }
      call.layer.weights.append(
        LayerWeight(
          paths: texts("theirs"), names: texts("legacy"),
          ours: texts("ours").map { part in
            let words = part.split(separator: ".").map(String.init)
            return (words.first == "_" ? Array(words.dropFirst()) : words)
              .reduce(call.site.owner) { "\($0).\($1)" }
          }, steps: row["steps"], isTrainable: row["trainable"]?.boolValue ?? true,
          ignored: row["ignore"]?.stringValue, zeros: row["zeros"]))
    }
  }
}
