public import Diagnostics

/// A convolution over one to three axes, or its transpose.
public struct Convolution: Operation {
  /// `convolution`.
  public static let name = "convolution"
  /// What it does.
  public static let summary =
    "a convolution over the axes beside the channels; parameters weight (width, channels / groups, "
    + "kernel…) or, transposed, (channels, width / groups, kernel…), bias (width)"
  /// `input` (batch, channels, length), (batch, channels, height, width) or with a third axis; the
  /// channels may be last.
  public static let roles: [Role] = [.one("input")]
  /// The number of output channels.
  public let width: Int
  /// The kernel and where it is put.
  public let window: SlidingWindow
  /// Where the channels are, of the input and of the output.
  public let channels: ChannelOrder
  /// Into how many parts the channels fall that do not see one another.
  public let groups: Int
  /// Whether a bias is added.
  public let bias: Bool
  /// Whether each number of the input is spread over the kernel (torch.nn.ConvTranspose2d).
  public let isTransposed: Bool
  /// By how much a transposed convolution's output is longer along each axis.
  public let outputPadding: [Int]

  /// Reads `width`, `kernel`, `stride`, `padding`, `dilation`, `channels`, `groups`, `bias`,
  /// `transposed` and `output_padding`.
  public init(_ settings: inout Settings) throws(CrosswalkError) {
    width = try settings.integer("width")
    window = try SlidingWindow(&settings, pools: false)
    channels = try settings.word("channels", default: .first)
    groups = try settings.integer("groups", default: 1)
    bias = try settings.boolean("bias", default: true)
    isTransposed = try settings.boolean("transposed", default: false)
    let zeros = window.kernel.map { _ in 0 }
    outputPadding = try settings.integers("output_padding", default: zeros, minimum: 0)
    guard outputPadding.count == zeros.count, isTransposed || outputPadding == zeros else {
      throw CrosswalkError(
        .invalidDocument, "more output than there is", at: Place(.key("output_padding")),
        expected: "\(zeros.count) numbers for a transposed convolution",
        found: "\(outputPadding)")
    }
    guard width % groups == 0 else {
      throw CrosswalkError(
        .invalidDocument, "groups that do not divide the width", at: Place(.key("groups")),
        expected: "a divisor of \(width)", found: String(groups))
    }
  }

  /// (batch, width, …) or (batch, …, width), each axis as many as the kernel fits into it.
  public func signature(_ inputs: InputTypes) throws(CrosswalkError) -> Signature {
    let input = try inputs.one("input")
    let axes = window.kernel.count
    guard input.axes.count == axes + 2,
      let channels = input.axes[self.channels.axis(of: axes + 2)].extent
    else {
      throw CrosswalkError(
        .wrongShape, "not what a kernel of \(axes) axes goes over",
        expected: "batch, channels of a known extent, and \(axes) more",
        found: input.axes.map(\.name).joined(separator: ", "))
    }
    guard channels % groups == 0 else {
      throw CrosswalkError(
        .wrongShape, "groups that do not divide the channels", at: Place(.key("groups")),
        expected: "a divisor of \(channels)", found: String(groups))
    }
    let type = try self.channels.type(input, channels: Axis("channels", width)) {
      (extent, axis) throws(CrosswalkError) in try self.extent(of: extent, axis: axis)
    }
    let sides = isTransposed ? [channels, width / groups] : [width, channels / groups]
    return Signature(
      type, parameters: [("weight", sides + window.kernel)] + (bias ? [("bias", [width])] : []))
  }

  /// The output's extent along one of the kernel's axes.
  ///
  /// - Throws: `wrongShape` when there is none.
  package func extent(of input: Int, axis: Int) throws(CrosswalkError) -> Int {
    isTransposed
      ? try window.transposed(input, axis: axis, more: outputPadding[axis]).extent
      : try window.places(input, axis: axis).count
  }
}
