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
      guard case .nodes(let ours, let layout) = meaning else { continue }
      guard let input = ours.first, known.contains(input) else {
        try inputs.append(name, tensor)
        continue
      }
      do throws(CrosswalkError) {
        try inputs.append(input, tensor.inOrder(of: layout.axes))
      } catch { throw error.inside(.tensor(name)) }
    }
    return inputs
  }
}

extension StoredTensor {
  /// The tensor in our order of axes, of which theirs is a permutation; itself where they are the same.
  fileprivate func inOrder(of axes: [Int]?) throws(CrosswalkError) -> StoredTensor {
    guard let axes else { return self }
    guard axes.count == shape.count else {
      throw CrosswalkError(
        .malformed, "the input has not the axes that the model's have",
        expected: "\(axes.count) axes", found: "\(shape.count)")
    }
    return try permuted(axes.indices.sorted { axes[$0] < axes[$1] })
  }
}
