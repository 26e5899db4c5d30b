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

#define _mm512_set1_ps ft_set
#define _mm512_fmadd_ps ft_multiply_add
#define _mm512_sqrt_ps ft_root
