import Diagnostics
public import Documents

/// How one published model family lands on the graph: the crosswalk table, read from its file.
///
/// The file's form is in `Schemas/family.schema.json`.
public struct Family: Sendable {
  /// The family's name.
  public let name: String
  /// One sentence about the family.
  public let summary: String
  /// The files that the family extends, the nearest first.
  public let origin: [String]
  /// The file itself, with what it extends merged in.
  public let document: Document
  let recognition: Recognition
  let config: ConfigTable
  let template: JSON
  let dialects: [Dialect]

  /// The dialect of that name.
  ///
  /// - Throws: `unsupported`, listing the dialects that there are.
  func dialect(_ name: String) throws(CrosswalkError) -> Dialect {
    guard let dialect = dialects.first(where: { $0.name == name }) else {
      throw CrosswalkError(
        .unsupported, "the family '\(self.name)' has no dialect '\(name)'",
        remedy: "its dialects: \(dialects.map(\.name).joined(separator: ", "))")
    }
    return dialect
  }

  /// The names of the dialects that the family reads and writes.
  public var dialectNames: [String] { dialects.map(\.name) }

  /// The config keys that the family reads, in the words of the config.
  public var configKeys: [String] {
    var seen = Set<String>()
    return config.entries.flatMap(\.keys).filter { seen.insert($0).inserted }
  }

  /// Config keys, with `*` for any text, that do not change the computation.
  public var irrelevantKeys: [String] {
    let listed = document.root["config"]?["irrelevant"]?.arrayValue ?? []
    return Set(listed.compactMap(\.stringValue)).sorted()
  }

  /// What the family's models end in, by the ends of the framework's class names: `Model`,
  /// `ForCausalLM`, ….
  public var heads: [String] {
    template["heads"]?.arrayValue?.compactMap(\.stringValue) ?? []
  }

  /// The outputs that the family's models may have.
  public var outputs: [String] { template["outputs"]?.objectValue?.keys ?? [] }
}

/// By what a checkpoint is known to be of a family.
struct Recognition: Sendable {
  /// Config keys and the values of which each must have one.
  let config: ConfigSignature
  /// Sets of name patterns; one set must be there whole.
  let names: [[Pattern]]
}

/// How the weights of one framework name and lay out a family's parameters.
struct Dialect: Sendable {
  var name: String
  /// How files spell the names and lay out the tensors, where they do it another way.
  var spelling: Spelling?
  let prefixes: [String]
  /// What training code puts before all names: `module.`, `state_dict.`.
  let wrappers: [String]
  /// Patterns of the names that the family is recognised by.
  let telling: [Pattern]
  /// What files of this dialect say of themselves, where a container holds such words.
  let metadata: JSONObject
  /// Why no checkpoint is written in it, where none is.
  var refusal: String?
  /// What is not quite as it was in a checkpoint that is written in it, in sentences.
  var notes: [String] = []
  /// The dialects that files of other endings have in place of it.
  var endings = JSONObject()
  /// How the framework's config says the family's values.
  let config: ConfigTable
  /// Config values that shapes and names tell, as formulas.
  let inferences: JSONObject
  let weights: [WeightRule]
  /// Which argument of the framework's is which input, beside those of the same name.
  let inputs: [NameRule]
  /// Which module's output is which node's.
  let nodes: [NameRule]
  /// Which module's attention table is which node's.
  let attention: [NameRule]
  /// Which of the framework's outputs is which node's, beside those that the architecture names.
  let outputs: [NameRule]
}

/// One row of the table: their tensors, our parameters, and the steps between.
struct WeightRule: Sendable {
  let theirs: [Pattern]
  let fate: Fate
  let condition: Expression?
  /// For an index, from which number on and up to which their names count what ours count from 0.
  var counts: [(index: String, range: Expression)] = []
  /// Indices of theirs that count through several of ours as one.
  var runs: [Run] = []
  /// Whether two checkpoints differ where this does, though it is no weight.
  var isCompared = false
  let pointer: String

  /// One index, and those that it counts through, each with how many values it has, the last the
  /// fastest.
  struct Run: Sendable {
    let index: String
    let parts: [(index: String, size: Expression)]
  }

  enum Fate: Sendable {
    /// Becomes parameters.
    case mapped(ours: [Pattern], steps: [Step])
    /// Is a copy of a parameter, which it must equal.
    case tied(to: Pattern)
    /// Is no weight; where the framework misses it, zeros of a shape are written.
    case ignored(reason: String, zeros: Expression?)
  }

  /// The index that only their names have, and how many values it has.
  var stack: (index: String, count: Expression)? {
    guard case .mapped(_, let steps) = fate, case .stack(let index, let count, _)? = steps.first
    else {
      return nil
    }
    return (index, count)
  }

  var label: String { theirs.map(\.text).joined(separator: " + ") }
}

/// One row of a table of names: a module of theirs and a node of ours.
struct NameRule: Sendable {
  let theirs: Pattern
  let fate: Fate
  /// How many heads our last axis is divided into first, where theirs has an axis of heads.
  let heads: Expression?
  /// Which axis of ours each of their axes is, where they have another order.
  let permute: Expression?
  /// Into how many parts each node's last axis is cut, where the nodes' parts take turns.
  let groups: Expression?
  /// Whether theirs has one axis for all of ours but the last.
  let isFlat: Bool
  /// The step that theirs is, where ours is all steps.
  let step: Expression?
  let condition: Expression?

  enum Fate: Sendable {
    /// One node, or several whose outputs are joined along the last axis.
    case named([Pattern])
    /// A formula over the indices that gives the node's name.
    case formula(Expression)
    case ignored(reason: String)
  }
}
