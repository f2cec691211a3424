import Diagnostics
import Documents
import Tensors

/// Finds each value that a family's architecture depends on: what the config says, else what the
/// tensors' names and shapes tell, else the family's default.
final class ConfigResolver: Environment {
  private let family: Family
  private let dialect: Dialect
  private let config: JSONObject
  private let file: Document?
  private let names: SourceNames
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
    file = config
    var merged = config?.root.objectValue ?? JSONObject()
    for (key, value) in overrides.members {
      // A value may be set under the family's own word for it too.
      let theirs = family.config.first { $0.name == key }?.keys.first
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
    for entry in family.config { resolved[entry.name] = try value(of: entry.name) ?? .null }
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
    guard let entry = family.config.first(where: { $0.name == name }) else { return nil }
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
    for key in entry.keys.isEmpty ? [entry.name] : entry.keys {
      if let said = config[key], !said.isNull { return try checked(said, entry, key) }
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
      if value.isNull { unanswered.append(entry) }
      return value.isNull ? value : try checked(value, entry, nil)
    case let value?: return value
    }
  }

  /// The value in the family's words, if it is one that the family handles.
  private func checked(_ value: JSON, _ entry: ConfigEntry, _ key: String?) throws(CrosswalkError)
    -> JSON
  {
    var value = value
    if let allowed = entry.allowed, !allowed.contains(value) {
      throw invalid(
        value, entry, key, "this family does not handle the value",
        expected: allowed.map { $0.text(indented: false) }.joined(separator: " or "))
    }
    if let words = entry.words, let word = value.stringValue, key != nil {
      guard let ours = words[word] else {
        throw invalid(
          value, entry, key, "this family does not handle the value",
          expected: "one of " + words.keys.joined(separator: ", "))
      }
      value = ours
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
    let place = file.flatMap { $0.root[key] == nil ? nil : $0.place(of: "/\(key)") }
    return CrosswalkError(
      .invalidConfig, message, at: place ?? Place(file: file?.file, .key(key)),
      expected: expected, found: value.text(indented: false))
  }

  private func refuseUnknownKeys() throws(CrosswalkError) {
    var known = Set(family.config.flatMap { $0.keys.isEmpty ? [$0.name] : $0.keys })
    known.formUnion(family.recognition.config.map(\.key))
    let unknown = config.members.filter { key, value in
      !value.isNull && !known.contains(key) && !family.irrelevant.contains { $0.matches(key) }
    }
    guard let first = unknown.first else { return }
    let keys = unknown.map(\.key).joined(separator: ", ")
    let near = nearest(to: first.key, among: known)
    throw CrosswalkError(
      .invalidConfig,
      "the config says what the family '\(family.name)' does not handle: \(keys)",
      at: file?.place(of: "/\(first.key)") ?? Place(.key(first.key)),
      remedy: near.isEmpty
        ? "if a key does not change the computation, set it aside: --set \(first.key)=null"
        : "did you mean \(near.joined(separator: ", "))?")
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

/// The names and shapes of a checkpoint's tensors, as formulas ask for them.
struct SourceNames: Sendable {
  let shapes: [(name: String, shape: [Int])]
  let prefix: String

  /// - Parameter dialect: whose prefix is looked for.
  init(_ tensors: TensorTable, dialect: Dialect) {
    shapes = tensors.map { ($0, $1.shape) }
    let patterns = dialect.weights.flatMap(\.theirs).filter(\.hasPrefix)
    let counts = dialect.prefixes.map { prefix in
      tensors.names.count { name in patterns.contains { $0.match(name, prefix: prefix) != nil } }
    }
    let best = counts.indices.max { counts[$0] < counts[$1] }
    prefix = best.flatMap { counts[$0] > 0 ? dialect.prefixes[$0] : nil } ?? dialect.prefixes[0]
  }

  /// `shape(pattern)` is a list and `shape(pattern, axis)` a number, `count(pattern)`,
  /// `exists(pattern)`, `prefix()`; nil for any other function.
  func call(_ function: String, _ arguments: [JSON]) throws(CrosswalkError) -> JSON? {
    if function == "prefix" { return .string(prefix) }
    guard ["shape", "count", "exists"].contains(function) else { return nil }
    guard let text = arguments.first?.stringValue else {
      throw CrosswalkError(.invalidDocument, "\(function) asks for a tensor's name")
    }
    let pattern = try Pattern(text)
    let found = shapes.filter { pattern.match($0.name, prefix: prefix) != nil }
    switch function {
    case "exists": return .bool(!found.isEmpty)
    case "count": return found.isEmpty ? .null : .integer(Int64(found.count))
    default:
      guard let shape = found.first?.shape else { return .null }
      guard arguments.count > 1 else { return .array(shape.map { .integer(Int64($0)) }) }
      guard let axis = arguments.dropFirst().first?.intValue,
        shape.indices.contains(axis)
      else { return .null }
      return .integer(Int64(shape[axis]))
    }
  }
}
