public import Documents

/// What becomes of a checkpoint's metadata in a file of another, or the same, container.
public struct Carried: Sendable {
  /// What the file will hold, in its container's terms.
  public internal(set) var metadata: JSON
  /// What it cannot hold, each by its name.
  public internal(set) var lost: [String] = []
  /// What described only the source file and has no meaning elsewhere, each by its name.
  public internal(set) var dropped: [String] = []

  /// Carries just this.
  public init(_ metadata: JSON, losing lost: [String] = []) {
    self.metadata = metadata
    self.lost = lost
  }
}

extension Carried {
  /// What a PyTorch file held is not lost where the text that says all of it is held; where it is
  /// not, names still tell which tensor stood where.
  fileprivate mutating func settleStructure(_ facts: JSONObject) {
    guard facts[TorchStructure.key] != nil else { return }
    if lost.contains(TorchStructure.key) {
      lost.removeAll { $0 == TorchStructure.key }
      dropped.append(TorchStructure.key)
    } else {
      let held = Set((facts["values"]?.objectValue?.keys ?? []) + ["values"])
      lost.removeAll(where: held.contains)
    }
  }
}

extension WritableContainer {
  /// Carries metadata over from a container.
  ///
  /// Facts keep their names: HDF5's root attributes, safetensors' strings and a PyTorch file's values
  /// stand for each other. What was no tensor and could not be read is lost in any case.
  ///
  /// - Parameter container: the ``Container/name`` of the container that has said it.
  public static func carry(_ metadata: JSON, from container: String) -> Carried {
    var facts = metadata.objectValue ?? JSONObject()
    let skipped = facts["skipped"]?.objectValue?.members ?? []
    facts["skipped"] = nil
    var carried = Carried(.object(facts))
    if container != name {
      let own = ContainerRegistry.all.first { $0.name == container }?.descriptions ?? []
      carried.dropped = own.filter { facts[$0] != nil }
      for key in own { facts[key] = nil }
      if !takesForms { facts["objects"] = HDF5.withoutForms(facts["objects"]) }
      carried.metadata = hold(facts, losing: &carried.lost)
      carried.settleStructure(facts)
    }
    if name == PyTorch.name, let structure = TorchStructure(in: carried.metadata) {
      carried.lost += structure.objects
    }
    carried.lost += skipped.map { "\($0.key) (\($0.value.stringValue ?? "not read"))" }
    return carried
  }

  /// Nothing is held, unless a container says otherwise.
  public static func hold(_ facts: JSONObject, losing lost: inout [String]) -> JSON {
    lost += lifted(facts).members.flatMap(names)
    return .object(JSONObject())
  }

  /// Metadata with the config that lay beside the source; most containers leave it where it is.
  public static func adding(_ config: Document?, to metadata: JSON) -> JSON { metadata }

  /// Whether the file is HDF5 within, where attributes tell how a dtype is kept.
  private static var takesForms: Bool { name == HDF5.name || name == Keras.name }

  /// A fact by its name, or, of HDF5's objects, by the path of each.
  static func names(_ key: String, _ value: JSON) -> [String] {
    guard key == "objects", let objects = value.objectValue else { return [key] }
    return objects.members.flatMap { path, attributes in
      let keys = attributes.objectValue?.keys ?? []
      return keys.isEmpty ? [path] : keys.map { "\(path)@\($0)" }
    }
  }

  /// Facts by their own names, out of the members in which HDF5 and PyTorch gather them.
  static func lifted(_ facts: JSONObject) -> JSONObject {
    var result = JSONObject()
    for (key, value) in facts.members {
      guard ["attributes", "values"].contains(key), let members = value.objectValue?.members else {
        if result[key] == nil { result[key] = value }
        continue
      }
      for (key, value) in members { result[key] = value }
    }
    return result
  }
}

