// Rounding to bfloat16: the upper half of a float32.
#pragma once
#include <cstdint>

#include "vector.h"

namespace {

typedef uint32_t Vu __attribute__((vector_size(kLanes * 4)));

/// Bits of the nearest bfloat16 as those of a float32 whose lower half is zero, ties to even. NaN stays NaN. One value or lanes.
template <class Bits>
inline Bits rounded_bits(Bits bits) {
  const Bits nearest = (bits + 0x7fffu + ((bits >> 16) & 1u)) & 0xffff0000u;
  const Bits quiet = (bits | 0x00400000u) & 0xffff0000u;
  return (bits & 0x7fffffffu) > 0x7f800000u ? quiet : nearest;
}

inline uint32_t bits_of(const float* from) {
  uint32_t bits;
  std::memcpy(&bits, from, sizeof bits);
  return bits;
}

void round_bfloat16(const float* x, float* y, size_t count) {
  for (size_t at = 0; at < count; at++) {
    const uint32_t bits = rounded_bits(bits_of(x + at));
    std::memcpy(y + at, &bits, sizeof bits);
  }
}

}  // namespace
