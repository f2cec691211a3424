import CBLAS
import CKernels
public import Tensors

/// A precision that the graph runs in: Float or Double.
public protocol Scalar: BinaryFloatingPoint, BitwiseCopyable, Sendable, DTypeElement {
  /// The kernels of this precision.
  static var kernels: Kernels<Self> { get }
}

/// A matrix in memory: row-major, `stride` elements from one row to the next.
public struct Matrix<S> {
  let start: UnsafeMutablePointer<S>
  let stride: Int
  var isTransposed = false

  /// The same matrix read with rows and columns exchanged.
  var transposed: Matrix {
    var matrix = self
    matrix.isTransposed.toggle()
    return matrix
  }
}

/// The C functions of one precision.
public struct Kernels<S>: Sendable {
  /// c (m, n) = alpha × a (m, k) × b (k, n).
  let multiplyMatrices:
    @Sendable (
      _ a: Matrix<S>, _ b: Matrix<S>, _ c: Matrix<S>, _ m: Int, _ n: Int, _ k: Int, _ alpha: S
    ) -> Void
  let activation:
    @Sendable (
      Int32, UnsafePointer<S>?, UnsafePointer<S>?, UnsafeMutablePointer<S>?, Int
    ) -> Void
  let combine: @Sendable (Int32, UnsafeMutablePointer<S>?, UnsafePointer<S>?, Int) -> Void
  let addBias: @Sendable (UnsafeMutablePointer<S>?, UnsafePointer<S>?, Int, Int) -> Void
  let add: @Sendable (UnsafeMutablePointer<S>?, UnsafePointer<S>?, Int) -> Void
  let multiply: @Sendable (UnsafeMutablePointer<S>?, UnsafePointer<S>?, Int) -> Void
  let scale: @Sendable (UnsafeMutablePointer<S>?, S, Int) -> Void
  let layerNorm:
    @Sendable (
      UnsafePointer<S>?, UnsafeMutablePointer<S>?, UnsafePointer<S>?, UnsafePointer<S>?, Int, Int,
      Int, S
    ) -> Void
  let rmsNorm:
    @Sendable (
      UnsafePointer<S>?, UnsafeMutablePointer<S>?, UnsafePointer<S>?, Int, Int, Int, S, S
    ) -> Void
  /// One row: x, out, cosines, sines, heads, head width, start, width, interleaved.
  let rotate:
    @Sendable (
      UnsafePointer<S>?, UnsafeMutablePointer<S>?, UnsafePointer<S>?, UnsafePointer<S>?, Int, Int,
      Int, Int, Bool
    ) -> Void
  let clamp: @Sendable (UnsafeMutablePointer<S>?, S, S, Int) -> Void
  let softCap: @Sendable (UnsafeMutablePointer<S>?, S, Int) -> Void
  let softmax: @Sendable (UnsafeMutablePointer<S>?, UnsafePointer<S>?, Int, Int, Bool) -> Void
  /// x and its stride, w and its stride, y and its stride, rows, columns, inner, factor.
  let dots:
    @Sendable (
      UnsafePointer<S>?, Int, UnsafePointer<S>?, Int, UnsafeMutablePointer<S>?, Int, Int, Int, Int,
      S
    ) -> Void
  /// weights, x and its stride, y, rows, width.
  let weightedSum:
    @Sendable (
      UnsafePointer<S>?, UnsafePointer<S>?, Int, UnsafeMutablePointer<S>?, Int, Int
    ) -> Void

  /// c (m, n) = alpha × a (m, k) × bᵀ, b being (n, k).
  ///
  /// Of few rows, as those of one token, OpenBLAS would copy all of b first.
  func multiply(
    _ a: Matrix<S>, byTransposed b: Matrix<S>, into c: Matrix<S>, _ m: Int, _ n: Int, _ k: Int,
    _ alpha: S
  ) {
    if m <= 4 {
      dots(a.start, a.stride, b.start, b.stride, c.start, c.stride, m, n, k, alpha)
    } else {
      multiplyMatrices(a, b.transposed, c, m, n, k, alpha)
    }
  }
}

extension Float: Scalar {
  /// The kernels in binary32.
  public static let kernels = Kernels<Float>(
    multiplyMatrices: { a, b, c, m, n, k, alpha in
      cblas_sgemm(
        CblasRowMajor, a.isTransposed ? CblasTrans : CblasNoTrans,
        b.isTransposed ? CblasTrans : CblasNoTrans, blasint(m), blasint(n), blasint(k), alpha,
        a.start, blasint(a.stride), b.start, blasint(b.stride), 0, c.start, blasint(c.stride))
    },
    activation: ck_activation_f32, combine: ck_combine_f32, addBias: ck_add_bias_f32,
    add: ck_add_f32,
    multiply: ck_multiply_f32, scale: ck_scale_f32, layerNorm: ck_layer_norm_f32,
    rmsNorm: ck_rms_norm_f32, rotate: ck_rotate_f32, clamp: ck_clamp_f32, softCap: ck_soft_cap_f32,
    softmax: ck_softmax_f32, dots: ck_dots_f32, weightedSum: ck_weighted_sum_f32)
}

extension Double: Scalar {
  /// The kernels in binary64.
  public static let kernels = Kernels<Double>(
    multiplyMatrices: { a, b, c, m, n, k, alpha in
      cblas_dgemm(
        CblasRowMajor, a.isTransposed ? CblasTrans : CblasNoTrans,
        b.isTransposed ? CblasTrans : CblasNoTrans, blasint(m), blasint(n), blasint(k), alpha,
        a.start, blasint(a.stride), b.start, blasint(b.stride), 0, c.start, blasint(c.stride))
    },
    activation: ck_activation_f64, combine: ck_combine_f64, addBias: ck_add_bias_f64,
    add: ck_add_f64,
    multiply: ck_multiply_f64, scale: ck_scale_f64, layerNorm: ck_layer_norm_f64,
    rmsNorm: ck_rms_norm_f64, rotate: ck_rotate_f64, clamp: ck_clamp_f64, softCap: ck_soft_cap_f64,
    softmax: ck_softmax_f64, dots: ck_dots_f64, weightedSum: ck_weighted_sum_f64)
}
