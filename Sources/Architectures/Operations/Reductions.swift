public import Diagnostics

/// The numbers along axes made into one.
public struct Reduce: Operation {
  /// `reduce`.
  public static let name = "reduce"
  /// What it does.
  public static let summary = "the numbers along axes made into one, those that a mask lets through"
  /// `input`, and a `mask` over its first axes.
  public static let roles: [Role] = [.one("input"), .optional("mask")]
  /// How.
  public let function: Function
  /// The axes, negative from the end.
  public let axes: [Int]
  /// Whether they stay, with one number each.
  public let keep: Bool

  /// How numbers are made into one.
  public enum Function: String, Sendable, CaseIterable {
    /// The sum, weighted by the mask.
    case sum
    /// The mean, weighted by the mask; 0 where that is all 0.
    case mean
    /// The largest.
    case maximum
    /// The smallest.
    case minimum
    /// The product.
    case product
    /// The mean of squared distances from the mean.
    case variance
    /// ln Σ eˣ.
    case logsumexp
    /// Where the largest stands along one axis, the first of several.
    case argmax
    /// Where the smallest stands along one axis, the first of several.
    case argmin

    /// Whether it gives a place rather than a number.
    package var findsPlace: Bool { self == .argmax || self == .argmin }
    /// Whether ids stay ids.
    package var keepsIds: Bool { [.sum, .maximum, .minimum, .product].contains(self) }
  }

  /// Reads `function`, `axes` and `keep`.
  public init(_ settings: inout Settings) throws(CrosswalkError) {
    function = try settings.word("function")
    axes = try settings.integers("axes")
    keep = try settings.boolean("keep", default: false)
    guard !function.findsPlace || axes.count == 1 else {
      throw CrosswalkError(
        .invalidDocument, "a place along several axes", at: Place(.key("axes")), expected: "one",
        found: String(axes.count))
    }
  }

  /// The input's axes without those, or with 1 in place of each.
  public func signature(_ inputs: InputTypes) throws(CrosswalkError) -> Signature {
    var type = try inputs.one("input")
    let positions = try positions(of: type.axes.count)
    if let mask = inputs["mask"].first { try check(mask.axes.map(\.extent), type) }
    for position in positions.reversed() {
      if keep { type.axes[position].extent = 1 } else { type.axes.remove(at: position) }
    }
    if function.findsPlace {
      type.element = .integer
    } else if !function.keepsIds {
      type.element = .floating
    }
    return Signature(type)
  }

  private func check(_ mask: [Int?], _ input: TensorType) throws(CrosswalkError) {
    let fits = zip(mask, input.axes).allSatisfy {
      $0 == nil || $0 == 1 || $1.extent == nil || $0 == $1.extent
    }
    guard mask.count <= input.axes.count, fits else {
      throw CrosswalkError(
        .wrongShape, "a mask of another shape than what it is over",
        expected: "the first of \(input.axes.map { $0.extent.map(String.init) ?? $0.name })",
        found: "\(mask.map { $0.map(String.init) ?? "?" })")
    }
  }

  /// The positions of the axes, of so many, in order.
  package func positions(of count: Int) throws(CrosswalkError) -> [Int] {
    try distinctPositions(axes, of: count)
  }
}

/// What stands in a window made into one number, wherever the window is put.
public struct Pool: Operation {
  /// `pool`.
  public static let name = "pool"
  /// What it does.
  public static let summary = "the largest number, or the mean, of each window"
  /// `input` (batch, channels, …), or with the channels last.
  public static let roles: [Role] = [.one("input")]
  /// What is made of a window.
  public let function: Function
  /// The window and where it is put.
  public let window: SlidingWindow
  /// Where the channels are.
  public let channels: ChannelOrder
  /// Whether the mean counts padding, as in torch.nn.AvgPool2d.
  public let countPadding: Bool

  /// What is made of a window.
  public enum Function: String, Sendable, CaseIterable {
    /// The largest; padding does not count.
    case maximum
    /// The mean.
    case average
  }

  /// Reads `function`, `kernel`, `stride` (when left out, as `kernel`), `padding`, `dilation`,
  /// `ceil`, `channels` and `count_padding`.
  public init(_ settings: inout Settings) throws(CrosswalkError) {
    function = try settings.word("function")
    window = try SlidingWindow(&settings, pools: true)
    channels = try settings.word("channels", default: .first)
    countPadding = try settings.boolean("count_padding", default: false)
  }

  /// The input's axes, those of the window as long as there are places.
  public func signature(_ inputs: InputTypes) throws(CrosswalkError) -> Signature {
    let input = try inputs.one("input")
    guard input.axes.count == window.kernel.count + 2 else {
      throw CrosswalkError(
        .wrongShape, "not what a window of \(window.kernel.count) axes goes over",
        expected: "batch, channels, and \(window.kernel.count) more",
        found: input.axes.map(\.name).joined(separator: ", "))
    }
    let own = input.axes[channels.axis(of: input.axes.count)]
    return Signature(
      try channels.type(input, channels: own) { (extent, axis) throws(CrosswalkError) in
        try window.places(extent, axis: axis).count
      })
  }
}
