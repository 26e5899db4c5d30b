// The one inner loop that all matrix products are made of.
#pragma once
#include "operands.h"

namespace {

/// What is added to a finished tile.
struct Epilogue {
  const float* bias = nullptr;      // of the tile's columns
  const float* residual = nullptr;  // of the tile's first value
  ptrdiff_t residual_stride = 0;
};

/**
 * C[kRows, kVectors * lanes] (+)= A B over `depth` words of the inner axis (operands.h), one fused multiplication and addition
 * after the other in their order: a value's bits follow from its row of A and its column of B alone, however a product is cut
 * into tiles.
 *
 * With `kAhead`, lines of B that far down the inner axis are fetched early: for a B that lies in memory with wide strides.
 */
template <int kRows, int kVectors, int kAhead = 0>
inline __attribute__((always_inline)) void tile(const float* a, ptrdiff_t a_row, ptrdiff_t a_depth, const float* b,
                                                ptrdiff_t b_depth, int depth, float* c, ptrdiff_t c_row, bool adds,
                                                const Epilogue& end) {
  Vf sums[kRows][kVectors];
#pragma GCC unroll 16
  for (int i = 0; i < kRows; i++) {
#pragma GCC unroll 16
    for (int j = 0; j < kVectors; j++) sums[i][j] = adds ? load(c + i * c_row + j * kLanes) : splat(0.0f);
  }
  for (int k = 0; k < depth; k++) {
    if constexpr (kAhead > 0) {
      for (int j = 0; j < kVectors * kLanes; j += 16) __builtin_prefetch(b + kAhead * b_depth + j);
    }
    Vf columns[kVectors];
#pragma GCC unroll 16
    for (int j = 0; j < kVectors; j++) columns[j] = load(b + j * kLanes);
#pragma GCC unroll 16
    for (int i = 0; i < kRows; i++) {
      const Vf row = splat(a[i * a_row]);
#pragma GCC unroll 16
      for (int j = 0; j < kVectors; j++) sums[i][j] = multiply_add(row, columns[j], sums[i][j]);
    }
    a += a_depth;
    b += b_depth;
  }
#pragma GCC unroll 16
  for (int i = 0; i < kRows; i++) {
#pragma GCC unroll 16
    for (int j = 0; j < kVectors; j++) {
      Vf value = sums[i][j];
      if (end.bias) value += load(end.bias + j * kLanes);
      if (end.residual) value += load(end.residual + i * end.residual_stride + j * kLanes);
      store(c + i * c_row + j * kLanes, value);
    }
  }
}

/// `tile` with the number of rows known at run time, 1 to kTileRows.
template <int kVectors, int kRows = kTileRows, int kAhead = 0>
inline void tile_rows(int rows, const float* a, ptrdiff_t a_row, ptrdiff_t a_depth, const float* b, ptrdiff_t b_depth,
                      int depth, float* c, ptrdiff_t c_row, bool adds, const Epilogue& end) {
  if constexpr (kRows == 1) {
    tile<1, kVectors, kAhead>(a, a_row, a_depth, b, b_depth, depth, c, c_row, adds, end);
  } else if (rows == kRows) {
    tile<kRows, kVectors, kAhead>(a, a_row, a_depth, b, b_depth, depth, c, c_row, adds, end);
  } else {
    tile_rows<kVectors, kRows - 1, kAhead>(rows, a, a_row, a_depth, b, b_depth, depth, c, c_row, adds, end);
  }
}

}  // namespace
