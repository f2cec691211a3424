import Architectures
import CKernels
import Diagnostics

extension Linear: Executable {
  func run<S: Scalar>(_ call: Call<S>) throws(CrosswalkError) -> Outcome<S> {
    let input = try call.floating("input")  // (…, inner)
    let weight = try call.parameter("weight")  // (width, inner)
    let inner = input.width
    let output = try Tensor<S>(shape: input.shape.dropLast() + [width])  // (…, width)
    guard let x = input.elements.baseAddress, let w = weight.elements.baseAddress,
      let y = output.elements.baseAddress, input.rows > 0
    else { return Outcome(output) }
    S.kernels.multiplyMatrices(
      Matrix(start: x, stride: inner), Matrix(start: w, stride: inner).transposed,
      Matrix(start: y, stride: width), input.rows, width, inner, 1)
    if bias {
      S.kernels.addBias(y, try call.parameter("bias").elements.baseAddress, input.rows, width)
    }
    return Outcome(output)
  }
}

extension LayerNorm: Executable {
  func run<S: Scalar>(_ call: Call<S>) throws(CrosswalkError) -> Outcome<S> {
    let input = try call.floating("input")
    let output = try Tensor<S>(shape: input.shape)
    S.kernels.layerNorm(
      input.elements.baseAddress, output.elements.baseAddress,
      try call.parameter("weight").elements.baseAddress,
      bias ? try call.parameter("bias").elements.baseAddress : nil, input.rows, input.width,
      S(epsilon))
    return Outcome(output)
  }
}

extension Activation: Executable {
  func run<S: Scalar>(_ call: Call<S>) throws(CrosswalkError) -> Outcome<S> {
    let input = try call.floating("input")
    let output = try Tensor<S>(shape: input.shape)
    S.kernels.activation(
      function.code, input.elements.baseAddress, output.elements.baseAddress, input.count)
    return Outcome(output)
  }
}

extension Activation.Function {
  fileprivate var code: Int32 {
    let function =
      switch self {
      case .gelu: CK_GELU
      case .geluTanh: CK_GELU_TANH
      case .quickGelu: CK_QUICK_GELU
      case .relu: CK_RELU
      case .relu6: CK_RELU6
      case .leakyRelu: CK_LEAKY_RELU
      case .geluClipped: CK_GELU_CLIPPED
      case .laplace: CK_LAPLACE
      case .reluSquared: CK_RELU_SQUARED
      case .silu: CK_SILU
      case .mish: CK_MISH
      case .hardSwish: CK_HARD_SWISH
      case .sqrtSoftplus: CK_SQRT_SOFTPLUS
      case .tanh: CK_TANH
      case .sigmoid: CK_SIGMOID
      case .identity: CK_IDENTITY
      }
    return Int32(function.rawValue)
  }
}
