package import Diagnostics

/// A window that slides over one to three axes: a convolution's kernel, or what is pooled.
public struct SlidingWindow: Sendable, Equatable {
  /// The window's extent along each axis.
  public let kernel: [Int]
  /// The step from one place to the next along each axis.
  public let stride: [Int]
  /// The step from one number in the window to the next along each axis.
  public let dilation: [Int]
  /// What stands around the input.
  public let padding: Padding
  /// Whether a last window that the input does not fill counts, if it begins in the input.
  public let roundsUp: Bool

  /// What stands around the input along each axis.
  public enum Padding: Sendable, Equatable {
    /// So many before the first and after the last.
    case sides([[Int]])
    /// As many as leave one place for each step, the odd one at the end (TensorFlow's SAME).
    case same
    /// As many before the first that a place sees nothing after its own.
    case causal
  }

  /// Where the window is put along one axis.
  package struct Places {
    package let count: Int
    package let before: Int
    package let after: Int
  }

  private enum Word: String, CaseIterable {
    case valid, same, causal
  }

  /// Reads `kernel`, `stride`, `dilation`, `padding` and, of pools, `ceil`.
  init(_ settings: inout Settings, pools: Bool) throws(CrosswalkError) {
    kernel = try settings.integers("kernel", minimum: 1)
    let ones = kernel.map { _ in 1 }
    stride = try settings.integers("stride", default: pools ? kernel : ones, minimum: 1)
    dilation = try settings.integers("dilation", default: ones, minimum: 1)
    roundsUp = pools ? try settings.boolean("ceil", default: false) : false
    guard kernel.count <= 3 else {
      throw CrosswalkError(
        .invalidDocument, "a kernel of too many axes", at: Place(.key("kernel")),
        expected: "one to three", found: String(kernel.count))
    }
    padding = try Self.padding(&settings, axes: kernel.count)
    for (key, list) in [("stride", stride), ("dilation", dilation)]
    where list.count != kernel.count {
      throw CrosswalkError(
        .invalidDocument, "not one number for each axis of the kernel", at: Place(.key(key)),
        expected: String(kernel.count), found: String(list.count))
    }
    for (extent, step) in zip(kernel, dilation)
    where extent.multipliedReportingOverflow(by: step).overflow || extent * step > Settings.largest
    {
      throw CrosswalkError(.tooLarge, "a kernel that reaches too far", at: Place(.key("dilation")))
    }
  }

  private static func padding(_ settings: inout Settings, axes: Int) throws(CrosswalkError)
    -> Padding
  {
    let none = Padding.sides(Array(repeating: [0, 0], count: axes))
    guard settings.has("padding") else {
      _ = try settings.optionalPosition("padding")
      return none
    }
    if settings.isText("padding") {
      let word: Word = try settings.word("padding")
      return word == .valid ? none : word == .same ? .same : .causal
    }
    let (shape, values) = try settings.numbers("padding")
    let counts = values.compactMap { Int(exactly: $0) }
    guard counts.count == values.count, counts.allSatisfy({ (0...Settings.largest).contains($0) }),
      shape.count == 1 || (shape.count == 2 && shape[1] == 2)
    else {
      throw CrosswalkError(
        .invalidDocument, "a setting of the wrong kind", at: Place(.key("padding")),
        expected: "for each axis a whole number, each 0 or more, or two; or a word",
        found: "\(values)")
    }
    guard shape[0] == axes else {
      throw CrosswalkError(
        .invalidDocument, "not one number for each axis of the kernel", at: Place(.key("padding")),
        expected: String(axes), found: String(shape[0]))
    }
    return .sides(
      shape.count == 1
        ? counts.map { [$0, $0] } : (0..<axes).map { [counts[2 * $0], counts[2 * $0 + 1]] })
  }

  /// How far the window reaches along an axis.
  func reach(_ axis: Int) -> Int { dilation[axis] * (kernel[axis] - 1) + 1 }

  /// Where the window is put along an axis of the input.
  ///
  /// - Throws: `wrongShape` when it does not fit once.
  package func places(_ extent: Int, axis: Int) throws(CrosswalkError) -> Places {
    let (reach, step) = (reach(axis), stride[axis])
    var (before, after) = (0, 0)
    switch padding {
    case .sides(let sides): (before, after) = (sides[axis][0], sides[axis][1])
    case .causal: before = reach - 1
    case .same:
      let count = extent / step + (extent % step == 0 ? 0 : 1)
      let total = max(0, (count - 1) * step - extent + reach)
      return Places(count: count, before: total / 2, after: total - total / 2)
    }
    let (padded, overflow) = extent.addingReportingOverflow(before + after)
    guard !overflow, padded >= reach else {
      throw CrosswalkError(
        .wrongShape, "an input that is shorter than the kernel", expected: "\(reach) or more",
        found: before == after
          ? "\(extent), and \(before) zeros on either side"
          : "\(extent), \(before) zeros before and \(after) after it")
    }
    var count = (padded - reach) / step + 1
    let begins = count.multipliedReportingOverflow(by: step)
    if roundsUp, (padded - reach) % step != 0, !begins.overflow,
      begins.partialValue < extent + before
    {
      count += 1
    }
    return Places(count: count, before: before, after: after)
  }

  /// Where the window is put along an axis that a transposed convolution makes, and its extent.
  ///
  /// - Throws: `wrongShape` when nothing is left of it.
  package func transposed(_ extent: Int, axis: Int, more: Int) throws(CrosswalkError)
    -> (extent: Int, before: Int)
  {
    let (reach, step) = (reach(axis), stride[axis])
    let (spread, overflow) = extent.multipliedReportingOverflow(by: step)
    guard !overflow, spread < Int.max - 4 * Settings.largest else {
      throw CrosswalkError(.tooLarge, "an axis beyond what 64 bits count")
    }
    switch padding {
    case .same: return (spread, max(0, reach - step) / 2)
    case .causal:
      throw CrosswalkError(
        .invalidDocument, "a transposed convolution has no causal padding",
        at: Place(.key("padding")), remedy: "give the numbers of zeros")
    case .sides(let sides):
      let made = spread - step + reach + more - sides[axis][0] - sides[axis][1]
      guard made > 0 else {
        throw CrosswalkError(
          .wrongShape, "padding that leaves nothing", at: Place(.key("padding")),
          expected: "below \(spread - step + reach + more)",
          found: String(sides[axis][0] + sides[axis][1]))
      }
      return (made, sides[axis][0])
    }
  }
}

/// Where the channels stand among a tensor's axes.
public enum ChannelOrder: String, Sendable, CaseIterable {
  /// (batch, channels, …), as in PyTorch.
  case first
  /// (batch, …, channels), as in Keras.
  case last

  /// The axis of the channels, of so many.
  func axis(of count: Int) -> Int { self == .first ? 1 : count - 1 }

  /// The input's axes with other channels and other extents after, or before, them.
  func type(
    _ input: TensorType, channels: Axis, extents: (Int, Int) throws(CrosswalkError) -> Int
  ) throws(CrosswalkError) -> TensorType {
    var axes = input.axes
    let own = axis(of: axes.count)
    axes[own] = channels
    for (number, position) in axes.indices.dropFirst().filter({ $0 != own }).enumerated() {
      if let extent = axes[position].extent { axes[position].extent = try extents(extent, number) }
    }
    return TensorType(.floating, axes)
  }
}
