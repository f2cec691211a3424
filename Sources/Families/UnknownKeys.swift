import Diagnostics
import Documents

extension ConfigResolver {
  /// Refuses what the config says and the family does not handle, in objects that the family looks
  /// into too.
  ///
  /// - Throws: `invalidConfig`, naming every such key.
  func refuseUnknownKeys() throws(CrosswalkError) {
    var known = Set(table.entries.flatMap(keys(of:)))
    known.formUnion((family.recognition.config + table.signature).map(\.key))
    var unknown = unknownKeys(of: config, within: "", known: known)
    if !place.isEmpty, let root = file?.root.objectValue {
      known.insert("/" + place)
      unknown += unknownKeys(of: root, within: "/", known: known)
    }
    guard let first = unknown.first else { return }
    let near = nearest(to: first, among: known)
    throw CrosswalkError(
      .invalidConfig,
      "the config says what the family '\(family.name)' does not handle: "
        + unknown.joined(separator: ", "),
      at: file?.place(of: pointer(to: first)) ?? Place(.key(first)),
      remedy: near.isEmpty
        ? "if a key does not change the computation, set it aside: --set \(first)=null"
        : "did you mean \(near.joined(separator: ", "))?")
  }

  private func unknownKeys(of object: JSONObject, within outer: String, known: Set<String>)
    -> [String]
  {
    var unknown: [String] = []
    for (key, value) in object.members where !value.isNull {
      let path = outer + key
      if known.contains(path) || isIrrelevant(path) || isIrrelevant(key)
        || config[path]?.isNull == true
      {
        continue
      }
      if let inner = value.objectValue, known.contains(where: { $0.hasPrefix(path + ".") }) {
        unknown += unknownKeys(of: inner, within: path + ".", known: known)
      } else {
        unknown.append(path)
      }
    }
    return unknown
  }

  private func isIrrelevant(_ key: String) -> Bool {
    table.irrelevant.contains { $0.matches(key) }
  }
}
