public import Diagnostics
import Documents

extension Crossing {
  /// What a name that a framework recorded means here.
  public enum Meaning: Sendable, Equatable {
    /// It is this node's; or several nodes' outputs joined along the last axis, laid out so.
    case nodes([String], Layout)
    /// It is left out of comparisons, for a reason.
    case ignored(reason: String)
  }

  /// How theirs is made of our nodes' outputs.
  public struct Layout: Sendable, Equatable {
    /// How many heads the last axis is divided into, before any reordering; nil for no division.
    public let heads: Int?
    /// Which axis of ours each of their axes is; nil where their order is the same.
    public let axes: [Int]?
    /// Into how many equal parts each node's last axis is cut, when the parts of several nodes
    /// take turns: queries, keys and values head by head.
    public let groups: Int
    /// Whether all axes but the last are one.
    public let isFlat: Bool
    /// The one step that theirs is of ours, along the second axis, of a table along its queries.
    public let step: Int?

    /// The same shape as ours.
    public static let same = Layout()

    init(
      heads: Int? = nil, axes: [Int]? = nil, groups: Int = 1, isFlat: Bool = false, step: Int? = nil
    ) {
      self.heads = heads
      self.axes = axes
      self.groups = groups
      self.isFlat = isFlat
      self.step = step
    }
  }

  /// The node whose output a module of theirs puts out.
  ///
  /// - Throws: `ambiguous` when two rules say so.
  public func node(ofModule name: String) throws(CrosswalkError) -> Meaning? {
    try meaning(of: name, in: dialect.nodes)
  }

  /// The input that an argument of theirs is.
  ///
  /// - Throws: `ambiguous` when two rules say so.
  public func input(ofArgument name: String) throws(CrosswalkError) -> Meaning? {
    try meaning(of: name, in: dialect.inputs)
  }

  /// The node whose attention table a module of theirs makes.
  ///
  /// - Throws: `ambiguous` when two rules say so.
  public func attention(ofModule name: String) throws(CrosswalkError) -> Meaning? {
    try meaning(of: name, in: dialect.attention)
  }

  /// The node that an output of theirs is, when the architecture has no output of that name.
  ///
  /// - Throws: `ambiguous` when two rules say so.
  public func node(ofOutput name: String) throws(CrosswalkError) -> Meaning? {
    try meaning(of: name, in: dialect.outputs)
  }

  private func meaning(of name: String, in rules: [NameRule]) throws(CrosswalkError) -> Meaning? {
    var found: Meaning?
    for rule in rules {
      // Modules may stand under a prefix that the weights do not have: old files lack it.
      let matches = dialect.prefixes.compactMap { rule.theirs.match(name, prefix: $0) }
      guard let indices = matches.first else { continue }
      if let condition = rule.condition,
        !(try Expression.truth(condition.evaluate(in: environment.with(indices))))
      {
        continue
      }
      let meaning = try meaning(of: rule, indices)
      guard found == nil || found == meaning else {
        throw CrosswalkError(
          .ambiguous, "two rules of the family '\(family.name)' name the module '\(name)'")
      }
      found = meaning
    }
    return found
  }

  private func meaning(of rule: NameRule, _ indices: [String: Int]) throws(CrosswalkError)
    -> Meaning
  {
    let environment = environment.with(indices)
    switch rule.fate {
    case .ignored(let reason): return .ignored(reason: reason)
    case .named(let patterns):
      return .nodes(
        try names(patterns, Row(rule: 0, indices: indices)), try layout(of: rule, environment))
    case .formula(let formula):
      let name = try formula.evaluate(in: environment).stringValue
      return .nodes([name ?? ""], try layout(of: rule, environment))
    }
  }
  private func layout(of rule: NameRule, _ environment: ResolvedConfig) throws(CrosswalkError)
    -> Layout
  {
    let order = try rule.permute?.evaluate(in: environment) ?? .null
    return Layout(
      heads: try count(rule.heads, environment),
      axes: order.isNull ? nil : order.arrayValue?.compactMap(\.intValue),
      groups: try count(rule.groups, environment) ?? 1, isFlat: rule.isFlat,
      step: try rule.step?.evaluate(in: environment).intValue)
  }

  private func count(_ formula: Expression?, _ environment: ResolvedConfig) throws(CrosswalkError)
    -> Int?
  {
    guard let value = try formula?.evaluate(in: environment) else { return nil }
    guard let count = value.intValue, count > 0 else {
      throw CrosswalkError(
        .invalidConfig, "parts that are not counted by a whole number", expected: "at least 1",
        found: value.text(indented: false))
    }
    return count
  }
}
