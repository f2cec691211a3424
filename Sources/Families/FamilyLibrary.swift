public import Diagnostics
public import Documents
public import Tensors

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The families that come with the product, one file each.
public enum FamilyLibrary {
  /// The names of all families, sorted; files that only lend their parts to others are left out.
  public static var names: [String] {
    Tables.files.map(\.name).filter { name in !name.hasPrefix("_") }.sorted()
  }

  /// The family of that name.
  ///
  /// - Throws: `unsupported` with near names.
  public static func family(named name: String) throws(CrosswalkError) -> Family {
    try Family(document(named: name), base: document(named:))
  }

  /// A user's own family, which may extend a file that stands beside it, or a built-in family; or
  /// an architecture, whose tensors have its parameters' names.
  ///
  /// - Throws: `invalidDocument` with the place.
  public static func family(reading path: String) throws(CrosswalkError) -> Family {
    let folder = path.lastIndex(of: "/").map { path[...$0] } ?? ""
    let file = try Document(reading: path)
    if Family.isArchitecture(file) { return try Family(ofArchitecture: file) }
    return try Family(file) { (name) throws(CrosswalkError) in
      let neighbour = "\(folder)\(name).json"
      guard !name.contains("/"), access(neighbour, R_OK) == 0 else {
        return try document(named: name)
      }
      return try Document(reading: neighbour)
    }
  }

  /// A family from a document that needs no other, or a built-in one.
  ///
  /// - Throws: `invalidDocument` with the place.
  public static func family(_ document: Document) throws(CrosswalkError) -> Family {
    try Family(document, base: self.document(named:))
  }

  /// The family that a checkpoint is of.
  ///
  /// - Parameters:
  ///   - config: what the framework wrote beside the weights, if anything.
  ///   - tensors: the checkpoint's tensors.
  /// - Throws: `unsupported` when none recognises it, `ambiguous` when several do.
  public static func recognise(config: Document?, tensors: TensorTable) throws(CrosswalkError)
    -> Family
  {
    var said: [Family] = []
    for name in names(saying: config) {
      let family = try family(named: name)
      if family.isSaid(by: config) { said.append(family) }
    }
    var fits = said
    if said.isEmpty {
      for name in names {
        let family = try family(named: name)
        if family.isSaid(by: config) || family.isNamed(by: tensors) { fits.append(family) }
      }
      fits = Wrapper.closest(of: fits, to: tensors)
    }
    guard let family = fits.first else { throw unknown(config, tensors) }
    guard fits.count == 1 else {
      throw CrosswalkError(
        .ambiguous, "several families fit: \(fits.map(\.name).joined(separator: ", "))",
        remedy: "name one with --family")
    }
    if said.isEmpty, let type = config?.root["model_type"]?.stringValue {
      throw CrosswalkError(
        .unsupported, "the config's model_type '\(type)' is no family here",
        at: config?.place(of: "/model_type") ?? Place(),
        remedy: "its tensors look like '\(family.name)': say --family \(family.name) if they are")
    }
    return family
  }

  /// The families whose files have in them what the config says it is of: reading every family's
  /// file would take longer than all else that happens before a checkpoint is understood.
  private static func names(saying config: Document?) -> [String] {
    let keys = ["model_type", "registered_name"]
    guard let type = keys.lazy.compactMap({ config?.root[$0]?.stringValue }).first else {
      return []
    }
    return Tables.files.filter { !$0.name.hasPrefix("_") && $0.text.contains("\"\(type)\"") }
      .map(\.name).sorted()
  }

  /// Whether a family is the built-in one of its name, to the letter.
  public static func isBuiltIn(_ family: Family) -> Bool {
    (try? self.family(named: family.name))?.document.root == family.document.root
  }

  private static func document(named name: String) throws(CrosswalkError) -> Document {
    guard let file = Tables.files.first(where: { $0.name == name }) else {
      let near = nearest(to: name, among: names)
      throw CrosswalkError(
        .unsupported, "no family is called '\(name)'",
        remedy: "the families: \((near.isEmpty ? names : near).joined(separator: ", "))")
    }
    return try Document(parsing: file.text, file: "\(name).json")
  }

  private static func unknown(_ config: Document?, _ tensors: TensorTable) -> CrosswalkError {
    CrosswalkError(
      .unsupported, "no family recognises this checkpoint",
      expected: "one of those that 'crosswalk families' lists",
      found: config?.root["model_type"]?.stringValue.map { "model_type '\($0)'" }
        ?? config?.root["registered_name"]?.stringValue.map { "the class '\($0)'" }
        ?? "tensors such as " + tensors.names.prefix(3).joined(separator: ", "),
      remedy: "give the family with --family NAME or --family FILE")
  }
}

extension Family {
  func isSaid(by config: Document?) -> Bool {
    guard let config else { return false }
    if dialects.contains(where: { $0.config.isSaid(by: config.root) }) { return true }
    guard !recognition.config.isEmpty else { return false }
    return recognition.config.allSatisfy { key, values in
      config.root[key].map(values.contains) ?? false
    }
  }

  func isNamed(by tensors: TensorTable) -> Bool {
    dialects.contains { dialect in
      let names = Wrapper.inner(tensors.names, dialect)
      return recognition.names.contains { set in
        dialect.prefixes.contains { prefix in
          set.allSatisfy { pattern in
            names.contains { pattern.match($0, prefix: prefix) != nil }
          }
        }
      }
    }
  }
}
