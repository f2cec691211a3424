import Architectures
public import Diagnostics
public import Documents

extension Crossing {
  /// The config that the framework has beside such weights; nil where the family's table does not
  /// say how one is written.
  ///
  /// Whether it says all that there is to say, reading it again tells.
  ///
  /// - Throws: `unsupported` when the framework has no such model, or no word for a value.
  public func config() throws(CrosswalkError) -> JSON? {
    let table = dialect.config
    guard !table.forms.isEmpty else { return nil }
    let words = ConfigWords(values, table.words)
    for (condition, reason) in table.refusals
    where try Expression.truth(condition.evaluate(in: words)) {
      throw CrosswalkError(
        .unsupported,
        "the dialect '\(dialect.name)' of the family '\(family.name)' has no such model: \(reason)")
    }
    for form in table.forms {
      if let condition = form.condition,
        !(try Expression.truth(condition.evaluate(in: words)))
      {
        continue
      }
      if let said = form.said { return said }
      var config = try words.expanded(form.members) ?? .object(JSONObject())
      for entry in table.entries {
        guard let key = entry.written, let value = values[entry.name],
          !value.isNull || entry.absent != nil
        else { continue }
        let path = key.hasPrefix("/") ? String(key.dropFirst()) : "\(form.place).\(key)"
        config = config.setting(try theirs(value, entry), at: path.split(separator: ".")[...])
      }
      return config
    }
    throw CrosswalkError(
      .unsupported,
      "the dialect '\(dialect.name)' of the family '\(family.name)' has no class for such a model",
      remedy: "convert it --to native, or another dialect")
  }

  /// The config that the family's table has as it is, for a family of one model.
  public var configAsItIs: JSON? { dialect.config.forms.first?.said }

  /// The model as a graph of the framework's own layers, where no class of its models says it; nil
  /// where the family's table has none.
  ///
  /// - Throws: as ``config()``.
  public func graph() throws(CrosswalkError) -> JSON? {
    let words = ConfigWords(values, dialect.config.words)
    for form in dialect.config.graphs {
      if let condition = form.condition,
        !(try Expression.truth(condition.evaluate(in: words)))
      {
        continue
      }
      return try words.expanded(form.members)
    }
    return nil
  }

  /// How a config of this dialect says one of the family's values: `hidden_act=gelu_new`; nil where
  /// it cannot.
  public func setting(_ name: String, to value: JSON) -> String? {
    guard let entry = dialect.config.entry(name), let theirs = try? theirs(value, entry) else {
      return nil
    }
    return "\(entry.keys.first ?? name)=\(theirs.stringValue ?? theirs.text(indented: false))"
  }

  /// The values of another framework that this one's configs cannot say and that make no difference
  /// that counts, with what is to be said of each.
  public func indifferent(to other: Crossing) -> [(name: String, value: JSON, note: String)] {
    dialect.config.entries.compactMap { entry in
      let (here, there) = (values[entry.name] ?? .null, other.values[entry.name] ?? .null)
      guard !Expression.equal(here, there) else { return nil }
      let theirs = other.dialect.config.entry(entry.name)
      var reason = entry.indifference ?? theirs?.indifference
      if let tolerance = entry.tolerance ?? theirs?.tolerance, let here = here.doubleValue,
        let there = there.doubleValue, abs(here - there) <= tolerance
      {
        reason = "too little to count"
      }
      guard let reason else { return nil }
      let texts = (there.text(indented: false), here.text(indented: false))
      return (entry.name, there, "\(entry.name), \(texts.0) here, is \(texts.1) there: \(reason)")
    }
  }

  /// The values that two configs of the family say differently and that the architecture depends on,
  /// by the family's names.
  public func differences(from other: Crossing) -> [(name: String, here: JSON, there: JSON)] {
    family.config.entries.compactMap { entry in
      let (here, there) = (values[entry.name] ?? .null, other.values[entry.name] ?? .null)
      guard !Expression.equal(here, there) else { return nil }
      var changed = values
      changed[entry.name] = there
      let graph = try? Template(environment: ResolvedConfig(changed))
        .architecture(from: family.template, family: family.name)
      return graph?.says(architecture.source) == true ? nil : (entry.name, here, there)
    }
  }

  /// Whether both are of one graph, however its numbers are written.
  public func isSameGraph(as other: Crossing) -> Bool {
    architecture.source.says(other.architecture.source)
  }

