// One vector type per instruction set, under one name. A file that includes this is compiled once per instruction set, with
// FT_ISA_<name> defined; everything in it has internal linkage, so that no code of a wider set leaks into a narrower one.
//
// All sets but `scalar` fuse a multiplication with the addition that follows it (fma) and nothing else (-ffp-contract=off):
// a value's bits are then the same on each of them.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>

#if defined(FT_ISA_AVX512) || defined(FT_ISA_AVX2)
#include <immintrin.h>
#elif defined(FT_ISA_NEON)
#include <arm_neon.h>
#endif

namespace {

#if defined(FT_ISA_AVX512)
constexpr const char* kIsa = "avx512";
constexpr int kLanes = 16;
constexpr int kTileRows = 12;
constexpr int kTileVectors = 2;
#elif defined(FT_ISA_AVX2)
constexpr const char* kIsa = "avx2";
constexpr int kLanes = 8;
constexpr int kTileRows = 6;
constexpr int kTileVectors = 2;
#elif defined(FT_ISA_NEON)
constexpr const char* kIsa = "neon";
constexpr int kLanes = 4;
constexpr int kTileRows = 6;
constexpr int kTileVectors = 4;
#elif defined(FT_ISA_SCALAR)
constexpr const char* kIsa = "scalar";
constexpr int kLanes = 4;
constexpr int kTileRows = 4;
constexpr int kTileVectors = 4;
#else
#error "compile with FT_ISA_AVX512, FT_ISA_AVX2, FT_ISA_NEON or FT_ISA_SCALAR"
#endif

typedef float Vf __attribute__((vector_size(kLanes * 4)));
typedef int32_t Vi __attribute__((vector_size(kLanes * 4)));

inline Vf load(const float* from) {
  Vf value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

inline void store(float* to, Vf value) { std::memcpy(to, &value, sizeof value); }

inline Vf splat(float value) {
#if defined(FT_ISA_AVX512)
  return (Vf)_mm512_set1_ps(value);
#elif defined(FT_ISA_AVX2)
  return (Vf)_mm256_set1_ps(value);
#elif defined(FT_ISA_NEON)
  return (Vf)vdupq_n_f32(value);
#else
  return Vf{value, value, value, value};
#endif
}

inline Vi splat_int(int32_t value) { return (Vi){} + value; }

/// a * b + c, rounded once (twice on `scalar`).
inline Vf fma(Vf a, Vf b, Vf c) {
#if defined(FT_ISA_AVX512)
  return (Vf)_mm512_fmadd_ps((__m512)a, (__m512)b, (__m512)c);
#elif defined(FT_ISA_AVX2)
  return (Vf)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)c);
#elif defined(FT_ISA_NEON)
  return (Vf)vfmaq_f32((float32x4_t)c, (float32x4_t)a, (float32x4_t)b);
#else
  return a * b + c;
#endif
}

/// a * b + c of single values, with the rounding of the vector form.
inline float fma(float a, float b, float c) {
#if defined(FT_ISA_SCALAR)
  return a * b + c;
#else
  return __builtin_fmaf(a, b, c);
#endif
}

inline Vf square_root(Vf x) {
#if defined(FT_ISA_AVX512)
  return (Vf)_mm512_sqrt_ps((__m512)x);
#elif defined(FT_ISA_AVX2)
  return (Vf)_mm256_sqrt_ps((__m256)x);
#elif defined(FT_ISA_NEON)
  return (Vf)vsqrtq_f32((float32x4_t)x);
#else
  Vf y;
  for (int lane = 0; lane < kLanes; lane++) y[lane] = __builtin_sqrtf(x[lane]);
  return y;
#endif
}

/// Where `condition` is all ones, `a`; where it is zero, `b`.
inline Vf select(Vi condition, Vf a, Vf b) { return condition ? a : b; }

inline Vf larger(Vf a, Vf b) { return a > b ? a : b; }

/// Sums run over this many lanes on every instruction set, so that they have the same bits on each.
constexpr int kSumLanes = 16;
constexpr int kSumVectors = kSumLanes / kLanes;

