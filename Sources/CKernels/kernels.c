#include "kernels.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

// SwiftPM compiles for the baseline processor; the loader picks the best clone at run time.
#if defined(__linux__) && defined(__x86_64__)
#define CK_DISPATCHED \
  __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define CK_DISPATCHED
#endif
#define CK_INLINE static inline __attribute__((always_inline))

// Reductions may be reordered: sums of a row have no natural order.
#define CK_REORDER _Pragma("clang fp reassociate(on)")

// exp by range reduction to |r| <= ln 2 / 2 and a polynomial; 2 units in the last place.
// Written without branches so that loops over it vectorise.
CK_INLINE float ck_exp_f32(float x) {
  float clamped = x < -87.3f ? -87.3f : (x > 88.7f ? 88.7f : x);
  float n = __builtin_rintf(clamped * 1.44269504f);
  float r = clamped - n * 0.693359375f;
  r = r - n * -2.12194440e-4f;
  float p = 1.9875691500e-4f;
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * r * r + r + 1.0f;
  int32_t bits = ((int32_t)n + 127) << 23;
  float power;
  memcpy(&power, &bits, sizeof power);
  float y = p * power;
  y = x < -87.3f ? 0.0f : y;
  y = x > 88.7f ? INFINITY : y;
  return x != x ? x : y;
}

// The error function in two pieces, each a minimax polynomial; 1 unit in the last place.
CK_INLINE float ck_erf_f32(float x) {
  float t = __builtin_fabsf(x), s = x * x;
  float a = -1.72853470e-5f * t + 3.83197126e-4f;
  a = a * s + (-3.88396438e-3f * t + 2.42546219e-2f);
  a = a * t - 1.06777877e-1f;
  a = a * t - 6.34846687e-1f;
  a = a * t - 1.28717512e-1f;
  a = a * t - t;
  float far = __builtin_copysignf(1.0f - ck_exp_f32(a), x);
  float b = -5.96761703e-4f;
  b = b * s + 4.99119423e-3f;
  b = b * s - 2.67681349e-2f;
  b = b * s + 1.12819925e-1f;
  b = b * s - 3.76125336e-1f;
  b = b * s + 1.28379166e-1f;
  float near = b * x + x;
  return t > 0.927734375f ? far : near;
}

CK_INLINE float ck_tanh_f32(float x) {
  float t = __builtin_fabsf(x), s = x * x;
  float far = __builtin_copysignf(1.0f - 2.0f / (ck_exp_f32(2.0f * t) + 1.0f), x);
  float b = -5.70498872745e-3f;
  b = b * s + 2.06390887954e-2f;
  b = b * s - 5.37397155531e-2f;
  b = b * s + 1.33314422036e-1f;
  b = b * s - 3.33332819422e-1f;
  float near = b * s * x + x;
  return t > 0.625f ? far : near;
}

CK_INLINE double ck_exp_f64(double x) { return exp(x); }
CK_INLINE double ck_erf_f64(double x) { return erf(x); }
CK_INLINE double ck_tanh_f64(double x) { return tanh(x); }

#define REAL float
#define NAME(function) function##_f32
#define LITERAL(number) number##f
#include "kernels.inc"
#undef REAL
#undef NAME
#undef LITERAL

#define REAL double
#define NAME(function) function##_f64
#define LITERAL(number) number
#include "kernels.inc"