  /// A value in the config's own words.
  private func theirs(_ value: JSON, _ entry: ConfigEntry) throws(CrosswalkError) -> JSON {
    guard let words = entry.words, !value.isNull else { return value }
    if let word = words.members.first(where: { $0.value == value }) {
      // A word may be a truth value or an object, as JSON writes it.
      let said = try? Document(parsing: word.key).root
      return said.flatMap { $0.boolValue == nil && $0.objectValue == nil ? nil : $0 }
        ?? .string(word.key)
    }
    guard value.stringValue == nil, value.boolValue == nil else {
      throw CrosswalkError(
        .unsupported,
        "a config of the dialect '\(dialect.name)' has no word for this value of '\(entry.name)'",
        at: family.document.place(of: entry.pointer),
        expected: "one of "
          + words.members.map { $0.value.text(indented: false) }
          .joined(separator: ", "), found: value.text(indented: false))
    }
    return value
  }
}

extension ConfigTable {
  /// What stands before the base model's names in a checkpoint that is written, by the word
  /// `prefix`; nil where the dialect has no such word.
  func writtenPrefix(_ values: JSONObject) throws(CrosswalkError) -> String? {
    guard words["prefix"] != nil else { return nil }
    return try ConfigWords(values, words).value(of: "prefix")?.stringValue ?? ""
  }
}

/// The values, and the words that a dialect makes of them.
private final class ConfigWords: Environment {
  private var values: ResolvedConfig
  private let formulas: JSONObject
  private var underWay: Set<String> = []

  init(_ values: JSONObject, _ formulas: JSONObject) {
    self.values = ResolvedConfig(values)
    self.formulas = formulas
  }

  func value(of name: String) throws(CrosswalkError) -> JSON? {
    guard let formula = formulas[name] else { return try values.value(of: name) }
    guard underWay.insert(name).inserted else {
      throw CrosswalkError(.invalidDocument, "the word '\(name)' depends on itself")
    }
    defer { underWay.remove(name) }
    return try expanded(formula) ?? .null
  }

  /// A value with every formula in it replaced by what it gives; nil for a formula that gives null.
  func expanded(_ json: JSON) throws(CrosswalkError) -> JSON? {
    switch json {
    case .string(let text) where text.hasPrefix("="):
      let value = try Expression(text.dropFirst()).evaluate(in: self)
      return value.isNull ? nil : value
    case .object(let object):
      var members = JSONObject()
      for (key, value) in object.members { members[key] = try expanded(value) }
      return .object(members)
    case .array(let list):
      var items: [JSON] = []
      for item in list { items += try repeated(item) }
      return .array(items)
    default: return json
    }
  }
}

extension ConfigWords {
  /// An item of a list, so often as it says: `{ "repeat": "=layers", "item": … }` counts with `i`.
  private func repeated(_ item: JSON) throws(CrosswalkError) -> [JSON] {
    guard let times = item["repeat"], let inner = item["item"] else {
      return [try expanded(item) ?? .null]
    }
    let count = max(0, min(try expanded(times)?.intValue ?? 0, 100_000))
    let outer = values
    defer { values = outer }
    var items: [JSON] = []
    for index in 0..<count {
      values = outer.with(["i": index])
      items.append(try expanded(inner) ?? .null)
    }
    return items
  }
}

extension JSON {
  /// Whether two values are one, 2 and 2.0 too.
  fileprivate func says(_ other: JSON) -> Bool {
    switch (self, other) {
    case (.array(let a), .array(let b)):
      a.count == b.count && zip(a, b).allSatisfy { $0.says($1) }
    case (.object(let a), .object(let b)):
      a.count == b.count
        && zip(a.members, b.members).allSatisfy { $0.key == $1.key && $0.value.says($1.value) }
    default: Expression.equal(self, other)
    }
  }

  /// The value with another under a path, unless something is there already.
  fileprivate func setting(_ value: JSON, at path: ArraySlice<Substring>) -> JSON {
    guard let word = path.first else { return self == .object(JSONObject()) ? value : self }
    var object = objectValue ?? JSONObject()
    if let inner = object[String(word)] {
      object[String(word)] = path.count > 1 ? inner.setting(value, at: path.dropFirst()) : inner
    } else {
      let rest = path.dropFirst()
      object[String(word)] =
        rest.isEmpty
        ? value : JSON.object(JSONObject()).setting(value, at: rest)
    }
    return .object(object)
  }
}
