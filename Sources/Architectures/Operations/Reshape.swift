public import Diagnostics

/// The same numbers under other axes.
public struct Reshape: Operation {
  /// `reshape`.
  public static let name = "reshape"
  /// What it does.
  public static let summary =
    "its input with the axes from one to another replaced by axes of as many numbers"
  /// `input`.
  public static let roles: [Role] = [.one("input")]
  /// The extents that take their place; -1 for what the others leave.
  public let shape: [Int]
  /// The first axis that is replaced, negative from the end; as many as there are to put the axes
  /// after all.
  public let from: Int
  /// The last axis that is replaced, negative from the end.
  public let to: Int

  /// Reads `shape`, `from` (when left out 1: the batch stays) and `to`.
  public init(_ settings: inout Settings) throws(CrosswalkError) {
    shape = try settings.has("shape") ? settings.integers("shape", minimum: -1) : []
    from = try settings.position("from", default: 1)
    to = try settings.position("to", default: -1)
    guard shape.count(where: { $0 == -1 }) <= 1, !shape.contains(0) else {
      throw CrosswalkError(
        .invalidDocument, "a shape that says too little", at: Place(.key("shape")),
        expected: "extents above 0, and -1 once at most", found: "\(shape)")
    }
  }

  /// The input's axes with others in place of some.
  public func signature(_ inputs: InputTypes) throws(CrosswalkError) -> Signature {
    var type = try inputs.one("input")
    let range = try range(of: type.axes.count)
    let old = type.axes[range].map(\.extent)
    let known = old.compactMap { $0 }
    let settled = known.count == old.count ? try extents(of: known) : nil
    let axes = shape.enumerated().map { position, extent in
      Axis.width(settled?[position] ?? (extent == -1 ? nil : extent))
    }
    type.axes.replaceSubrange(range, with: axes)
    return Signature(type)
  }

  /// The axes that are replaced, among so many.
  ///
  /// - Throws: `wrongShape` when there are not so many.
  package func range(of count: Int) throws(CrosswalkError) -> Range<Int> {
    let first = from < 0 ? from + count : from
    if first == count { return first..<first }
    let start = try axisPosition(from, of: count, key: "from")
    let last = try axisPosition(to, of: count, key: "to")
    guard start <= last else {
      throw CrosswalkError(
        .wrongShape, "the last axis comes before the first", at: Place(.key("to")),
        expected: "\(start) or later", found: String(last))
    }
    return start..<(last + 1)
  }

  /// The new extents, from the old ones.
  ///
  /// - Throws: `wrongShape` when they are of another number of elements.
  package func extents(of old: [Int]) throws(CrosswalkError) -> [Int] {
    let whole = try product(old)
    let known = try product(shape.filter { $0 != -1 })
    let isOpen = shape.contains(-1)
    guard known > 0, isOpen ? whole % known == 0 : whole == known else {
      throw CrosswalkError(
        .wrongShape, "a shape of another number of elements", at: Place(.key("shape")),
        expected: "\(old)", found: "\(shape)")
    }
    return shape.map { $0 == -1 ? whole / known : $0 }
  }

  private func product(_ extents: [Int]) throws(CrosswalkError) -> Int {
    var product = 1
    for extent in extents {
      let (next, overflow) = product.multipliedReportingOverflow(by: extent)
      guard !overflow else { throw CrosswalkError(.tooLarge, "more elements than 64 bits count") }
      product = next
    }
    return product
  }
}
