import Documents

/// How a family's file lies on the one that it extends.
///
/// Objects merge member by member. Lists of rows join: a row of the upper file takes the place of
/// those with the same `theirs`. Lists of nodes merge by name: a node of the upper file changes
/// the members it has, and a new one stands after the node that it names with `after`, else at the
/// end. `irrelevant` lists join. Whatever else the upper file says replaces what is beneath.
enum Overlay {
  static func lay(_ upper: JSON, on lower: JSON, key: String = "") -> JSON {
    switch (upper, lower) {
    case (.object(let upper), .object(let lower)): return .object(lay(upper, on: lower))
    case (.array(let upper), .array(let lower)) where key == "irrelevant":
      return .array(lower + upper)
    case (.array(let upper), .array(let lower)) where isRows(upper) && isRows(lower):
      return .array(rows(upper, on: lower))
    case (.array(let upper), .array(let lower)) where key == "nodes":
      return .array(nodes(upper, on: lower))
    default: return upper
    }
  }

  /// A file as it lies under another: of a family, what its configs are recognised by, how they are
  /// written and the names that they have are its own.
  static func lent(_ file: JSON) -> JSON {
    guard file["family"] != nil, var object = file.objectValue,
      var dialects = object["dialects"]?.objectValue
    else { return file }
    for (name, dialect) in dialects.members {
      guard var members = dialect.objectValue, !name.hasPrefix("_") else { continue }
      members["names"] = nil
      if var config = members["config"]?.objectValue {
        config["recognise"] = nil
        config["write"] = nil
        config["refuse"] = nil
        members["config"] = .object(config)
      }
      dialects[name] = .object(members)
    }
    object["dialects"] = .object(dialects)
    return .object(object)
  }

  /// The file with each dialect laid on the one of the same file that it extends, and without those
  /// that are null, and those that only lend their parts: their names begin with `_`, or they have a config of their own
  /// and nothing that it is recognised by.
  static func layDialects(of family: JSON) -> JSON {
    guard var object = family.objectValue, let dialects = object["dialects"]?.objectValue else {
      return family
    }
    var laid = JSONObject()
    for (name, dialect) in dialects.members where !name.hasPrefix("_") && !dialect.isNull {
      let whole = named(lay(dialect, within: dialects, depth: 0))
      guard whole["config"]?["values"] == nil || whole["config"]?["recognise"] != nil else {
        continue
      }
      laid[name] = whole
    }
    object["dialects"] = .object(laid)
    return .object(object)
  }

  private static func lay(_ dialect: JSON, within dialects: JSONObject, depth: Int) -> JSON {
    guard depth < 8, var object = dialect.objectValue, let name = object["extends"]?.stringValue,
      let base = dialects[name]
    else { return dialect }
    object["extends"] = nil
    return lay(.object(object), on: lay(base, within: dialects, depth: depth + 1))
  }

  /// A dialect with its own names in the places that its base has left for them: `{$block}`.
  private static func named(_ dialect: JSON) -> JSON {
    guard var object = dialect.objectValue else { return dialect }
    let names = object["names"]?.objectValue?.members ?? []
    object["names"] = nil
    let texts = names.map { ("{$\($0.key)}", $0.value.stringValue ?? "") }
    object = replacing(texts, in: .object(object)).objectValue ?? object
    let copies = object["copies"]?.objectValue?.members ?? []
    object["copies"] = nil
    if let rows = object["weights"]?.arrayValue, !copies.isEmpty {
      object["weights"] = .array(
        rows + rows.flatMap { row in copies.compactMap { copy(of: row, $0) } })
    }
    // A config with places that nobody has filled is not written.
    if var config = object["config"]?.objectValue, config["write"] != nil,
      JSON.object(config).text(indented: false).contains("{$")
    {
      config["write"] = nil
      object["config"] = .object(config)
    }
    return .object(object)
  }

  /// The row of a tensor that a module holds once more under another beginning; nil for any other.
  private static func copy(of row: JSON, _ beginnings: (key: String, value: JSON)) -> JSON? {
    guard let theirs = row["theirs"]?.stringValue, theirs.hasPrefix(beginnings.key),
      let other = beginnings.value.stringValue, var object = row.objectValue
    else { return nil }
    object["theirs"] = .string(other + theirs.dropFirst(beginnings.key.count))
    if let ours = object["ours"] {
      object["ours"] = nil
      object["tied"] = ours
    }
    return .object(object)
  }

  private static func replacing(_ texts: [(place: String, name: String)], in json: JSON) -> JSON {
    func replaced(_ text: String) -> String {
      texts.reduce(text) { text, item in
        text.split(separator: item.place, omittingEmptySubsequences: false)
          .joined(separator: item.name)
      }
    }
    switch json {
    case .string(let text): return .string(replaced(text))
    case .array(let items): return .array(items.map { replacing(texts, in: $0) })
    case .object(let object):
      return .object(
        JSONObject(object.members.map { (replaced($0.key), replacing(texts, in: $0.value)) }))
    default: return json
    }
  }

  private static func lay(_ upper: JSONObject, on lower: JSONObject) -> JSONObject {
    var merged = lower
    for (key, value) in upper.members {
      merged[key] = merged[key].map { lay(value, on: $0, key: key) } ?? value
    }
    return merged
  }

  private static func isRows(_ list: [JSON]) -> Bool {
    list.allSatisfy { $0["theirs"] != nil }
  }

  private static func rows(_ upper: [JSON], on lower: [JSON]) -> [JSON] {
    let replaced = upper.compactMap { $0["theirs"] }
    return lower.filter { row in row["theirs"].map { !replaced.contains($0) } ?? true } + upper
  }

  private static func nodes(_ upper: [JSON], on lower: [JSON]) -> [JSON] {
    var merged = lower
    for node in upper {
      guard var object = node.objectValue else { continue }
      if let place = merged.firstIndex(where: { $0["name"] == object["name"] }) {
        merged[place] = lay(node, on: merged[place])
        continue
      }
      guard let neighbour = object["after"],
        let place = merged.firstIndex(where: { $0["name"] == neighbour })
      else {
        merged.append(node)
        continue
      }
      object["after"] = nil
      merged.insert(.object(object), at: place + 1)
    }
    return merged
  }
}
