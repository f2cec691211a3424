public import Diagnostics

/// Neighbouring axes joined into one.
public struct Flatten: Operation {
  /// `flatten`.
  public static let name = "flatten"
  /// What it does.
  public static let summary = "its input with the axes from one to another joined into one"
  /// `input`.
  public static let roles: [Role] = [.one("input")]
  /// The first axis that is joined, negative from the end.
  public let from: Int
  /// The last axis that is joined, negative from the end.
  public let to: Int

  /// Reads `from` and `to`.
  public init(_ settings: inout Settings) throws(CrosswalkError) {
    from = try settings.position("from")
    to = try settings.position("to")
  }

  /// The input's axes with one in place of several.
  public func signature(_ inputs: InputTypes) throws(CrosswalkError) -> Signature {
    var type = try inputs.one("input")
    let range = try range(of: type.axes.count)
    let joined = type.axes[range]
    let name = joined.map(\.name).joined(separator: "×")
    let extent = try product(of: joined.map(\.extent))
    type.axes.replaceSubrange(range, with: [Axis(name, extent)])
    return Signature(type)
  }

  /// The axes that are joined, among so many.
  package func range(of count: Int) throws(CrosswalkError) -> ClosedRange<Int> {
    try axisRange(from, to, of: count)
  }
}

/// One axis split into several, as many and as long as another tensor's.
public struct Unflatten: Operation {
  /// `unflatten`.
  public static let name = "unflatten"
  /// What it does.
  public static let summary =
    "its input with one axis split into the axes that `like` has from one to another"
  /// `input`, and `like` with the axes that one of its axes was joined from.
  public static let roles: [Role] = [.one("input"), .one("like")]
  /// The input's axis, and the first of the axes that take its place; negative from the end.
  public let from: Int
  /// The last of the axes of `like` that take its place, negative from the end.
  public let to: Int

  /// Reads `from` and `to`.
  public init(_ settings: inout Settings) throws(CrosswalkError) {
    from = try settings.position("from")
    to = try settings.position("to")
  }

  /// The input's axes with several in place of one.
  public func signature(_ inputs: InputTypes) throws(CrosswalkError) -> Signature {
    var type = try inputs.one("input")
    let like = try inputs.one("like")
    let range = try range(of: like.axes.count)
    let position = try axisPosition(range.lowerBound, of: type.axes.count, key: "from")
    let parts = like.axes[range]
    if let extent = type.axes[position].extent {
      try check(extent, parts.map(\.extent))
    }
    type.axes.replaceSubrange(position...position, with: parts)
    return Signature(type)
  }

  /// The axes of `like` that take the place of one, among so many.
  package func range(of count: Int) throws(CrosswalkError) -> ClosedRange<Int> {
    try axisRange(from, to, of: count)
  }

  /// Whether an extent is the product of others, as far as they are known.
  ///
  /// - Throws: `wrongShape` when it is not.
  package func check(_ extent: Int, _ parts: [Int?]) throws(CrosswalkError) {
    guard let product = try product(of: parts), product != extent else { return }
    throw CrosswalkError(
      .wrongShape, "an axis that does not split so", expected: String(product),
      found: String(extent))
  }
}

/// Its inputs one after another along an axis.
public struct Concatenate: Operation {
  /// `concat`.
  public static let name = "concat"
  /// What it does.
  public static let summary = "its inputs one after another along an axis"
  /// `input`: one or more; those that are absent count as nothing.
  public static let roles: [Role] = [.many("input")]
  /// The axis, negative from the end.
  public let axis: Int

  /// Reads `axis`.
  public init(_ settings: inout Settings) throws(CrosswalkError) {
    axis = try settings.position("axis")
  }

  /// The inputs' axes, the one as long as all of theirs.
  public func signature(_ inputs: InputTypes) throws(CrosswalkError) -> Signature {
    var type = try inputs.one("input")
    let position = try axisPosition(axis, of: type.axes.count)
    for next in inputs["input"].dropFirst() {
      guard next.axes.count == type.axes.count,
        (next.element == .floating) == (type.element == .floating)
      else {
        throw CrosswalkError(
          .wrongShape, "inputs of different kinds",
          expected: "\(type.axes.count) axes, \(type.element.rawValue)",
          found: "\(next.axes.count) axes, \(next.element.rawValue)")
      }
      for (place, axis) in next.axes.enumerated() {
        let known = type.axes[place].extent
        if place == position {
          type.axes[place].extent = try sum(known, axis.extent)
        } else if let extent = axis.extent, known ?? extent != extent {
          throw CrosswalkError(
            .wrongShape, "inputs that differ along another axis",
            expected: "\(axis.name) \(known ?? extent)", found: String(extent))
        } else {
          type.axes[place].extent = known ?? axis.extent
        }
      }
    }
    return Signature(type)
  }

  private func sum(_ a: Int?, _ b: Int?) throws(CrosswalkError) -> Int? {
    guard let a, let b else { return nil }
    let (sum, overflow) = a.addingReportingOverflow(b)
    guard !overflow else { throw CrosswalkError(.tooLarge, "an axis beyond what 64 bits count") }
    return sum
  }
}

/// Learned vectors that are the same for every row of the batch.
public struct LearnedToken: Operation {
  /// `token`.
  public static let name = "token"
  /// What it does.
  public static let summary =
    "learned vectors, the same for each row of the batch; parameter weight (count, width)"
  /// `input` says how many rows the batch has; without it there is one.
  public static let roles: [Role] = [.optional("input")]
  /// How many vectors.
  public let count: Int
  /// The size of each.
  public let width: Int

  /// Reads `count` and `width`.
  public init(_ settings: inout Settings) throws(CrosswalkError) {
    count = try settings.integer("count", default: 1)
    width = try settings.integer("width")
  }

  /// (batch, count, width).
  public func signature(_ inputs: InputTypes) throws(CrosswalkError) -> Signature {
    guard let batch = inputs["input"].first.map({ $0.axes.first }) ?? Axis("batch", 1) else {
      throw CrosswalkError(.wrongShape, "an input without a batch")
    }
    return Signature(
      TensorType(.floating, [batch, Axis("sequence", count), .width(width)]),
      parameters: [("weight", [count, width])])
  }
}

/// The position of an axis among so many, counted from the end when negative.
package func axisPosition(_ axis: Int, of count: Int, key: String = "axis") throws(CrosswalkError)
  -> Int
{
  let position = axis < 0 ? axis + count : axis
  guard (0..<count).contains(position) else {
    throw CrosswalkError(
      .wrongShape, "an axis that the input does not have", at: Place(.key(key)),
      expected: "one of \(count)", found: String(axis))
  }
  return position
}

/// The axes from one to another, of so many.
private func axisRange(_ from: Int, _ to: Int, of count: Int) throws(CrosswalkError)
  -> ClosedRange<Int>
{
  let first = try axisPosition(from, of: count, key: "from")
  let last = try axisPosition(to, of: count, key: "to")
  guard first <= last else {
    throw CrosswalkError(
      .wrongShape, "the last axis comes before the first", at: Place(.key("to")),
      expected: "\(first) or later", found: String(last))
  }
  return first...last
}

/// The product of extents; nil when one of them is not known.
func product(of extents: [Int?]) throws(CrosswalkError) -> Int? {
  var product = 1
  for extent in extents {
    guard let extent else { return nil }
    let (next, overflow) = product.multipliedReportingOverflow(by: extent)
    guard !overflow else { throw CrosswalkError(.tooLarge, "an axis beyond what 64 bits count") }
    product = next
  }
  return product
}
