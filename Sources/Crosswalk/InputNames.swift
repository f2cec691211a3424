import Architectures
public import Diagnostics
import Families
public import Tensors

extension ModelCheckpoint {
  /// Inputs under the names that the model's graph has for them.
  ///
  /// A framework's own words for an argument, as `src_padding_mask`, are those of the family's
  /// table; what the table leaves out, as a hint that changes no number, is left out.
  ///
  /// - Throws: `ambiguous` when two rules take a name, `malformed` when two names become one.
  public func inputs(_ given: TensorTable) throws(CrosswalkError) -> TensorTable {
    try crossing?.inputs(given) ?? given
  }
}

extension Crossing {
  /// The inputs by the graph's names.
  func inputs(_ given: TensorTable) throws(CrosswalkError) -> TensorTable {
    let known = Set(architecture.inputs.map(\.name))
    var inputs = TensorTable()
    for (name, tensor) in given {
      guard !known.contains(name), let meaning = try input(ofArgument: name) else {
        try inputs.append(name, tensor)
        continue
      }
      // What the graph has not under the table's name either is refused by the name given.
      guard case .nodes(let ours, _) = meaning else { continue }
      try inputs.append(ours.first.flatMap { known.contains($0) ? $0 : nil } ?? name, tensor)
    }
    return inputs
  }
}
