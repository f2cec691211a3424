public import Architectures
public import Diagnostics
public import Documents
public import Tensors

/// A family's table bound to one config: both banks and the way between them.
///
/// One value reads (their tensors to our parameters) and writes (our parameters to their tensors).
public struct Crossing: Sendable {
  /// The family.
  public let family: Family
  /// The concrete architecture.
  public let architecture: Architecture
  /// The config's values by the family's names, enough to bind the table again.
  public let values: JSONObject
  /// What stands before the base model's names: `bert.`, or nothing.
  public let prefix: String
  let dialect: Dialect
  let rules: [WeightRule]
  let environment: ResolvedConfig

  /// Binds a family to a checkpoint of a foreign dialect.
  ///
  /// - Parameters:
  ///   - dialect: whose names the tensors have.
  ///   - config: what the framework wrote beside the weights, if anything.
  ///   - overrides: values set by hand, by the config's keys.
  ///   - tensors: the checkpoint's tensors; only names and shapes are looked at.
  /// - Throws: `invalidConfig`, or `invalidDocument` for a table that contradicts itself.
  public init(
    _ family: Family, dialect: String, config: Document?, overrides: JSONObject = JSONObject(),
    tensors: TensorTable
  ) throws(CrosswalkError) {
    let table = try family.dialect(dialect)
    let names = SourceNames(tensors, dialect: table)
    let values = try ConfigResolver(
      family, table, config: config, overrides: overrides, names: names
    ).resolve()
    let environment = ResolvedConfig(values)
    let json = try Template(environment: environment)
      .architecture(from: family.template, family: family.name)
    try self.init(
      family, table, values: values, prefix: names.prefix,
      architecture: Architecture(Document(json, file: family.document.file)))
  }

  /// Binds a family to tensors of a foreign dialect and values that were recorded with them.
  ///
  /// - Throws: as above.
  public init(
    _ family: Family, dialect: String, values: JSONObject, tensors: TensorTable
  ) throws(CrosswalkError) {
    let table = try family.dialect(dialect)
    let values = try family.completed(values)
    let json = try Template(environment: ResolvedConfig(values))
      .architecture(from: family.template, family: family.name)
    try self.init(
      family, table, values: values, prefix: SourceNames(tensors, dialect: table).prefix,
      architecture: Architecture(Document(json, file: family.document.file)))
  }

  /// Binds a family to an architecture and values that a native checkpoint recorded.
  ///
  /// - Throws: as above.
  public init(
    _ family: Family, dialect: String, values: JSONObject, prefix: String?,
    architecture: Architecture
  ) throws(CrosswalkError) {
    let table = try family.dialect(dialect)
    let values = try family.completed(values)
    let written = try table.config.writtenPrefix(values)
    try self.init(
      family, table, values: values, prefix: prefix ?? written ?? table.prefixes[0],
      architecture: architecture)
  }

  private init(
    _ family: Family, _ dialect: Dialect, values: JSONObject, prefix: String,
    architecture: Architecture
  ) throws(CrosswalkError) {
    self.family = family
    self.dialect = dialect
    self.values = values
    self.prefix = prefix
    self.architecture = architecture
    environment = ResolvedConfig(values)
    var rules: [WeightRule] = []
    for rule in dialect.weights {
      if let condition = rule.condition,
        !(try Expression.truth(condition.evaluate(in: environment)))
      {
        continue
      }
      rules.append(rule)
    }
    self.rules = rules
  }

  /// What files of the dialect say of themselves, where a container holds such words.
  public var metadata: JSONObject { dialect.metadata }

  /// The name of the dialect.
  public var dialectName: String { dialect.name }

  /// What is not quite as it was in a checkpoint that is written in the dialect, in sentences.
  public var notes: [String] { dialect.notes }

  /// The dialect that a file has which is to be in the dialect `name`: some frameworks name the
  /// weights otherwise in files of another ending.
  ///
  /// - Throws: `unsupported` for a dialect that the family has not.
  public func dialect(_ name: String, of file: String) throws(CrosswalkError) -> String {
    let endings = try family.dialect(name).endings.members
    let found = endings.filter { file.lowercased().hasSuffix($0.key) }
      .max { $0.key.utf8.count < $1.key.utf8.count }
    return found?.value.stringValue ?? name
  }
}

extension Family {
  /// Recorded values with what the family has learnt to ask since: its defaults, or nothing.
  ///
  /// A native checkpoint outlives the version of the family that made it.
  fileprivate func completed(_ values: JSONObject) throws(CrosswalkError) -> JSONObject {
    var values = values
    for entry in config.entries where values[entry.name] == nil {
      guard case .string(let text)? = entry.fallback, text.hasPrefix("=") else {
        values[entry.name] = entry.fallback ?? .null
        continue
      }
      values[entry.name] =
        (try? Expression(text.dropFirst()).evaluate(in: ResolvedConfig(values))) ?? .null
    }
    return values
  }
}

