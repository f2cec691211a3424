import Diagnostics
import Documents

extension Family {
  /// Reads a family's file.
  ///
  /// - Parameters:
  ///   - document: the file.
  ///   - base: finds the file of a family that this one extends.
  /// - Throws: `invalidDocument` with the place.
  init(
    _ document: Document, base: (String) throws(CrosswalkError) -> Document
  ) throws(CrosswalkError) {
    let merged = try FamilyReader.merge(document, base: base)
    self = try FamilyReader(document: merged).read()
  }
}

/// Reads the parts of a family's file.
struct FamilyReader {
  let document: Document

  static let format = "crosswalk.family"

  /// The file laid over the one that it extends; see ``Overlay``.
  static func merge(
    _ document: Document, base: (String) throws(CrosswalkError) -> Document, depth: Int = 0
  ) throws(CrosswalkError) -> Document {
    guard let name = document.root["extends"]?.stringValue else { return document }
    guard depth < 8 else {
      throw CrosswalkError(
        .invalidDocument, "families that extend one another without end",
        at: document.place(of: "/extends"))
    }
    let beneath = try merge(base(name), base: base, depth: depth + 1)
    var merged = Overlay.lay(document.root, on: Overlay.lent(beneath.root))
    if depth == 0 { merged = Overlay.layDialects(of: merged) }
    // What was merged is no longer to be looked for: the result stands alone.
    if case .object(var object) = merged {
      object["extends"] = nil
      object["origin"] = .array([.string(name)] + (beneath.root["origin"]?.arrayValue ?? []))
      merged = .object(object)
    }
    return Document(merged, file: document.file)
  }

  func read() throws(CrosswalkError) -> Family {
    let root = document.cursor
    try root.rejectUnknownKeys([
      "format", "version", "family", "summary", "extends", "origin", "recognise", "config",
      "architecture", "dialects",
    ])
    guard root.value["format"]?.stringValue == Self.format else {
      throw root.refusal(
        "not a family file", expected: "\"format\": \"\(Self.format)\"",
        found: root.value["format"]?.text(indented: false) ?? "nothing")
    }
    var dialects: [Dialect] = []
    let recognition = try recognition(root.optional("recognise"))
    let telling = recognition.names.flatMap(\.self)
    let config = try ConfigReader.table(root.optional("config"))
    for (name, cursor) in try root.require("dialects").members() {
      dialects.append(
        cursor.value["like"] == nil
          ? try dialect(name, cursor, telling, config)
          : try respelled(name, cursor, among: dialects))
    }
    guard !dialects.isEmpty else {
      throw try root.require("dialects").refusal("a family without a dialect reads nothing")
    }
    return Family(
      name: try root.require("family").string(),
      summary: try root.optional("summary")?.string() ?? "",
      origin: try root.optional("origin").map(strings) ?? [], document: document,
      recognition: recognition, config: config,
      template: try root.require("architecture").value, dialects: dialects)
  }

  private func recognition(_ cursor: DocumentCursor?) throws(CrosswalkError) -> Recognition {
    try cursor?.rejectUnknownKeys(["config", "names"])
    var names: [[Pattern]] = []
    for set in try cursor?.optional("names")?.array() ?? [] {
      names.append(try patterns(set))
    }
    return Recognition(config: try ConfigReader.signature(cursor?.optional("config")), names: names)
  }

  // MARK: Dialects

