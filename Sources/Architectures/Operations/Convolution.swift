public import Diagnostics

/// A convolution over one axis or two, as the front ends of speech and vision models have it.
public struct Convolution: Operation {
  /// `convolution`.
  public static let name = "convolution"
  /// What it does.
  public static let summary =
    "a convolution over the axes after the channels; parameters weight (width, channels / groups, "
    + "kernel…), bias (width)"
  /// `input` (batch, channels, length) or (batch, channels, height, width).
  public static let roles: [Role] = [.one("input")]
  /// The number of output channels.
  public let width: Int
  /// The extent of the kernel along each axis, one or two of them.
  public let kernel: [Int]
  /// The step from one output to the next along each axis.
  public let stride: [Int]
  /// How many zeros stand before the first input and after the last along each axis.
  public let padding: [Int]
  /// The step from one number of the kernel to the next along each axis.
  public let dilation: [Int]
  /// Into how many parts the channels fall that do not see one another.
  public let groups: Int
  /// Whether a bias is added.
  public let bias: Bool

  /// Reads `width`, `kernel`, `stride`, `padding`, `dilation`, `groups` and `bias`.
  public init(_ settings: inout Settings) throws(CrosswalkError) {
    width = try settings.integer("width")
    kernel = try settings.integers("kernel", minimum: 1)
    stride = try settings.integers("stride", default: kernel.map { _ in 1 }, minimum: 1)
    padding = try settings.integers("padding", default: kernel.map { _ in 0 }, minimum: 0)
    dilation = try settings.integers("dilation", default: kernel.map { _ in 1 }, minimum: 1)
    groups = try settings.integer("groups", default: 1)
    bias = try settings.boolean("bias", default: true)
    guard kernel.count <= 2 else {
      throw CrosswalkError(
        .invalidDocument, "a kernel of too many axes", at: Place(.key("kernel")),
        expected: "one or two", found: String(kernel.count))
    }
    for (key, list) in [("stride", stride), ("padding", padding), ("dilation", dilation)]
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
    guard width % groups == 0 else {
      throw CrosswalkError(
        .invalidDocument, "groups that do not divide the width", at: Place(.key("groups")),
        expected: "a divisor of \(width)", found: String(groups))
    }
  }

  /// (batch, width, …), each axis as many as the kernel fits into it.
  public func signature(_ inputs: InputTypes) throws(CrosswalkError) -> Signature {
    let input = try inputs.one("input")
    guard input.axes.count == kernel.count + 2, let channels = input.axes[1].extent else {
      throw CrosswalkError(
        .wrongShape, "not what a kernel of \(kernel.count) axes goes over",
        expected: "batch, channels of a known extent, and \(kernel.count) more",
        found: input.axes.map(\.name).joined(separator: ", "))
    }
    guard channels % groups == 0 else {
      throw CrosswalkError(
        .wrongShape, "groups that do not divide the channels", at: Place(.key("groups")),
        expected: "a divisor of \(channels)", found: String(groups))
    }
    var axes = [input.axes[0], Axis("channels", width)]
    for (position, axis) in input.axes.dropFirst(2).enumerated() {
      axes.append(
        Axis(
          axis.name,
          try axis.extent.map { extent throws(CrosswalkError) in
            try self.extent(of: extent, axis: position)
          }))
    }
    return Signature(
      TensorType(.floating, axes),
      parameters: [("weight", [width, channels / groups] + kernel)]
        + (bias ? [("bias", [width])] : []))
  }

  /// How often the kernel fits into an extent of the input along one of its axes.
  ///
  /// - Throws: `wrongShape` when it does not fit once.
  public func extent(of input: Int, axis: Int) throws(CrosswalkError) -> Int {
    let (padded, overflow) = input.addingReportingOverflow(2 * padding[axis])
    let reach = dilation[axis] * (kernel[axis] - 1) + 1
    guard !overflow, padded >= reach else {
      throw CrosswalkError(
        .wrongShape, "an input that is shorter than the kernel", expected: "\(reach) or more",
        found: "\(input), and \(padding[axis]) zeros on either side")
    }
    return (padded - reach) / stride[axis] + 1
  }
}