/// The sum of sixteen lanes, in one order.
inline float sum_lanes(float* lanes) {
  for (int width = kSumLanes / 2; width > 0; width /= 2) {
    for (int lane = 0; lane < width; lane++) lanes[lane] += lanes[lane + width];
  }
  return lanes[0];
}

/// e^x to 1.5 units in the last place; exactly 0 below -87.3, infinity above 88.7.
inline Vf exponential(Vf x) {
  // x = n ln 2 + r with |r| <= ln 2 / 2; adding and taking away 1.5 * 2^23 rounds to an integer.
  const Vf shifter = splat(12582912.0f);
  const Vf n = fma(x, splat(1.44269504088896341f), shifter) - shifter;
  Vf r = fma(n, splat(-0.693359375f), x);
  r = fma(n, splat(2.12194440e-4f), r);
  // Cephes' polynomial of (e^r - 1 - r) / r^2.
  Vf p = splat(1.9875691500e-4f);
  p = fma(p, r, splat(1.3981999507e-3f));
  p = fma(p, r, splat(8.3334519073e-3f));
  p = fma(p, r, splat(4.1665795894e-2f));
  p = fma(p, r, splat(1.6666665459e-1f));
  p = fma(p, r, splat(5.0000001201e-1f));
  const Vf y = fma(p * r, r, r) + splat(1.0f);
  // 2^n in two factors, so that neither leaves the range of normal numbers.
  Vi whole = __builtin_convertvector(select(n > splat(-300.0f), select(n < splat(300.0f), n, splat(300.0f)), splat(-300.0f)), Vi);
  const Vi half = whole >> 1;
  const Vf first = (Vf)((half + 127) << 23);
  const Vf second = (Vf)((whole - half + 127) << 23);
  const Vf scaled = y * first * second;
  const Vf high = select(x > splat(88.72283f), splat(__builtin_inff()), scaled);
  const Vf bounded = select(x < splat(-87.33654f), splat(0.0f), high);
  return select(x == x, bounded, x);
}

/// e^x for x <= 0 at most, to 1.5 units in the last place; exactly 0 below -87.3, NaN of NaN. Half the work of `exponential`.
inline Vf exponential_below_0(Vf x) {
  const Vf lowest = splat(-87.33654f);
  const Vf bounded = x < lowest ? lowest : x;
  // 1.5 * 2^23 + 127: the low bits of the shifted number are n + 127, which is the exponent of 2^n.
  const Vf shifter = splat(12583039.0f);
  const Vf shifted = fma(bounded, splat(1.44269504088896341f), shifter);
  const Vf n = shifted - shifter;
  Vf r = fma(n, splat(-0.693359375f), bounded);
  r = fma(n, splat(2.12194440e-4f), r);
  Vf p = splat(1.9875691500e-4f);
  p = fma(p, r, splat(1.3981999507e-3f));
  p = fma(p, r, splat(8.3334519073e-3f));
  p = fma(p, r, splat(4.1665795894e-2f));
  p = fma(p, r, splat(1.6666665459e-1f));
  p = fma(p, r, splat(5.0000001201e-1f));
  const Vf y = fma(p * r, r, r) + splat(1.0f);
  // A product, as adding to the exponent's bits would make a number of a NaN.
  const Vf scaled = y * (Vf)((Vi)shifted << 23);
  return x < lowest ? splat(0.0f) : scaled;
}

/// 1 / (1 + e^-x).
inline Vf sigmoid(Vf x) { return splat(1.0f) / (splat(1.0f) + exponential(-x)); }

/// Runs `body(vector index)` over full vectors and then on the padded remainder of a range: `apply` maps vectors of inputs to one.
template <int kInputs, class Apply>
inline void map_range(const float* const (&inputs)[kInputs], float* out, size_t count, Apply apply) {
  size_t at = 0;
  for (; at + kLanes <= count; at += kLanes) {
    Vf values[kInputs];
    for (int i = 0; i < kInputs; i++) values[i] = load(inputs[i] + at);
    store(out + at, apply(values));
  }
  if (at == count) return;
  const size_t rest = (count - at) * sizeof(float);
  Vf values[kInputs] = {};
  for (int i = 0; i < kInputs; i++) std::memcpy(&values[i], inputs[i] + at, rest);
  const Vf result = apply(values);
  std::memcpy(out + at, &result, rest);
}

}  // namespace
