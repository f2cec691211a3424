import Diagnostics
package import Documents

extension Crossing {
  /// Where the framework's config says one of the family's values, and what it has to say there for
  /// the value to be another.
  ///
  /// - Returns: nil for a value that no config gives, or a value that it has no word for.
  package func member(of config: JSON, for name: String, meaning value: JSON) -> (
    key: String, value: JSON
  )? {
    guard let entry = dialect.config.entry(name) ?? family.config.entry(name),
      let base = dialect.config.base(of: config).object as JSONObject?
    else { return nil }
    let known = entry.keys.first { JSON.object(base).member(at: $0) != nil }
    guard let key = known ?? entry.written ?? entry.keys.first else { return nil }
    guard let words = entry.words else { return (key, value) }
    if let word = words.members.first(where: { $0.value == value }) {
      return (key, .string(word.key))
    }
    return words[value.stringValue ?? ""] == nil ? (key, value) : nil
  }

  /// The rule that makes a parameter, by its pointer in the family's file, and which of the rule's
  /// parameters it is.
  package func rule(making parameter: String) -> (pointer: String, slot: Int, pattern: String)? {
    for rule in rules {
      guard case .mapped(let ours, _) = rule.fate else { continue }
      for (slot, pattern) in ours.enumerated() where pattern.match(parameter, prefix: "") != nil {
        return (rule.pointer, slot, pattern.text)
      }
    }
    return nil
  }
}
