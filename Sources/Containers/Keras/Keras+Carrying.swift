public import Documents

extension Keras {
  /// The weights are HDF5.
  public static var form: any Container.Type { HDF5.self }

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
