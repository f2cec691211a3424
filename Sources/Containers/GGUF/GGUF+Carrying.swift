public import Documents

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
