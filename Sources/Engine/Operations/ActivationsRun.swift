import Architectures
import CKernels
import Diagnostics
import Tensors

extension Activation: Executable {
  func run<S: Scalar>(_ call: Call<S>) throws(CrosswalkError) -> Outcome<S> {
    let input = try call.floating("input")
    let output = try Tensor<S>(shape: input.shape)
    function.apply(to: input, into: output)
    return Outcome(output)
  }
}

extension NumberFunction {
  /// Puts the function of each number in its place.
  func apply<S: Scalar>(to tensor: Tensor<S>) { apply(to: tensor, into: tensor) }

  /// The function of each number of one tensor, in another of the same count.
  func apply<S: Scalar>(to input: Tensor<S>, into output: Tensor<S>) {
    guard let x = input.elements.baseAddress, let y = output.elements.baseAddress else { return }
    let kernel: NumberKernel<S> = kernel()
    Workers.share(input.count, cost: 8, unit: 64) { range in
      kernel.apply(x + range.lowerBound, into: y + range.lowerBound, count: range.count)
    }
  }

  /// The function in one precision.
  func kernel<S: Scalar>() -> NumberKernel<S> {
    let values = options.map(S.init)
    return NumberKernel(
      code: function.code, options: values + Array(repeating: 0, count: max(0, 3 - values.count)))
  }
}

/// A function of numbers as the kernels know it.
struct NumberKernel<S: Scalar> {
  let code: Int32
  /// Three, however many the function has.
  let options: [S]

  func apply(_ x: UnsafePointer<S>, into y: UnsafeMutablePointer<S>, count: Int) {
    options.withUnsafeBufferPointer { S.kernels.activation(code, $0.baseAddress, x, y, count) }
  }
}

extension PRelu: Executable {
  func run<S: Scalar>(_ call: Call<S>) throws(CrosswalkError) -> Outcome<S> {
    let input = try call.floating("input")
    let weight = try call.parameter("weight")
    let aligned = try aligned(with: input.shape.map { $0 })
    let slopes = try Tensor(weight, shape: aligned).broadcast(to: input.shape)
    let output = try input.copy()
    guard let x = input.elements.baseAddress, let y = output.elements.baseAddress else {
      return Outcome(output)
    }
    // max(x, 0) + weight × min(x, 0), of which one is always zero.
    let zeros = try Tensor<S>(shape: input.shape)
    zeros.elements.update(repeating: 0)
    S.kernels.combine(Int32(CK_MINIMUM.rawValue), y, zeros.elements.baseAddress, input.count)
    S.kernels.combine(Int32(CK_MULTIPLY.rawValue), y, slopes.elements.baseAddress, input.count)
    S.kernels.combine(Int32(CK_MAXIMUM.rawValue), zeros.elements.baseAddress, x, input.count)
    S.kernels.combine(Int32(CK_ADD.rawValue), y, zeros.elements.baseAddress, input.count)
    return Outcome(output)
  }
}

extension GatedLinearUnit: Executable {
  func run<S: Scalar>(_ call: Call<S>) throws(CrosswalkError) -> Outcome<S> {
    let input = try call.floating("input")
    let position = try axisPosition(axis, of: input.shape.count)
    var shape = input.shape
    shape[position] = try half(shape[position])
    let strides = Shape.strides(input.shape)
    let offset = shape[position] * strides[position]
    let first = try input.strided(shape, by: strides)
    let second = try input.strided(shape, by: strides, from: offset)
    let (gate, result) = gate == .first ? (first, second) : (second, first)
    function.apply(to: gate)
    S.kernels.multiply(result.elements.baseAddress, gate.elements.baseAddress, result.count)
    return Outcome(result)
  }
}

extension Activation.Function {
  /// The kernel's number.
  var code: Int32 {
    let function =
      switch self {
      case .gelu: CK_GELU
      case .geluTanh: CK_GELU_TANH
      case .quickGelu: CK_QUICK_GELU
      case .geluClipped: CK_GELU_CLIPPED
      case .relu: CK_RELU
      case .relu6: CK_RELU6
      case .reluSquared: CK_RELU_SQUARED
      case .leakyRelu: CK_LEAKY_RELU
      case .threshold: CK_THRESHOLD
      case .laplace: CK_LAPLACE
      case .silu: CK_SILU
      case .mish: CK_MISH
      case .hardSwish: CK_HARD_SWISH
      case .sqrtSoftplus: CK_SQRT_SOFTPLUS
      case .softplus: CK_SOFTPLUS
      case .elu: CK_ELU
      case .celu: CK_CELU
      case .selu: CK_SELU
      case .softsign: CK_SOFTSIGN
      case .tanh: CK_TANH
      case .hardTanh: CK_HARD_TANH
      case .tanhShrink: CK_TANH_SHRINK
      case .softShrink: CK_SOFT_SHRINK
      case .hardShrink: CK_HARD_SHRINK
      case .sigmoid: CK_SIGMOID
      case .hardSigmoid: CK_HARD_SIGMOID
      case .logSigmoid: CK_LOG_SIGMOID
      case .sparseSigmoid: CK_SPARSE_SIGMOID
      case .sparsePlus: CK_SPARSE_PLUS
      case .squareplus: CK_SQUAREPLUS
      case .identity: CK_IDENTITY
      case .negative: CK_NEGATIVE
      case .absolute: CK_ABSOLUTE
      case .sign: CK_SIGN
      case .square: CK_SQUARE
      case .sqrt: CK_SQRT
      case .rsqrt: CK_RSQRT
      case .reciprocal: CK_RECIPROCAL
      case .exp: CK_EXP
      case .expm1: CK_EXPM1
      case .log: CK_LOG
      case .log1p: CK_LOG1P
      case .sin: CK_SIN
      case .cos: CK_COS
      case .erf: CK_ERF
      case .floor: CK_FLOOR
      case .ceil: CK_CEIL
      case .round: CK_ROUND
      }
    return Int32(function.rawValue)
  }
}
