import Diagnostics
import Documents

/// Reads what a family's file says of configs: the family's own values, and how the config of each
/// framework says them.
enum ConfigReader {
  /// The values of a family, with the keys that most of its configs have.
  static func table(_ cursor: DocumentCursor?) throws(CrosswalkError) -> ConfigTable {
    var entries: [ConfigEntry] = []
    for (name, value) in try cursor?.members() ?? [] where name != "irrelevant" {
      entries.append(try entry(name, value))
    }
    return ConfigTable(entries: entries, irrelevant: try globs(cursor?.optional("irrelevant")))
  }

  /// A framework's config over the family's values: what it does not mention, it has no key for.
  static func table(_ cursor: DocumentCursor?, over family: ConfigTable) throws(CrosswalkError)
    -> ConfigTable
  {
    guard let cursor else { return family }
    try cursor.rejectUnknownKeys([
      "within", "recognise", "values", "irrelevant", "words", "refuse", "write", "graph",
    ])
    var table = family
    if let values = try cursor.optional("values") {
      table = ConfigTable(
        entries: try entries(values, over: family.entries),
        irrelevant: try globs(cursor.optional("irrelevant")))
    }
    if let places = try cursor.optional("within") { table.places = try strings(places) }
    table.signature = try signature(cursor.optional("recognise"))
    table.words = cursor.value["words"]?.objectValue ?? JSONObject()
    for row in try cursor.optional("refuse")?.array() ?? [] {
      try row.rejectUnknownKeys(["if", "because"])
      let condition = try Expression(row.require("if").string().dropFirst())
      table.refusals.append((condition, try row.require("because").string()))
    }
    for form in try cursor.optional("write")?.array() ?? [] {
      table.forms.append(try self.form(form))
    }
    for form in try cursor.optional("graph")?.array() ?? [] {
      table.graphs.append(try self.form(form))
    }
    return table
  }

  static func signature(_ cursor: DocumentCursor?) throws(CrosswalkError) -> ConfigSignature {
    try cursor?.members().map { ($0.key, $0.value.value.arrayValue ?? [$0.value.value]) } ?? []
  }

  private static func entries(_ cursor: DocumentCursor, over family: [ConfigEntry])
    throws(CrosswalkError) -> [ConfigEntry]
  {
    var own: [String: ConfigEntry] = [:]
    for (name, value) in try cursor.members() {
      let base = family.first { $0.name == name }
      guard base != nil else {
        throw value.refusal(
          "the family has no such value", expected: family.map(\.name).joined(separator: ", "),
          found: "'\(name)'")
      }
      own[name] = try entry(name, value, over: base)
    }
    return family.map { own[$0.name] ?? $0.withoutKeys }
  }

  private static func entry(_ name: String, _ cursor: DocumentCursor, over base: ConfigEntry? = nil)
    throws(CrosswalkError) -> ConfigEntry
  {
    try cursor.rejectUnknownKeys([
      "key", "type", "minimum", "values", "allowed", "default", "absent", "optional", "write",
      "tolerance", "indifferent", "description",
    ])
    let keys = try cursor.optional("key").map(strings) ?? (base == nil ? [name] : [])
    let write = try cursor.optional("write")
    let isWritten = write?.value.boolValue ?? true
    return ConfigEntry(
      name: name, keys: keys,
      type: try type(cursor.optional("type")) ?? base?.type,
      minimum: try cursor.optional("minimum")?.double() ?? base?.minimum,
      words: cursor.value["values"]?.objectValue,
      allowed: cursor.value["allowed"]?.arrayValue,
      fallback: cursor.value["default"] ?? base?.fallback,
      absent: cursor.value["absent"],
      isOptional: cursor.value["optional"]?.boolValue ?? base?.isOptional ?? keys.isEmpty,
      written: isWritten ? write?.value.stringValue ?? keys.first : nil,
      tolerance: try cursor.optional("tolerance")?.double(),
      indifference: try cursor.optional("indifferent")?.string(), pointer: cursor.pointer)
  }

  private static func type(_ cursor: DocumentCursor?) throws(CrosswalkError)
    -> ConfigEntry.ValueType?
  {
    guard let cursor else { return nil }
    return try cursor.one(of: ConfigEntry.ValueType.self)
  }

  private static func form(_ cursor: DocumentCursor) throws(CrosswalkError) -> ConfigForm {
    try cursor.rejectUnknownKeys(["if", "within", "members", "said"])
    var condition: Expression?
    if let formula = try cursor.optional("if")?.string() {
      condition = try Expression(formula.dropFirst())
    }
    return ConfigForm(
      condition: condition, place: try cursor.optional("within")?.string() ?? "",
      members: try cursor.value["said"] == nil ? cursor.require("members").value : .null,
      said: cursor.value["said"])
  }

  private static func globs(_ cursor: DocumentCursor?) throws(CrosswalkError) -> [Glob] {
    var globs: [Glob] = []
    for key in try cursor?.array() ?? [] { globs.append(Glob(try key.string())) }
    return globs
  }

  private static func strings(_ cursor: DocumentCursor) throws(CrosswalkError) -> [String] {
    if cursor.value.stringValue != nil { return [try cursor.string()] }
    var list: [String] = []
    for item in try cursor.array() { list.append(try item.string()) }
    return list
  }
}

extension ConfigEntry {
  /// The same value in a config that has no key for it.
  fileprivate var withoutKeys: ConfigEntry {
    ConfigEntry(
      name: name, keys: [], type: type, minimum: minimum, words: nil, allowed: nil,
      fallback: fallback, absent: nil, isOptional: isOptional, written: nil,
      tolerance: nil, indifference: nil, pointer: pointer)
  }
}
