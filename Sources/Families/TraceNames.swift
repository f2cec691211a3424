public import Diagnostics
import Documents

extension Crossing {
  /// What a name that a framework recorded means here.
  public enum Meaning: Sendable, Equatable {
    /// It is this node's.
    case node(String)
    /// It is left out of comparisons, for a reason.
    case ignored(reason: String)
  }

  /// The node whose output a module of theirs puts out.
  ///
  /// - Throws: `ambiguous` when two rules say so.
  public func node(ofModule name: String) throws(CrosswalkError) -> Meaning? {
    try meaning(of: name, in: dialect.nodes)
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
      guard let indices = rule.theirs.match(name, prefix: prefix) else { continue }
      let meaning: Meaning
      switch rule.fate {
      case .ignored(let reason): meaning = .ignored(reason: reason)
      case .named(let pattern): meaning = .node(try pattern.name(indices, prefix: prefix))
      case .formula(let formula):
        meaning = .node(try formula.evaluate(in: environment.with(indices)).stringValue ?? "")
      }
      guard found == nil || found == meaning else {
        throw CrosswalkError(
          .ambiguous, "two rules of the family '\(family.name)' name the module '\(name)'")
      }
      found = meaning
    }
    return found
  }
}
