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

  /// The file with each dialect laid on the one of the same file that it extends, and without those
  /// that only lend their parts: their names begin with `_`.
  static func layDialects(of family: JSON) -> JSON {
    guard var object = family.objectValue, let dialects = object["dialects"]?.objectValue else {
      return family
    }
    var laid = JSONObject()
    for (name, dialect) in dialects.members where !name.hasPrefix("_") {
      laid[name] = lay(dialect, within: dialects, depth: 0)
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
