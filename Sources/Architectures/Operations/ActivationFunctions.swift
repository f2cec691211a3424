extension Activation {
  /// The functions, by the field's names.
  public enum Function: String, Sendable, CaseIterable {
    /// x Φ(x) by the error function (Hendrycks and Gimpel 2016).
    case gelu
    /// The same by its tanh approximation: `gelu_new`, `gelu_pytorch_tanh`.
    case geluTanh = "gelu_tanh"
    /// x σ(1.702 x).
    case quickGelu = "quick_gelu"
    /// GELU held between -10 and 10.
    case geluClipped = "gelu_clipped"
    /// min(x, maximum) above the threshold, slope × (x - threshold) elsewhere; max(x, 0) when
    /// options are left out.
    case relu
    /// min(max(x, 0), 6).
    case relu6
    /// max(x, 0)².
    case reluSquared = "relu_squared"
    /// x, or slope × x below zero; 0.01 when it is left out.
    case leakyRelu = "leaky_relu"
    /// x above the threshold, value elsewhere.
    case threshold
    /// The Laplace distribution's stand-in for squared ReLU (Ma 2022): μ 0.707107, σ 0.282095.
    case laplace
    /// x σ(x), also called swish.
    case silu
    /// x tanh(ln(1 + eˣ)).
    case mish
    /// x min(max(x + 3, 0), 6) / 6.
    case hardSwish = "hard_swish"
    /// √ln(1 + eˣ).
    case sqrtSoftplus = "sqrt_softplus"
    /// ln(1 + e^(beta x)) / beta, and x where beta x is above the threshold: 20, as in PyTorch.
    case softplus
    /// x, or alpha (eˣ - 1) below zero (Clevert 2016).
    case elu
    /// x, or alpha (e^(x / alpha) - 1) below zero (Barron 2017).
    case celu
    /// 1.0507 × elu of alpha 1.67326 (Klambauer 2017).
    case selu
    /// x / (1 + |x|).
    case softsign
    /// tanh(x).
    case tanh
    /// min(max(x, minimum), maximum); -1 and 1 when they are left out.
    case hardTanh = "hard_tanh"
    /// x - tanh(x).
    case tanhShrink = "tanh_shrink"
    /// x moved to zero by the threshold, 0 within it.
    case softShrink = "soft_shrink"
    /// x beyond the threshold, 0 within it.
    case hardShrink = "hard_shrink"
    /// 1 / (1 + e⁻ˣ).
    case sigmoid
    /// min(max(slope × x + 0.5, 0), 1): slope 1/6 in PyTorch and Keras 3, 0.2 in Keras 2.
    case hardSigmoid = "hard_sigmoid"
    /// ln of the sigmoid.
    case logSigmoid = "log_sigmoid"
    /// min(max((x + 1) / 2, 0), 1) (Martins 2016).
    case sparseSigmoid = "sparse_sigmoid"
    /// 0 up to -1, x from 1 on, (x + 1)² / 4 between.
    case sparsePlus = "sparse_plus"
    /// (x + √(x² + b)) / 2; b is 4 when left out (Barron 2021).
    case squareplus
    /// x.
    case identity
    /// -x.
    case negative
    /// |x|.
    case absolute
    /// -1, 0 or 1.
    case sign
    /// x².
    case square
    /// √x.
    case sqrt
    /// 1 / √x.
    case rsqrt
    /// 1 / x.
    case reciprocal
    /// eˣ.
    case exp
    /// eˣ - 1.
    case expm1
    /// ln x.
    case log
    /// ln(1 + x).
    case log1p
    /// sin x, x in radians.
    case sin
    /// cos x, x in radians.
    case cos
    /// The error function.
    case erf
    /// The next whole number below.
    case floor
    /// The next whole number above.
    case ceil
    /// The nearest whole number, the even one of two.
    case round

    /// The options, with their values when they are left out, in the kernel's order.
    public var options: KeyValuePairs<String, Double> {
      switch self {
      case .relu: ["slope": 0, "threshold": 0, "maximum": .infinity]
      case .leakyRelu: ["slope": 0.01]
      case .threshold: ["threshold": 0, "value": 0]
      case .softplus: ["beta": 1, "threshold": 20]
      case .elu, .celu: ["alpha": 1]
      case .hardTanh: ["minimum": -1, "maximum": 1]
      case .softShrink, .hardShrink: ["threshold": 0.5]
      case .hardSigmoid: ["slope": 1.0 / 6]
      case .squareplus: ["b": 4]
      default: [:]
      }
    }

    /// The options that must not be 0.
    var divides: [String] {
      switch self {
      case .softplus: ["beta"]
      case .celu: ["alpha"]
      default: []
      }
    }
  }
}
