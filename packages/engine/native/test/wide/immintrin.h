// Stands in for <immintrin.h> where the wide inner loops are tested on a processor without AVX-512: the same tiles, lanes and
// order of operations, each instruction as two of AVX2. What it cannot test is the encoding of the instructions themselves.
#pragma once
#include_next <immintrin.h>

static inline __m512 ft_join(__m256 low, __m256 high) {
  __m512 whole;
  __builtin_memcpy(&whole, &low, sizeof low);
  __builtin_memcpy(reinterpret_cast<char*>(&whole) + sizeof low, &high, sizeof high);
  return whole;
}

static inline __m256 ft_half(const __m512& whole, int which) {
  __m256 half;
  __builtin_memcpy(&half, reinterpret_cast<const char*>(&whole) + which * sizeof half, sizeof half);
  return half;
}

static inline __m512 ft_set(float value) { return ft_join(_mm256_set1_ps(value), _mm256_set1_ps(value)); }

static inline __m512 ft_multiply_add(__m512 a, __m512 b, __m512 c) {
  return ft_join(_mm256_fmadd_ps(ft_half(a, 0), ft_half(b, 0), ft_half(c, 0)),
                 _mm256_fmadd_ps(ft_half(a, 1), ft_half(b, 1), ft_half(c, 1)));
}

static inline __m512 ft_root(__m512 x) { return ft_join(_mm256_sqrt_ps(ft_half(x, 0)), _mm256_sqrt_ps(ft_half(x, 1))); }

/// Denormals as zeros of their sign.
static inline __m256 ft_flush(__m256 x) {
  const __m256 exponent = _mm256_castsi256_ps(_mm256_set1_epi32(0x7f800000)), sign = _mm256_castsi256_ps(_mm256_set1_epi32(1 << 31));
  const __m256 is_tiny = _mm256_cmp_ps(_mm256_and_ps(x, exponent), _mm256_setzero_ps(), _CMP_EQ_OQ);
  return _mm256_blendv_ps(x, _mm256_and_ps(x, sign), is_tiny);
}

/// One step of a pair's two: the upper values of each lane, or the lower ones.
static inline __m256 ft_pair_step(__m256 sum, __m256 a, __m256 b, bool is_upper) {
  const __m256i bits_a = _mm256_castps_si256(a), bits_b = _mm256_castps_si256(b), upper = _mm256_set1_epi32(-65536);
  const __m256i one = is_upper ? _mm256_and_si256(bits_a, upper) : _mm256_slli_epi32(bits_a, 16);
  const __m256i other = is_upper ? _mm256_and_si256(bits_b, upper) : _mm256_slli_epi32(bits_b, 16);
  return ft_flush(_mm256_fmadd_ps(ft_flush(_mm256_castsi256_ps(one)), ft_flush(_mm256_castsi256_ps(other)), ft_flush(sum)));
}

/// As Intel's manual gives it: the upper values first, each step fused and rounded to the nearest, denormals flushed.
static inline __m512 ft_pair_products(__m512 sum, __m512bh a, __m512bh b) {
  __m256 halves[2];
  for (int which = 0; which < 2; which++) {
    const __m256 one = ft_half((__m512)a, which), other = ft_half((__m512)b, which);
    halves[which] = ft_pair_step(ft_pair_step(ft_half(sum, which), one, other, true), one, other, false);
  }
  return ft_join(halves[0], halves[1]);
}

#define __AVX512BF16__ 1
#define _mm512_dpbf16_ps ft_pair_products
#define _mm512_set1_ps ft_set
#define _mm512_fmadd_ps ft_multiply_add
#define _mm512_sqrt_ps ft_root
