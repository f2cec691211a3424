import Architectures
import Diagnostics
import Documents
import Engine
import Tensors

/// One thing that may be wrong with a node, and what the graph is without it.
struct Hypothesis {
  /// The cause in a word, the same wherever it is found: `epsilon`, `transposed`.
  let cause: String
  /// What is wrong, in a sentence without its subject.
  let says: String
  /// The node's place in the architecture.
  let node: Int
  /// What would have to be edited.
  let edit: Edit
  /// What the graph computes then.
  var change: GraphChange
  /// How far-fetched it is: 0 for a setting that people get wrong daily.
  let rank: Int
}

/// What a hypothesis would have edited, so that it can be tried on a node's siblings and written down.
enum Edit {
  /// A setting of the node; nil where it is not there.
  case setting(key: String, from: JSON?, to: JSON?)
  /// Another operation.
  case operation(from: String, to: String, settings: JSONObject)
  /// What flows into a role, by value number.
  case arguments(role: String, from: [Int], to: [Int])
  /// Parameters of the node by role, and in a word how they come of those that are there.
  case parameters([String: StoredTensor], how: String)
  /// Parameters, by name, that are to be those of other names.
  case takes([String: String], how: String)
}

/// Makes hypotheses about one node after another.
protocol HypothesisSource {
  /// What may be wrong with a node.
  ///
  /// - Throws: whatever reading meets; what cannot be is left out.
  func hypotheses(about node: Int, _ evidence: Evidence) throws(CrosswalkError) -> [Hypothesis]
}
