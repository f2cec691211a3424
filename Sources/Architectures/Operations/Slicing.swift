public import Diagnostics

/// One slice along an axis, which disappears.
public struct Select: Operation {
  /// `select`.
  public static let name = "select"
  /// What it does.
  public static let summary = "the slice at one index of an axis; the axis disappears"
  /// `input`.
  public static let roles: [Role] = [.one("input")]
  /// The axis, negative from the end.
  public let axis: Int
  /// The index, negative from the end.
  public let index: Int

  /// Reads `axis` and `index`.
  public init(_ settings: inout Settings) throws(CrosswalkError) {
    axis = try settings.position("axis")
    index = try settings.position("index")
  }

  /// The input's axes without the one.
  public func signature(_ inputs: InputTypes) throws(CrosswalkError) -> Signature {
    var type = try inputs.one("input")
    let position = axis < 0 ? axis + type.axes.count : axis
    guard type.axes.indices.contains(position) else {
      throw CrosswalkError(
        .wrongShape, "an axis that the input does not have", at: Place(.key("axis")),
        expected: "one of \(type.axes.count)", found: String(axis))
    }
    if let extent = type.axes[position].extent, !(-extent..<extent).contains(index) {
      throw CrosswalkError(
        .wrongShape, "an index beyond the axis", at: Place(.key("index")),
        expected: "below \(extent)", found: String(index))
    }
    type.axes.remove(at: position)
    return Signature(type)
  }
}

/// A part of an axis.
public struct AxisSlice: Operation {
  /// `slice`.
  public static let name = "slice"
  /// What it does.
  public static let summary = "the part of an axis from one index up to before another, in steps"
  /// `input`.
  public static let roles: [Role] = [.one("input")]
  /// The axis, negative from the end.
  public let axis: Int
  /// The first index, negative from the end; nil for the first of all, or the last of a step back.
  public let start: Int?
  /// The index after the last, negative from the end; nil for all that follow.
  public let end: Int?
  /// From one index to the next; below zero, back.
  public let step: Int
  /// Whether indices beyond the axis mean its ends, as in Python, or are refused.
  public let clamps: Bool

  /// Reads `axis`, `start`, `end`, `step` and `clamp`.
  public init(_ settings: inout Settings) throws(CrosswalkError) {
    axis = try settings.position("axis")
    start = try settings.optionalPosition("start")
    end = try settings.optionalPosition("end")
    step = try settings.position("step", default: 1)
    clamps = try settings.boolean("clamp", default: false)
    guard step != 0 else {
      throw CrosswalkError(
        .invalidDocument, "a step that leads nowhere", at: Place(.key("step")),
        expected: "not 0", found: "0")
    }
  }

  /// The input's axes, the one shorter.
  public func signature(_ inputs: InputTypes) throws(CrosswalkError) -> Signature {
    var type = try inputs.one("input")
    let position = try axisPosition(axis, of: type.axes.count)
    if let known = type.axes[position].extent {
      type.axes[position].extent = try part(of: known).count
    } else if !isWhole {
      type.axes[position].extent = clamps ? nil : extentOfAny
    }
    return Signature(type)
  }

  private var isWhole: Bool { abs(step) == 1 && (start ?? 0) == 0 && end == nil }

  /// How long the part is of an axis of any extent, where that can be said.
  private var extentOfAny: Int? {
    guard step > 0 else { return nil }
    let start = start ?? 0
    if let end { return (start < 0) == (end < 0) ? max(0, (end - start + step - 1) / step) : nil }
    return start < 0 ? (step - 1 - start) / step : nil
  }

  /// The first index of the part and how many there are, of an axis of that extent.
  ///
  /// - Throws: `wrongShape` when there is none, or the axis does not reach so far.
  package func part(of extent: Int) throws(CrosswalkError) -> (first: Int, count: Int) {
    let (low, high) = step > 0 ? (0, extent) : (-1, extent - 1)
    func place(_ index: Int?, _ fallback: Int) -> Int {
      guard let index else { return fallback }
      let place = index < 0 ? index + extent : index
      return clamps ? min(max(place, low), high) : place
    }
    let first = place(start, step > 0 ? low : high)
    let last = place(end, step > 0 ? high : low)
    let span = step > 0 ? last - first : first - last
    guard (low...high).contains(first), (low...high).contains(last), span > 0 else {
      throw CrosswalkError(
        .wrongShape, "a part that the axis does not have", at: Place(.key("start")),
        expected: "within 0..<\(extent)", found: "\(first)..<\(last)")
    }
    return (first, (span - 1) / abs(step) + 1)
  }
}

/// Its input with more around it along axes.
public struct Pad: Operation {
  /// `pad`.
  public static let name = "pad"
  /// What it does.
  public static let summary = "its input with so many more numbers before and after, along axes"
  /// `input`.
  public static let roles: [Role] = [.one("input")]
  /// The first axis that is padded, negative from the end; those that follow are next.
  public let from: Int
  /// How many stand before and after, for each axis.
  public let sides: [(before: Int, after: Int)]
  /// What they are.
  public let mode: Mode
  /// The number of a constant padding.
  public let value: Double

  /// What stands around.
  public enum Mode: String, Sendable, CaseIterable {
    /// One number.
    case constant
    /// The numbers next to the edge, in reverse; the edge itself not again.
    case reflect
    /// The numbers from the edge on, in reverse.
    case symmetric
    /// The edge's number.
    case replicate
    /// The numbers of the other end.
    case circular
  }

