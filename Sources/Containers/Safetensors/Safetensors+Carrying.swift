public import Documents

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
