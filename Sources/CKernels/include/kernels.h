// Elementwise and row kernels in both precisions; rows are contiguous.
#pragma once
#include <stdbool.h>
#include <stddef.h>

enum ck_function {
  CK_GELU, CK_GELU_TANH, CK_QUICK_GELU, CK_GELU_CLIPPED, CK_RELU, CK_RELU6, CK_RELU_SQUARED,
  CK_LEAKY_RELU, CK_THRESHOLD, CK_LAPLACE, CK_SILU, CK_MISH, CK_HARD_SWISH, CK_SQRT_SOFTPLUS,
  CK_SOFTPLUS, CK_ELU, CK_CELU, CK_SELU, CK_SOFTSIGN, CK_TANH, CK_HARD_TANH, CK_TANH_SHRINK,
  CK_SOFT_SHRINK, CK_HARD_SHRINK, CK_SIGMOID, CK_HARD_SIGMOID, CK_LOG_SIGMOID, CK_SPARSE_SIGMOID,
  CK_SPARSE_PLUS, CK_SQUAREPLUS, CK_IDENTITY, CK_NEGATIVE, CK_ABSOLUTE, CK_SIGN, CK_SQUARE,
  CK_SQRT, CK_RSQRT, CK_RECIPROCAL, CK_EXP, CK_EXPM1, CK_LOG, CK_LOG1P, CK_SIN, CK_COS, CK_ERF,
  CK_FLOOR, CK_CEIL, CK_ROUND
};

enum ck_combination {
  CK_ADD, CK_SUBTRACT, CK_MULTIPLY, CK_DIVIDE, CK_MAXIMUM, CK_MINIMUM, CK_POWER, CK_FLOOR_DIVIDE,
  CK_REMAINDER
};

#define CK_DECLARE(REAL, SUFFIX)                                                                  \
  /* options: what the function has, in its order; may be null where it has none */               \
  void ck_activation_##SUFFIX(                                                                    \
      int function, const REAL *options, const REAL *x, REAL *out, size_t count);                 \
  /* x = x combined with y */                                                                     \
  void ck_combine_##SUFFIX(int combination, REAL *x, const REAL *y, size_t count);                \
  /* x (rows, width) += bias (width) */                                                           \
  void ck_add_bias_##SUFFIX(REAL *x, const REAL *bias, size_t rows, size_t width);                \
  void ck_add_##SUFFIX(REAL *x, const REAL *y, size_t count);                                     \
  void ck_multiply_##SUFFIX(REAL *x, const REAL *y, size_t count);                                \
  void ck_scale_##SUFFIX(REAL *x, REAL by, size_t count);                                         \
  /* Of the norms, weight and bias may be null; they begin again after `period` rows. */          \
  void ck_layer_norm_##SUFFIX(                                                                    \
      const REAL *x, REAL *out, const REAL *weight, const REAL *bias, size_t rows, size_t width,  \
      size_t period, REAL epsilon);                                                               \
  void ck_rms_norm_##SUFFIX(                                                                      \
      const REAL *x, REAL *out, const REAL *weight, size_t rows, size_t width, size_t period,     \
      REAL epsilon, REAL offset);                                                                 \
  /* One row of heads, `width` numbers of each from `start` turned; cosines, sines (width / 2). */\
  void ck_rotate_##SUFFIX(                                                                        \
      const REAL *x, REAL *out, const REAL *cosines, const REAL *sines, size_t heads,             \
      size_t head_width, size_t start, size_t width, bool interleaved);                           \
  /* x held between low and high; NaN stays */                                                    \
  void ck_clamp_##SUFFIX(REAL *x, REAL low, REAL high, size_t count);                             \
  /* x = cap × tanh(x / cap) */                                                                   \
  void ck_soft_cap_##SUFFIX(REAL *x, REAL cap, size_t count);                                     \
  /* In place. A row of nothing but -infinity becomes uniform, or zeros. If there is a sink, its */\
  /* one score takes part in the sum of each row, and nowhere else. */                            \
  void ck_softmax_##SUFFIX(                                                                       \
      REAL *x, const REAL *sink, size_t rows, size_t width, bool masked_is_uniform);               \
  /* y (rows, columns) = factor × x (rows, inner) × w (columns, inner) transposed, for few rows */ \
  void ck_dots_##SUFFIX(                                                                          \
      const REAL *x, size_t x_stride, const REAL *w, size_t w_stride, REAL *y, size_t y_stride,   \
      size_t rows, size_t columns, size_t inner, REAL factor);                                    \
  /* y (width) = the sum of the rows of x (rows, width), each times its weight */                 \
  void ck_weighted_sum_##SUFFIX(                                                                  \
      const REAL *weights, const REAL *x, size_t x_stride, REAL *y, size_t rows, size_t width);

CK_DECLARE(float, f32)
CK_DECLARE(double, f64)