  /// Reads `from`, `padding`, `mode` and `value`.
  public init(_ settings: inout Settings) throws(CrosswalkError) {
    from = try settings.position("from", default: 1)
    mode = try settings.word("mode", default: .constant)
    value = try settings.number("value", default: 0)
    let (shape, numbers) = try settings.numbers("padding")
    let counts = numbers.compactMap { Int(exactly: $0) }
    guard shape.count == 2, shape[1] == 2, counts.count == numbers.count,
      counts.allSatisfy({ (0...Settings.largest).contains($0) })
    else {
      throw CrosswalkError(
        .invalidDocument, "a setting of the wrong kind", at: Place(.key("padding")),
        expected: "for each axis two whole numbers, each 0 or more", found: "\(numbers)")
    }
    sides = (0..<shape[0]).map { (counts[2 * $0], counts[2 * $0 + 1]) }
  }

  /// The input's axes, some longer.
  public func signature(_ inputs: InputTypes) throws(CrosswalkError) -> Signature {
    var type = try inputs.one("input")
    let first = try firstAxis(of: type.axes.count)
    for (number, side) in sides.enumerated() {
      guard let extent = type.axes[first + number].extent else { continue }
      type.axes[first + number].extent = try padded(extent, side)
    }
    return Signature(type)
  }

  /// The first axis that is padded, of so many.
  package func firstAxis(of count: Int) throws(CrosswalkError) -> Int {
    let first = try axisPosition(from, of: count, key: "from")
    guard first + sides.count <= count else {
      throw CrosswalkError(
        .wrongShape, "padding of more axes than there are", at: Place(.key("padding")),
        expected: "at most \(count - first)", found: String(sides.count))
    }
    return first
  }

  /// How long an axis becomes.
  ///
  /// - Throws: `wrongShape` when it has too few numbers to take the padding from.
  package func padded(_ extent: Int, _ side: (before: Int, after: Int)) throws(CrosswalkError)
    -> Int
  {
    let most =
      switch mode {
      case .constant: Int.max
      case .replicate: extent > 0 ? Int.max : 0
      case .reflect: max(0, extent - 1)
      case .symmetric, .circular: extent
      }
    guard max(side.before, side.after) <= most else {
      throw CrosswalkError(
        .wrongShape, "padding wider than what it is taken from", at: Place(.key("padding")),
        expected: "at most \(most)", found: String(max(side.before, side.after)))
    }
    let (sum, overflow) = extent.addingReportingOverflow(side.before + side.after)
    guard !overflow else { throw CrosswalkError(.tooLarge, "an axis beyond what 64 bits count") }
    return sum
  }
}

/// An axis made longer or shorter, numbers between its own being interpolated.
public struct Resize: Operation {
  /// `resize`.
  public static let name = "resize"
  /// What it does.
  public static let summary = "an axis of another extent, by the nearest number or between two"
  /// `input`.
  public static let roles: [Role] = [.one("input")]
  /// The axis, negative from the end.
  public let axis: Int
  /// The new extent.
  public let target: Target
  /// What stands between two numbers.
  public let mode: Mode
  /// Whether the first and the last numbers stay where they are (align_corners).
  public let corners: Bool

  /// The new extent.
  public enum Target: Sendable, Equatable {
    /// So many times the old one.
    case factor(Int)
    /// This.
    case size(Int)
  }

  /// What stands between two numbers.
  public enum Mode: String, Sendable, CaseIterable {
    /// The one before: PyTorch's nearest; of whole factors the nearest in Keras too.
    case nearest
    /// The nearest from the middle of each.
    case nearestExact = "nearest_exact"
    /// The line between the two, from the middle of each.
    case linear
  }

  /// Reads `axis`, either of `factor` and `size`, `mode` and `corners`.
  public init(_ settings: inout Settings) throws(CrosswalkError) {
    axis = try settings.position("axis")
    let factor = try settings.optionalInteger("factor")
    let size = try settings.optionalInteger("size")
    mode = try settings.word("mode", default: .nearest)
    corners = try settings.boolean("corners", default: false)
    switch (factor, size) {
    case (let factor?, nil): target = .factor(factor)
    case (nil, let size?): target = .size(size)
    default:
      throw CrosswalkError(
        .invalidDocument, "not one new extent", expected: "either 'factor' or 'size'",
        found: factor == nil ? "neither" : "both")
    }
    guard !corners || mode == .linear else {
      throw CrosswalkError(
        .invalidDocument, "corners of what is not interpolated", at: Place(.key("corners")),
        remedy: "leave it out, or 'mode': 'linear'")
    }
  }

  /// The input with one axis of another extent.
  public func signature(_ inputs: InputTypes) throws(CrosswalkError) -> Signature {
    var type = try inputs.one("input")
    let position = try axisPosition(axis, of: type.axes.count)
    if case .size(let size) = target {
      type.axes[position].extent = size
    } else if let extent = type.axes[position].extent {
      type.axes[position].extent = try self.extent(of: extent)
    }
    return Signature(type)
  }

  /// The new extent of an axis.
  package func extent(of extent: Int) throws(CrosswalkError) -> Int {
    switch target {
    case .size(let size): return size
    case .factor(let factor):
      let (product, overflow) = extent.multipliedReportingOverflow(by: factor)
      guard !overflow else { throw CrosswalkError(.tooLarge, "an axis beyond what 64 bits count") }
      return product
    }
  }
}
