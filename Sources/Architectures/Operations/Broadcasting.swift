import Diagnostics

/// The type of values broadcast against one another from the last axis, as in NumPy.
///
/// - Throws: `wrongShape` when two known extents differ and neither is 1.
func broadcast(_ types: [TensorType]) throws(CrosswalkError) -> TensorType {
  guard var result = types.max(by: { $0.axes.count < $1.axes.count }) else {
    throw CrosswalkError(.invalidDocument, "nothing flows into 'input'")
  }
  for type in types {
    let shift = result.axes.count - type.axes.count
    for (position, axis) in type.axes.enumerated() {
      let known = result.axes[position + shift]
      switch (known.extent, axis.extent) {
      case (1?, let other) where other != 1: result.axes[position + shift] = axis
      case (nil, let theirs?) where theirs != 1: result.axes[position + shift].extent = theirs
      case (let ours?, let theirs?) where ours != theirs && theirs != 1:
        throw CrosswalkError(
          .wrongShape, "inputs that do not broadcast",
          expected: "\(known.name) \(ours)", found: "\(axis.name) \(theirs)")
      default: break
      }
    }
  }
  result.element = common(types.map(\.element))
  return result
}

/// The sort of number that several together make: ids only when all are.
private func common(_ elements: [TensorType.Element]) -> TensorType.Element {
  if elements.contains(.floating) { return .floating }
  return elements.contains(.mask) ? .mask : .integer
}
