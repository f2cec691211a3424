import Diagnostics
import Documents
import Tensors

/// Finds each value that a family's architecture depends on: what the config says, else what the
/// tensors' names and shapes tell, else the family's default.
final class ConfigResolver: Environment {
  let family: Family
  private let dialect: Dialect
  let table: ConfigTable
  /// The object that has the keys, with what was set by hand.
  let config: JSONObject
  /// The path that leads to it.
  let place: String
  let file: Document?
  private let names: SourceNames
  /// The keys of the values that were set by hand.
  private let overridden: Set<String>
  private var values: [String: JSON] = [:]
  private var underWay: Set<String> = []
  private(set) var unanswered: [ConfigEntry] = []

  init(
    _ family: Family, _ dialect: Dialect, config: Document?, overrides: JSONObject,
    names: SourceNames
  ) throws(CrosswalkError) {
    self.family = family
    self.dialect = dialect
    self.names = names
    table = dialect.config
    file = config
    var merged: JSONObject
    (place, merged) = table.base(of: config?.root ?? .object(JSONObject()))
    overridden = Set(overrides.keys)
    for (key, value) in overrides.members {
      // A value may be set under the family's own word for it too.
      let theirs = table.entry(key)?.keys.first
      merged[merged[key] == nil ? theirs ?? key : key] = value
    }
    self.config = merged
  }

  /// All values by the family's names.
  ///
  /// - Throws: `invalidConfig` for a key that the family does not handle, a value that it does
  ///   not allow, or values that nothing tells, all named at once.
  func resolve() throws(CrosswalkError) -> JSONObject {
    try refuseUnknownKeys()
    var resolved = JSONObject()
    for entry in table.entries { resolved[entry.name] = try value(of: entry.name) ?? .null }
    guard unanswered.isEmpty else {
      let keys = unanswered.map { $0.keys.first ?? $0.name }
      throw CrosswalkError(
        .invalidConfig,
        "no config says, and the weights cannot tell: \(keys.joined(separator: ", "))",
        at: Place(file: file?.file),
        remedy: "give " + keys.map { "--set \($0)=…" }.joined(separator: " ")
          + ", or a config with these keys by --config")
    }
    return resolved
  }

  func value(of name: String) throws(CrosswalkError) -> JSON? {
    if let known = values[name] { return known }
    guard let entry = table.entry(name) else { return nil }
    guard underWay.insert(name).inserted else {
      throw CrosswalkError(
        .invalidDocument, "the value '\(name)' depends on itself",
        at: family.document.place(of: entry.pointer))
    }
    defer { underWay.remove(name) }
    let value = try find(entry)
    values[name] = value
    return value
  }

  func call(_ function: String, _ arguments: [JSON]) throws(CrosswalkError) -> JSON? {
    try names.call(function, arguments)
  }

  private func find(_ entry: ConfigEntry) throws(CrosswalkError) -> JSON {
    for key in keys(of: entry) {
      guard let said = said(key), !said.isNull else { continue }
      let value = try checked(said, entry, key)
      if !value.isNull { return value }
    }
    if let absent = entry.absent, !absent.isNull, file != nil,
      !entry.keys.contains(where: { said($0) != nil })
    {
      return absent
    }
    if let formula = dialect.inferences[entry.name]?.stringValue?.dropFirst() {
      let inferred = try Expression(formula).evaluate(in: self)
      if !inferred.isNull { return try checked(inferred, entry, nil) }
    }
    switch entry.fallback {
    case nil:
      unanswered.append(entry)
      return .null
    case .string(let text)? where text.hasPrefix("="):
      let value = try Expression(text.dropFirst()).evaluate(in: self)
      if value.isNull, !entry.isOptional { unanswered.append(entry) }
      return value.isNull ? value : try checked(value, entry, nil)
    case let value?: return value
    }
  }

  /// Where a value is looked for: what no config gives may still be set by hand, by its name.
  func keys(of entry: ConfigEntry) -> [String] {
    entry.keys.isEmpty ? [entry.name].filter(overridden.contains) : entry.keys
  }

  /// What the config says under a key; where no key is called so, dots lead into objects.
  private func said(_ key: String) -> JSON? {
    if let value = config[key] { return value }
    if key.hasPrefix("/") { return file?.root.member(at: String(key.dropFirst())) }
    return JSON.object(config).member(at: key)
  }

  /// The value in the family's words, if it is one that the family handles.
  private func checked(_ value: JSON, _ entry: ConfigEntry, _ key: String?) throws(CrosswalkError)
    -> JSON
  {
    var value = value
    if let allowed = entry.allowed, !allowed.contains(where: { Expression.equal($0, value) }) {
      throw invalid(
        value, entry, key, "this family does not handle the value",
        expected: allowed.isEmpty
          ? "none" : allowed.map { $0.text(indented: false) }.joined(separator: " or "))
    }
    if let words = entry.words, key != nil {
      if let ours = words[value.stringValue ?? value.text(indented: false)] {
        value = ours
        if ours.isNull { return ours }
      } else if value.stringValue != nil {
        throw invalid(
          value, entry, key, "this family does not handle the value",
          expected: "one of " + words.keys.joined(separator: ", "))
      }
    }
    guard entry.accepts(value) else {
      throw invalid(value, entry, key, "a value of the wrong kind", expected: entry.expectation)
    }
    return value
  }

  private func invalid(
    _ value: JSON, _ entry: ConfigEntry, _ key: String?, _ message: String, expected: String
  ) -> CrosswalkError {
    let key = key ?? entry.keys.first ?? entry.name
    let place = file.flatMap { said(key) == nil ? nil : $0.place(of: pointer(to: key)) }
    return CrosswalkError(
      .invalidConfig, message, at: place ?? Place(file: file?.file, .key(key)),
      expected: expected, found: value.text(indented: false))
  }
}

extension ConfigResolver {
  /// The JSON pointer to what a key says.
  func pointer(to key: String) -> String {
    if file?.root[key] != nil { return "/" + key }
    let path =
      key.hasPrefix("/") ? String(key.dropFirst()) : place.isEmpty ? key : "\(place).\(key)"
    return "/" + path.split(separator: ".").joined(separator: "/")
  }
}

extension ConfigEntry {
  fileprivate func accepts(_ value: JSON) -> Bool {
    let isOfType =
      switch type {
      case .integer?: value.intValue != nil
      case .number?: value.doubleValue != nil
      case .boolean?: value.boolValue != nil
      case .string?: value.stringValue != nil
      case .list?: value.arrayValue != nil
      case nil: true
      }
    guard isOfType, let minimum, let number = value.doubleValue else { return isOfType }
    return number >= minimum
  }

  fileprivate var expectation: String {
    let kind = type.map { $0 == .integer ? "an integer" : "a \($0.rawValue)" } ?? "a value"
    return minimum.map { "\(kind), at least \(Int(exactly: $0).map(String.init) ?? String($0))" }
      ?? kind
  }
}