/// One row of the table at one place: a rule and the indices that its names have there.
struct Row: Hashable {
  let rule: Int
  let indices: [String: Int]
}

/// One tensor of a row: a pattern and the indices that its name has.
struct Slot {
  let pattern: Pattern
  let indices: [String: Int]
}

extension Crossing {
  /// The rule that takes a tensor of theirs, and which of the rule's names it has.
  ///
  /// - Throws: `ambiguous` when two rules take it.
  func row(of name: String) throws(CrosswalkError) -> (row: Row, slot: Int)? {
    var found: (row: Row, slot: Int)?
    for (number, rule) in rules.enumerated() {
      for (slot, pattern) in rule.theirs.enumerated() {
        guard var indices = pattern.match(name, prefix: prefix),
          try count(&indices, rule, from: true)
        else { continue }
        let slot = rule.stack.flatMap { indices.removeValue(forKey: $0.index) } ?? slot
        if let found {
          throw CrosswalkError(
            .ambiguous, "two rules of the family '\(family.name)' take the tensor '\(name)'",
            at: family.document.place(of: rule.pointer),
            cause: "'\(rules[found.row.rule].label)' and '\(rule.label)'")
        }
        found = (Row(rule: number, indices: indices), slot)
      }
    }
    return found
  }

  /// Whether two checkpoints differ where a tensor does, though it is no weight.
  public func compares(_ name: String) -> Bool {
    guard let row = (try? row(of: name))?.row else { return false }
    return rules[row.rule].isCompared
  }

  /// The names that a row's tensors of theirs have, in order, each of a choice's spellings.
  func slots(of row: Row) throws(CrosswalkError) -> [Slot] {
    let rule = rules[row.rule]
    var indices = row.indices
    _ = try count(&indices, rule, from: false)
    guard let (index, formula) = rule.stack else {
      return rule.theirs.map { Slot(pattern: $0, indices: indices) }
    }
    let value = try formula.evaluate(in: environment.with(row.indices))
    guard let count = value.intValue, (0...Self.maximumStack).contains(count) else {
      throw CrosswalkError(
        .invalidConfig, "a stack of so many tensors", at: family.document.place(of: rule.pointer),
        expected: "0 to \(Self.maximumStack)", found: value.text(indented: false))
    }
    return (0..<count).map { number in
      Slot(pattern: rule.theirs[0], indices: indices.merging([index: number]) { $1 })
    }
  }

  /// Counts from 0 what their names count from elsewhere, or back; false for a number that is not
  /// among those that the rule is for.
  private func count(_ indices: inout [String: Int], _ rule: WeightRule, from theirs: Bool)
    throws(CrosswalkError) -> Bool
  {
    for (index, range) in rule.counts {
      let bounds = try range.sizes(in: environment)
      guard let value = indices[index] ?? (theirs ? nil : 0), bounds.count == 2 else {
        return false
      }
      if theirs, !(bounds[0] <= value && value < bounds[1]) { return false }
      indices[index] = theirs ? value &- bounds[0] : value &+ bounds[0]
    }
    for run in rule.runs {
      guard try theirs ? divide(&indices, run) : join(&indices, run) else { return false }
    }
    return true
  }

  /// Several indices in place of the one that counts through them; false beyond their end.
  private func divide(_ indices: inout [String: Int], _ run: WeightRule.Run)
    throws(CrosswalkError) -> Bool
  {
    guard var value = indices.removeValue(forKey: run.index) else { return false }
    for (part, size) in run.parts.reversed() {
      guard let size = try size.evaluate(in: environment).intValue, size > 0 else { return false }
      indices[part] = value % size
      value /= size
    }
    return value == 0
  }

  /// The one index that counts through several, beside them.
  private func join(_ indices: inout [String: Int], _ run: WeightRule.Run)
    throws(CrosswalkError) -> Bool
  {
    var value = 0
    for (part, size) in run.parts {
      guard let size = try size.evaluate(in: environment).intValue, let index = indices[part]
      else { return false }
      value = value &* size &+ index
    }
    indices[run.index] = value
    return true
  }

  /// Far more than any mixture has.
  private static let maximumStack = 100_000

  func names(_ patterns: [Pattern], _ row: Row) throws(CrosswalkError) -> [String] {
    var names: [String] = []
    for pattern in patterns { names.append(try pattern.name(row.indices, prefix: prefix)) }
    return names
  }
}
