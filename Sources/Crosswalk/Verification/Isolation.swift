import Architectures
import Diagnostics
import Engine
import Families
import Tensors

/// What a recording says that nodes made, put into our graph's shapes: with it in place of what we
/// made, each node's error is its own.
struct Isolation {
  /// What the pass takes in place of what it makes.
  private(set) var replacements = Replacements()

  /// Gathers all values that a trace has and our graph can take.
  ///
  /// - Parameters:
  ///   - matching: which of our values each recorded one is.
  ///   - trace: the recording, in whichever precision it is to be compared.
  init(_ matching: TraceMatching, _ trace: Trace, _ architecture: Architecture) {
    for match in matching.matches where match.role != .attention && match.layout.step == nil {
      guard let recorded = match.role.table(of: trace)[match.recorded] else { continue }
      let values = matching.values(of: match)
      let widths = values.map { architecture.type(of: $0).width }
      for (index, value) in values.enumerated() where replacements.values[value] == nil {
        let before = widths[..<index]
        let part = Part(
          match.layout, of: values.count, widthBefore: before.reduce(0) { $0 + ($1 ?? 0) },
          total: widths.contains(nil) ? nil : widths.reduce(0) { $0 + ($1 ?? 0) })
        guard values.count == 1 || part.total != nil else { continue }
        replacements.values[value] = .init { (shape) throws(CrosswalkError) in
          try part.ours(from: recorded, shape)
        }
      }
    }
  }
}

/// One node's share of a recorded value, and the way back from theirs to ours.
private struct Part {
  let layout: Crossing.Layout
  let count: Int
  let widthBefore: Int
  let total: Int?

  init(_ layout: Crossing.Layout, of count: Int, widthBefore: Int, total: Int?) {
    self.layout = layout
    self.count = count
    self.widthBefore = widthBefore
    self.total = total
  }

  /// The recorded value in our shape; nil where it cannot be that.
  func ours(from recorded: StoredTensor, _ shape: [Int]) throws(CrosswalkError) -> StoredTensor? {
    guard let width = shape.last else { return recorded.shape.isEmpty ? recorded : nil }
    var joined = shape
    joined[joined.count - 1] = count == 1 ? width : total ?? width
    guard let theirs = theirShape(of: joined) else { return nil }
    var tensor = recorded
    if let rows = tensor.shape.first, theirs.first == 1, rows > 1, !layout.isFlat {
      tensor = try tensor.sliced(axis: 0, range: 0..<1)
    }
    let count = try Shape.count(theirs)
    let isFlat = layout.isFlat && tensor.count == count
    guard tensor.shape == theirs || isFlat else { return nil }
    tensor = try tensor.reshaped(theirs)
    if let axes = layout.axes { tensor = try tensor.permuted(axes.indices.map { back(axes, $0) }) }
    tensor = try tensor.reshaped(joined)
    return self.count == 1 ? tensor : try share(of: tensor, width)
  }

  /// The shape that theirs has before it is flattened.
  private func theirShape(of joined: [Int]) -> [Int]? {
    var shape = joined
    if let heads = layout.heads {
      guard let width = shape.popLast(), width % heads == 0 else { return nil }
      shape += [heads, width / heads]
    }
    guard let axes = layout.axes else { return shape }
    guard axes.sorted() == Array(shape.indices) else { return nil }
    return axes.map { shape[$0] }
  }

  private func back(_ axes: [Int], _ axis: Int) -> Int { axes.firstIndex(of: axis) ?? axis }

  /// Our columns of several nodes' side by side, or of their parts that take turns.
  private func share(of tensor: StoredTensor, _ width: Int) throws(CrosswalkError) -> StoredTensor?
  {
    let (axis, groups) = (tensor.shape.count - 1, layout.groups)
    guard let all = total, [all, width, widthBefore].allSatisfy({ $0 % groups == 0 }) else {
      return nil
    }
    var parts: [StoredTensor] = []
    for group in 0..<groups {
      let start = group * (all / groups) + widthBefore / groups
      parts.append(try tensor.sliced(axis: axis, range: start..<(start + width / groups)))
    }
    return try StoredTensor.concatenated(parts, axis: axis)
  }
}

extension Isolation {
  /// The nodes that values are made by from what was recorded, in graph order, themselves among them:
  /// one of them is at fault where a value is wrong in isolation.
  func path(to values: [Int], in architecture: Architecture) -> [String] {
    places(to: values, in: architecture).map { architecture.nodes[$0].name }
  }

  /// The same by the nodes' places in the architecture.
  func places(to values: [Int], in architecture: Architecture) -> [Int] {
    let first = architecture.inputs.count
    var found: Set<Int> = []
    var waiting = values
    while let value = waiting.popLast() {
      guard value >= first, found.insert(value - first).inserted else { continue }
      let known = architecture.nodes[value - first].arguments.values.joined()
      waiting += known.filter { replacements.values[$0] == nil }
    }
    return found.sorted()
  }
}