  private func dialect(
    _ name: String, _ cursor: DocumentCursor, _ telling: [Pattern], _ config: ConfigTable
  ) throws(CrosswalkError) -> Dialect {
    try cursor.rejectUnknownKeys([
      "prefix", "wrappers", "metadata", "config", "infer", "weights", "inputs", "nodes",
      "attention", "outputs", "refuse", "notes", "endings",
    ])
    var weights: [WeightRule] = []
    for row in try cursor.require("weights").array() {
      do throws(CrosswalkError) { weights.append(try weightRule(row)) } catch {
        throw placed(error, row)
      }
    }
    let prefixes = try cursor.optional("prefix").map(strings) ?? [""]
    guard !prefixes.isEmpty else {
      throw cursor.refusal("a list of prefixes without one", remedy: "write [\"\"] for none")
    }
    var dialect = Dialect(
      name: name, prefixes: prefixes,
      wrappers: try cursor.optional("wrappers").map(strings) ?? [], telling: telling,
      metadata: cursor.value["metadata"]?.objectValue ?? JSONObject(),
      config: try ConfigReader.table(cursor.optional("config"), over: config),
      inferences: cursor.value["infer"]?.objectValue ?? JSONObject(), weights: weights,
      inputs: try nameRules(cursor.optional("inputs")),
      nodes: try nameRules(cursor.optional("nodes")),
      attention: try nameRules(cursor.optional("attention")),
      outputs: try nameRules(cursor.optional("outputs")))
    dialect.refusal = try cursor.optional("refuse")?.string()
    dialect.notes = try cursor.optional("notes").map(strings) ?? []
    dialect.endings = cursor.value["endings"]?.objectValue ?? JSONObject()
    return dialect
  }

  /// A dialect that differs from an earlier one by the spelling of its names alone.
  private func respelled(_ name: String, _ cursor: DocumentCursor, among dialects: [Dialect])
    throws(CrosswalkError) -> Dialect
  {
    try cursor.rejectUnknownKeys(["like", "spelling"])
    let like = try cursor.require("like")
    let other = try like.string()
    guard var dialect = dialects.first(where: { $0.name == other }) else {
      throw like.refusal(
        "no dialect before this one is called so",
        expected: dialects.map(\.name).joined(separator: " or "), found: other)
    }
    dialect.name = name
    dialect.spelling = try cursor.require("spelling").one(of: Spelling.self)
    return dialect
  }

  private func weightRule(_ cursor: DocumentCursor) throws(CrosswalkError) -> WeightRule {
    try cursor.rejectUnknownKeys([
      "theirs", "ours", "steps", "tied", "ignore", "zeros", "compare", "counts", "through",
      "if",
    ])
    let theirs = try patterns(cursor.require("theirs"))
    let condition = try cursor.optional("if").map(formula)
    let fate: WeightRule.Fate
    if let reason = try cursor.optional("ignore")?.string() {
      let zeros = try cursor.optional("zeros").map { (cursor) throws(CrosswalkError) in
        try Expression(values: cursor)
      }
      fate = .ignored(reason: reason, zeros: zeros)
    } else if let parameter = try cursor.optional("tied")?.string() {
      fate = .tied(to: try Pattern(parameter))
    } else {
      fate = try mapped(cursor, theirs: theirs)
    }
    if let open = theirs.first(where: { !$0.isInvertible }) {
      guard case .ignored(_, nil) = fate else {
        throw cursor.refusal("only what is ignored may be called anything", found: open.text)
      }
    }
    var rule = WeightRule(
      theirs: theirs, fate: fate, condition: condition, pointer: cursor.pointer)
    rule.isCompared = try cursor.optional("compare")?.bool() ?? false
    for (index, range) in try cursor.optional("counts")?.members() ?? [] {
      rule.counts.append((index, try Expression(values: range)))
    }
    for (index, parts) in try cursor.optional("through")?.members() ?? [] {
      rule.runs.append(try run(index, parts))
    }
    return rule
  }

  private func run(_ index: String, _ cursor: DocumentCursor) throws(CrosswalkError)
    -> WeightRule.Run
  {
    var parts: [(index: String, size: Expression)] = []
    for (part, size) in try cursor.members() { parts.append((part, try formula(size))) }
    return WeightRule.Run(index: index, parts: parts)
  }

