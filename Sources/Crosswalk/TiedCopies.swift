import Diagnostics
import Families
import Tensors

/// Checks that what a family calls a copy of a parameter is one.
enum TiedCopies {
  /// - Throws: `incompleteMapping` when a copy differs from its parameter.
  static func check(_ account: Account, _ parameters: TensorTable, _ tensors: TensorTable)
    throws(CrosswalkError)
  {
    for (name, fate) in account.tensors {
      guard case .tied(let parameter) = fate, let copy = tensors[name],
        let original = parameters[parameter]
      else { continue }
      if let storage = copy.storage, storage == original.storage { continue }
      guard try copy.hasSameElements(as: original) else {
        throw CrosswalkError(
          .incompleteMapping, "should be a copy of the parameter '\(parameter)' and is not",
          at: Place(.tensor(name)),
          remedy: "if it is a weight of its own, say so: --set tie_word_embeddings=false")
      }
    }
  }
}
