public import Diagnostics

/// A recurrent layer over a sequence: Elman's network (1990), LSTM (Hochreiter and Schmidhuber
/// 1997, Gers 2000) or GRU (Cho 2014).
///
/// With a `projection` the state that comes back is the projected one: LSTM as Sak 2014 has it,
/// and Jordan's network (1986) where the kind is `elman`.
public struct Recurrent: Operation {
  /// `recurrent`.
  public static let name = "recurrent"
  /// What it does.
  public static let summary =
    "a recurrent layer over a sequence; beside it NAME.state and, of lstm, NAME.cell; parameters "
    + "input.weight (gates × width, input width), recurrent.weight (gates × width, state width), "
    + "their bias (gates × width), projection.weight (projection, width)"
  /// `input` (batch, steps, width); `state` (batch, state width) and `cell` (batch, width) come
  /// first, 0 when left out; steps where `mask` (batch, steps) is 0, or from each row's `lengths`
  /// (batch) on, change nothing.
  public static let roles: [Role] = [
    .one("input"), .optional("state"), .optional("cell"), .optional("mask"), .optional("lengths"),
  ]
  /// Which cell.
  public let kind: Kind
  /// The size of the state before any projection.
  public let width: Int
  /// The function of what is new.
  public let activation: NumberFunction
  /// The function of gates.
  public let recurrentActivation: NumberFunction
  /// Whether the input has a bias.
  public let bias: Bool
  /// Whether the state has a bias of its own.
  public let recurrentBias: Bool
  /// Whether a GRU's reset gate stands after the product with the state, or before it.
  public let reset: Reset
  /// The size of the projected state, if it is projected.
  public let projection: Projection?
  /// Which step comes first.
  public let direction: Direction
  /// The order of the output's steps.
  public let order: Order
  /// What a masked step puts out.
  public let maskedOutput: MaskedOutput

  /// The cells, with the order of their gates in weights.
  public enum Kind: String, Sendable, CaseIterable {
    /// h = f(W x + U h).
    case elman
    /// Gates: input, forget, new, output (i, f, g, o in PyTorch; i, f, c, o in Keras).
    case lstm
    /// Gates: reset, update, new (r, z, n in PyTorch; Keras has z, r, h).
    case gru

    /// How many gates there are.
    package var gates: Int {
      switch self {
      case .elman: 1
      case .lstm: 4
      case .gru: 3
      }
    }
  }

  /// Where a GRU's reset gate stands.
  public enum Reset: String, Sendable, CaseIterable {
    /// r × (U h + b): PyTorch, Keras with reset_after.
    case after
    /// U (r × h) + b: the paper.
    case before
  }

  /// What makes a smaller, or another, state of the cell's.
  public struct Projection: Sendable, Equatable {
    /// Its size.
    public let width: Int
    /// Whether it has a bias.
    public let bias: Bool
    /// The function of it.
    public let activation: NumberFunction
  }

  /// Which step comes first.
  public enum Direction: String, Sendable, CaseIterable {
    /// The first.
    case forward
    /// The last.
    case backward
  }

  /// The order of the output's steps.
  public enum Order: String, Sendable, CaseIterable {
    /// The input's.
    case input
    /// That in which they were made: Keras's go_backwards.
    case made
  }

  /// What a masked step puts out.
  public enum MaskedOutput: String, Sendable, CaseIterable {
    /// The output of the step that was made before, at first 0: Keras.
    case previous
    /// 0: PyTorch's packed sequences, Keras with zero_output_for_mask.
    case zero
  }

  /// Reads `kind`, `width`, `activation`, `recurrent_activation`, `bias`, `recurrent_bias`,
  /// `reset`, `projection`, `direction`, `order` and `masked_output`.
  public init(_ settings: inout Settings) throws(CrosswalkError) {
    kind = try settings.word("kind")
    width = try settings.integer("width")
    activation = try settings.function("activation", default: .tanh)
    recurrentActivation = try settings.function("recurrent_activation", default: .sigmoid)
    bias = try settings.boolean("bias", default: true)
    recurrentBias = try settings.boolean("recurrent_bias", default: false)
    reset = try settings.word("reset", default: .after)
    projection = try settings.nested("projection") {
      (inner: inout Settings) throws(CrosswalkError) in
      Projection(
        width: try inner.integer("width"), bias: try inner.boolean("bias", default: false),
        activation: try inner.function("activation", default: .identity))
    }
    direction = try settings.word("direction", default: .forward)
    order = try settings.word("order", default: .input)
    maskedOutput = try settings.word("masked_output", default: .previous)
    guard kind != .gru || projection == nil else {
      throw CrosswalkError(
        .invalidDocument, "a projection, which a gru does not have", at: Place(.key("projection")))
    }
    guard width <= Settings.largest / 4 else {
      throw CrosswalkError(.tooLarge, "a state too wide to count", at: Place(.key("width")))
    }
  }

  /// The size of the state that comes back.
  package var stateWidth: Int { projection?.width ?? width }

  /// The sequence (batch, steps, state width); `state` (batch, state width) and, of lstm, `cell`
  /// (batch, width) after the last step.
  public func signature(_ inputs: InputTypes) throws(CrosswalkError) -> Signature {
    let input = try inputs.one("input")
    guard input.axes.count == 3 else {
      throw CrosswalkError(
        .wrongShape, "a recurrent layer goes along a sequence",
        expected: "axes batch, steps, width", found: input.axes.map(\.name).joined(separator: ", "))
    }
    let inner = try inputs.width(of: "input")
    guard kind == .lstm || inputs["cell"].isEmpty else {
      throw CrosswalkError(
        .invalidDocument, "a cell state, which only an lstm has", at: Place(.key("cell")))
    }
    try check(inputs["state"].first, "state", [nil, stateWidth])
    try check(inputs["cell"].first, "cell", [nil, width])
    try check(inputs["mask"].first, "mask", [nil, input.axes[1].extent])
    try check(inputs["lengths"].first, "lengths", [nil])
    let batch = input.axes[0]
    let state = TensorType(.floating, [batch, .width(stateWidth)])
    let cell = TensorType(.floating, [batch, .width(width)])
    return Signature(
      TensorType(.floating, [batch, input.axes[1], .width(stateWidth)]),
      parameters: parameters(inner),
      others: [("state", state)] + (kind == .lstm ? [("cell", cell)] : []))
  }

  private func parameters(_ inner: Int) -> [(role: String, shape: [Int])] {
    let gates = kind.gates * width
    var parameters = [
      ("input.weight", [gates, inner]), ("recurrent.weight", [gates, stateWidth]),
    ]
    if bias { parameters.append(("input.bias", [gates])) }
    if recurrentBias { parameters.append(("recurrent.bias", [gates])) }
    if let projection {
      parameters.append(("projection.weight", [projection.width, width]))
      if projection.bias { parameters.append(("projection.bias", [projection.width])) }
    }
    return parameters
  }

  private func check(_ type: TensorType?, _ role: String, _ extents: [Int?]) throws(CrosswalkError)
  {
    guard let type else { return }
    let fits = zip(type.axes, extents).allSatisfy {
      $0.extent == nil || $1 == nil || $0.extent == $1
    }
    guard type.axes.count == extents.count, fits else {
      throw CrosswalkError(
        .wrongShape, "not what a recurrent layer takes", at: Place(.key(role)),
        expected: (["batch"] + extents.dropFirst().map { $0.map(String.init) ?? "steps" }).joined(
          separator: ", "),
        found: type.axes.map { $0.extent.map(String.init) ?? $0.name }.joined(separator: ", "))
    }
  }
}
