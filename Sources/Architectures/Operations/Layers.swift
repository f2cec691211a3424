public import Diagnostics

/// An affine map of the last axis.
public struct Linear: Operation {
  /// `linear`.
  public static let name = "linear"
  /// What it does.
  public static let summary =
    "input × weightᵀ + bias on the last axis; parameters weight (width, input width), bias (width)"
  /// `input`.
  public static let roles: [Role] = [.one("input")]
  /// The size of the output's last axis.
  public let width: Int
  /// Whether a bias is added.
  public let bias: Bool

  /// Reads `width` and `bias`.
  public init(_ settings: inout Settings) throws(CrosswalkError) {
    width = try settings.integer("width")
    bias = try settings.boolean("bias", default: true)
  }

  /// The input with its last axis replaced.
  public func signature(_ inputs: InputTypes) throws(CrosswalkError) -> Signature {
    let input = try inputs.one("input")
    let inner = try inputs.width(of: "input")
    return Signature(
      TensorType(.floating, input.axes.dropLast() + [.width(width)]),
      parameters: [("weight", [width, inner])] + (bias ? [("bias", [width])] : []))
  }
}

/// A function applied to each number.
public struct Activation: Operation {
  /// `activation`.
  public static let name = "activation"
  /// What it does.
  public static let summary = "a function of each number"
  /// `input`.
  public static let roles: [Role] = [.one("input")]
  /// Which function.
  public let function: Function

  /// The functions, by the field's names.
  public enum Function: String, Sendable, CaseIterable {
    /// x Φ(x) by the error function (Hendrycks and Gimpel 2016).
    case gelu
    /// The same by its tanh approximation: `gelu_new`, `gelu_pytorch_tanh`.
    case geluTanh = "gelu_tanh"
    /// x σ(1.702 x).
    case quickGelu = "quick_gelu"
    /// max(x, 0).
    case relu
    /// min(max(x, 0), 6).
    case relu6
    /// x, or 0.01 x below zero.
    case leakyRelu = "leaky_relu"
    /// GELU held between -10 and 10.
    case geluClipped = "gelu_clipped"
    /// The Laplace distribution's stand-in for squared ReLU (Ma 2022): μ 0.707107, σ 0.282095.
    case laplace
    /// max(x, 0)².
    case reluSquared = "relu_squared"
    /// x σ(x), also called swish.
    case silu
    /// x tanh(ln(1 + eˣ)).
    case mish
    /// x min(max(x + 3, 0), 6) / 6.
    case hardSwish = "hard_swish"
    /// √ln(1 + eˣ).
    case sqrtSoftplus = "sqrt_softplus"
    /// ln(1 + eˣ).
    case softplus
    /// x, or eˣ - 1 below zero (Clevert 2016).
    case elu
    /// eˣ.
    case exp
    /// tanh(x).
    case tanh
    /// 1 / (1 + e⁻ˣ).
    case sigmoid
    /// x.
    case identity
  }

  /// Reads `function`.
  public init(_ settings: inout Settings) throws(CrosswalkError) {
    function = try settings.word("function")
  }

  /// The input's own type.
  public func signature(_ inputs: InputTypes) throws(CrosswalkError) -> Signature {
    Signature(try inputs.one("input"))
  }
}
