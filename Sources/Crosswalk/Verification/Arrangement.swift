import Architectures
import Diagnostics
import Engine
import Tensors

extension TraceMatching.Match {
  /// Our values as theirs are laid out, and what the axes are called; nil where a run has not made
  /// them.
  ///
  /// - Parameter recorded: the shape of theirs.
  /// - Throws: `wrongShape` where the family's table says to reorder axes that are not there.
  func arranged(_ ours: Trace, as recorded: [Int]?, _ architecture: Architecture)
    throws(CrosswalkError) -> (tensor: StoredTensor?, axes: [String])
  {
    let role: TraceRole = self.role == .attention ? .attention : isOutput ? .output : .node
    let tensors = names.compactMap { role.table(of: ours)[$0] }
    var axes = role == .attention ? AxisNames.attention : AxisNames.of(architecture.type(of: value))
    guard var tensor = tensors.first, tensors.count == names.count else { return (nil, axes) }
    if tensors.count > 1 { tensor = try join(tensors) }
    if let step = layout.step, recorded ?? [] != tensor.shape {
      // What was recorded may be all steps, joined as ours are.
      guard let one = try Self.step(step, of: tensor, axis: role == .attention ? 2 : 1) else {
        return (nil, axes)
      }
      tensor = one
    }
    if let heads = layout.heads {
      let width = tensor.shape.last ?? 1
      tensor = try tensor.reshaped(tensor.shape.dropLast() + [heads, width / heads])
      axes = axes.dropLast() + ["head", "width"]
    }
    if let order = layout.axes {
      tensor = try tensor.permuted(order)
      axes = axes.count == order.count ? order.map { axes[$0] } : []
    }
    if layout.isFlat {
      tensor = try tensor.reshaped([tensor.shape.dropLast().reduce(1, *), tensor.shape.last ?? 1])
      axes = []
    }
    if role == .node { tensor = try Self.repeated(tensor, as: recorded) }
    return (tensor, axes)
  }

  /// One step of all; nil where there are not so many.
  private static func step(_ step: Int, of tensor: StoredTensor, axis: Int) throws(CrosswalkError)
    -> StoredTensor?
  {
    guard tensor.shape.count > axis, (0..<tensor.shape[axis]).contains(step) else { return nil }
    return try tensor.sliced(axis: axis, range: step..<(step + 1))
  }

  /// The tensors side by side along the last axis, each cut into so many parts that take turns.
  private func join(_ tensors: [StoredTensor]) throws(CrosswalkError) -> StoredTensor {
    let axis = tensors[0].shape.count - 1
    var parts: [StoredTensor] = []
    for group in 0..<layout.groups {
      for tensor in tensors {
        let width = (tensor.shape.last ?? 0) / layout.groups
        parts.append(
          try tensor.sliced(axis: axis, range: (group * width)..<((group + 1) * width)))
      }
    }
    return try StoredTensor.concatenated(parts, axis: axis)
  }

  /// What is the same for each row of the batch, such as a table of positions, as often as it was
  /// recorded.
  private static func repeated(_ row: StoredTensor, as shape: [Int]?) throws(CrosswalkError)
    -> StoredTensor
  {
    guard let shape, let count = shape.first, row.shape.first == 1, count > 1,
      row.shape.dropFirst() == shape.dropFirst()
    else { return row }
    return try StoredTensor.concatenated(Array(repeating: row, count: count), axis: 0)
  }
}
