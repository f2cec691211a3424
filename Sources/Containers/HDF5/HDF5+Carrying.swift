public import Documents

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
  public static func withoutForms(_ facts: JSONObject) -> JSONObject {
    var facts = facts
    facts["objects"] = withoutForms(facts["objects"])
    return facts
  }

  private static func withoutForms(_ objects: JSON?) -> JSON? {
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
