// The format in which a product's inner loops take their operands, one per file that includes this: float32 or, with
// FT_BFLOAT16, pairs of bfloat16.
//
// Packed operands are made of words of four bytes that are passed around as floats: a word is one value, or the two that stand
// at an even inner index and the one behind it, the even one in the lower half, a zero where the inner axis ends between them.
#pragma once
#include "bfloat16.h"

namespace {

#if defined(FT_BFLOAT16)

/// Inner indices of a word.
constexpr int kPair = 2;

/// The two products of each lane's pair added to its sum, one fused step after the other; denormals are zeros throughout.
inline Vf multiply_add(Vf row, Vf columns, Vf sum) { return (Vf)_mm512_dpbf16_ps((__m512)sum, (__m512bh)row, (__m512bh)columns); }

/// A word of each of kLanes neighbours. `is_whole`: whether there is an inner index behind the first.
inline Vf words_at(const float* from, ptrdiff_t depth_stride, bool is_whole) {
  const Vu even = rounded_bits((Vu)load(from)) >> 16;
  return is_whole ? (Vf)(even | rounded_bits((Vu)load(from + depth_stride))) : (Vf)even;
}

/// One word, likewise.
inline float word_at(const float* from, ptrdiff_t depth_stride, bool is_whole) {
  const uint32_t even = rounded_bits(bits_of(from)) >> 16;
  const uint32_t bits = is_whole ? even | rounded_bits(bits_of(from + depth_stride)) : even;
  float word;
  std::memcpy(&word, &bits, sizeof word);
  return word;
}

/// The words of a line whose inner indices lie behind each other.
inline void take_line(const float* __restrict from, int depth, float* __restrict words) {
  uint16_t* __restrict halves = reinterpret_cast<uint16_t*>(words);
  for (int k = 0; k < depth; k++) {
    const uint16_t half = static_cast<uint16_t>(rounded_bits(bits_of(from + k)) >> 16);
    std::memcpy(halves + k, &half, sizeof half);
  }
  const uint16_t zero = 0;
  if (depth % kPair != 0) std::memcpy(halves + depth, &zero, sizeof zero);
}

#else

constexpr int kPair = 1;

inline Vf multiply_add(Vf row, Vf columns, Vf sum) { return fma(row, columns, sum); }

inline Vf words_at(const float* from, ptrdiff_t, bool) { return load(from); }

inline float word_at(const float* from, ptrdiff_t, bool) { return *from; }

inline void take_line(const float* from, int depth, float* words) { std::memcpy(words, from, depth * sizeof(float)); }

#endif

inline int words_of(int depth) { return (depth + kPair - 1) / kPair; }

}  // namespace