extension Keras {
  /// As its weights' file holds them, and the model's config.
  public static func hold(_ facts: JSONObject, losing lost: inout [String]) -> JSON {
    var facts = facts
    let config = facts["config"].flatMap { isConfig($0) ? $0 : nil }
    if config != nil { facts["config"] = nil }
    var held = HDF5.hold(facts, losing: &lost).objectValue ?? JSONObject()
    held["config"] = config
    return .object(held)
  }

  /// Takes the config of a model of Keras that lay beside weights without one.
  public static func adding(_ config: Document?, to metadata: JSON) -> JSON {
    guard let config = config?.root, isConfig(config), var members = metadata.objectValue,
      members["config"] == nil
    else { return metadata }
    members["config"] = config
    return .object(members)
  }

  /// Whether a value is what Keras serialises an object to.
  private static func isConfig(_ value: JSON) -> Bool {
    value["class_name"]?.stringValue != nil && value["config"]?.objectValue != nil
  }
}

extension PyTorch {
  /// Anything is held, as it is.
  public static func hold(_ facts: JSONObject, losing lost: inout [String]) -> JSON {
    .object(facts)
  }
}

extension Safetensors {
  /// Attributes are among its texts.
  public static func metadata(ofAttributes attributes: JSONObject) -> JSON? { .object(attributes) }

  /// Texts are held.
  public static func hold(_ facts: JSONObject, losing lost: inout [String]) -> JSON {
    var held = JSONObject()
    for (key, value) in lifted(facts).members {
      if value.stringValue != nil { held[key] = value } else { lost += names(key, value) }
    }
    return .object(held)
  }
}

extension GGUF {
  /// Texts, numbers, truth values and arrays of one kind are held.
  public static func hold(_ facts: JSONObject, losing lost: inout [String]) -> JSON {
    var held = JSONObject()
    for (key, value) in lifted(facts).members {
      if GGUFValueType(guessedFor: value) != nil {
        held[key] = value
      } else {
        lost += names(key, value)
      }
    }
    return .object(held)
  }
}

extension HDF5 {
  /// Attributes are those of the root.
  public static func metadata(ofAttributes attributes: JSONObject) -> JSON? {
    ["attributes": .object(attributes)]
  }

  /// Plain values and arrays of them are attributes of the root; attributes of objects stay.
  public static func hold(_ facts: JSONObject, losing lost: inout [String]) -> JSON {
    var attributes = JSONObject()
    var objects: JSON?
    for (key, value) in lifted(facts).members {
      if key == "objects", value.objectValue != nil {
        objects = value
      } else if isPlain(value) {
        attributes[key] = value
      } else {
        lost.append(key)
      }
    }
    guard !attributes.isEmpty || objects != nil else { return .object(JSONObject()) }
    var held = JSONObject([("attributes", .object(attributes))])
    held["objects"] = objects
    return .object(held)
  }

  /// Attributes of objects without those that only tell how HDF5 keeps a dtype.
  static func withoutForms(_ objects: JSON?) -> JSON? {
    var kept = JSONObject()
    for (path, attributes) in objects?.objectValue?.members ?? [] {
      var rest = attributes.objectValue ?? JSONObject()
      let isForm = rest["dtype"]?.stringValue.map { opaqueDTypes[$0] != nil } ?? false
      if isForm { rest["dtype"] = nil }
      if !rest.isEmpty || !isForm { kept[path] = .object(rest) }
    }
    return kept.isEmpty ? nil : .object(kept)
  }

  private static func isPlain(_ value: JSON) -> Bool {
    switch value {
    case .string(let text): !text.utf8.contains(0)
    case .number(let number): number.isFinite
    case .bool, .integer, .unsigned: true
    case .array: isRectangle(value)
    case .null, .object: false
    }
  }

  /// Whether arrays are of one length and one sort of items, which an attribute has as they are.
  private static func isRectangle(_ value: JSON) -> Bool {
    switch HDF5Value(value) {
    case .strings(let shape, let items):
      !shape.isEmpty && items.allSatisfy { !$0.utf8.contains(0) }
    case .numbers(_, let items): items.allSatisfy(\.isFinite)
    case .signed, .unsigned, .truths: true
    case .empty: false
    }
  }
}
