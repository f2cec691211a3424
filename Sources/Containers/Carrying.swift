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
      let source = ContainerRegistry.container(named: container)
      let own = source?.descriptions ?? []
      carried.dropped = own.filter { facts[$0] != nil }
      for key in own { facts[key] = nil }
      if let source, source.form != form { facts = source.form.withoutForms(facts) }
      carried.metadata = hold(facts, losing: &carried.lost)
      for container in ContainerRegistry.all { container.settle(&carried, of: facts) }
    }
    carried.lost += losses(in: carried.metadata)
    carried.lost += skipped.map { "\($0.key) (\($0.value.stringValue ?? "not read"))" }
    return carried
  }

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