  private func mapped(_ cursor: DocumentCursor, theirs: [Pattern]) throws(CrosswalkError)
    -> WeightRule.Fate
  {
    let ours = try patterns(cursor.require("ours"))
    var steps: [Step] = []
    for step in try cursor.optional("steps")?.array() ?? [] { steps.append(try Step(step)) }
    var indices = theirs.reduce(into: Set<String>()) { $0.formUnion($1.indices) }
    let isEven = theirs.allSatisfy { $0.indices == indices }
    try removeStacked(from: &indices, theirs, steps, cursor)
    // An index that has one value need not be in our names.
    for (index, _) in try cursor.optional("counts")?.members() ?? []
    where !ours.contains(where: { $0.indices.contains(index) }) {
      indices.remove(index)
    }
    for (index, parts) in try cursor.optional("through")?.members() ?? []
    where indices.remove(index) != nil {
      indices.formUnion(try parts.members().map(\.0))
    }
    guard isEven, ours.allSatisfy({ $0.indices == indices }) else {
      throw cursor.refusal(
        "each side of a rule has the same indices",
        expected: indices.sorted().joined(separator: ", "),
        found: ours.map(\.text).joined(separator: ", "))
    }
    var count = theirs.count
    for step in steps { count = try step.count(after: count) }
    guard count == ours.count else {
      throw cursor.refusal(
        "the steps do not lead from one side of the rule to the other",
        expected: "\(ours.count) tensors", found: "\(count)")
    }
    return .mapped(ours: ours, steps: steps)
  }

  /// An index that a stack uses up is only in their names.
  private func removeStacked(
    from indices: inout Set<String>, _ theirs: [Pattern], _ steps: [Step],
    _ cursor: DocumentCursor
  ) throws(CrosswalkError) {
    for (position, step) in steps.enumerated() {
      guard case .stack(let index, _, _) = step else { continue }
      guard position == 0, theirs.count == 1, indices.remove(index) != nil else {
        throw cursor.refusal(
          "a stack is the first step of a rule with one name that has its index",
          expected: "{\(index)} in 'theirs'", found: theirs.map(\.text).joined(separator: ", "))
      }
    }
  }

  private func nameRules(_ cursor: DocumentCursor?) throws(CrosswalkError) -> [NameRule] {
    var rules: [NameRule] = []
    for row in try cursor?.array() ?? [] {
      try row.rejectUnknownKeys([
        "theirs", "ours", "ignore", "heads", "permute", "groups", "flat", "step", "if",
      ])
      let theirs = try Pattern(row.require("theirs").string())
      let fate: NameRule.Fate
      if let reason = try row.optional("ignore")?.string() {
        fate = .ignored(reason: reason)
      } else if row.value["ours"]?.stringValue?.hasPrefix("=") == true {
        fate = .formula(try formula(row.require("ours")))
      } else {
        fate = .named(try patterns(row.require("ours")))
      }
      rules.append(
        NameRule(
          theirs: theirs, fate: fate, heads: try row.optional("heads").map(formula),
          permute: try row.optional("permute").map(formula),
          groups: try row.optional("groups").map(formula),
          isFlat: try row.optional("flat")?.bool() ?? false,
          step: try row.optional("step").map(formula),
          condition: try row.optional("if").map(formula)))
    }
    return rules
  }

  // MARK: Small parts

  private func formula(_ cursor: DocumentCursor) throws(CrosswalkError) -> Expression {
    let text = try cursor.string()
    guard text.hasPrefix("=") else {
      throw cursor.refusal("a formula begins with '='", expected: "'=…'", found: text)
    }
    do throws(CrosswalkError) { return try Expression(text.dropFirst()) } catch {
      throw placed(error, cursor)
    }
  }

  func strings(_ cursor: DocumentCursor) throws(CrosswalkError) -> [String] {
    if cursor.value.stringValue != nil { return [try cursor.string()] }
    var list: [String] = []
    for item in try cursor.array() { list.append(try item.string()) }
    return list
  }

  private func patterns(_ cursor: DocumentCursor) throws(CrosswalkError) -> [Pattern] {
    var list: [Pattern] = []
    for text in try strings(cursor) {
      do throws(CrosswalkError) { list.append(try Pattern(text)) } catch {
        throw placed(error, cursor)
      }
    }
    return list
  }

  private func placed(_ error: CrosswalkError, _ cursor: DocumentCursor) -> CrosswalkError {
    var error = error
    if error.place.steps.isEmpty { error.place = cursor.place }
    return error
  }
}
