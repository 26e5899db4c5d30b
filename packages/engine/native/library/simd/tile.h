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

/// Fetches nothing: what a tile reads is near.
struct NoFetch {
  void step() {}
};

/// Fetches lines of a matrix into the second-level cache, one a step, in the order in which they lie in a range of its columns.
struct LineFetch {
  const float *at, *row_end;
  ptrdiff_t gap, row;  // from the end of the range to the start of its next row; from row to row

  LineFetch(const float* from, int columns, ptrdiff_t row_stride)
      : at(from), row_end(from + columns), gap(row_stride - columns), row(row_stride) {}

  inline __attribute__((always_inline)) void step() {
    __builtin_prefetch(at, 0, 2);
    at += 16;
    if (at >= row_end) {
      at += gap;
      row_end += row;
    }
  }
};

/**
 * C[kRows, kVectors * lanes] (+)= A B over `depth` words of the inner axis (operands.h), one fused multiplication and addition
 * after the other in their order: a value's bits follow from its row of A and its column of B alone, however a product is cut
 * into tiles. `fetch` steps once for each line of B that is read.
 */
template <int kRows, int kVectors, class Fetch>
inline __attribute__((always_inline)) void tile(const float* a, ptrdiff_t a_row, ptrdiff_t a_depth, const float* b,
                                                ptrdiff_t b_depth, int depth, float* c, ptrdiff_t c_row, bool adds,
                                                const Epilogue& end, Fetch& fetch) {
  Fetch ahead = fetch;
  Vf sums[kRows][kVectors];
#pragma GCC unroll 16
  for (int i = 0; i < kRows; i++) {
#pragma GCC unroll 16
    for (int j = 0; j < kVectors; j++) sums[i][j] = adds ? load(c + i * c_row + j * kLanes) : splat(0.0f);
  }
#pragma GCC unroll 4
  for (int k = 0; k < depth; k++) {
    for (int line = 0; line < kVectors * kLanes; line += 16) ahead.step();
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
  fetch = ahead;
}

/// `tile` with the number of rows known at run time, 1 to kRows.
template <int kVectors, int kRows, class Fetch>
inline void tile_rows(int rows, const float* a, ptrdiff_t a_row, ptrdiff_t a_depth, const float* b, ptrdiff_t b_depth,
                      int depth, float* c, ptrdiff_t c_row, bool adds, const Epilogue& end, Fetch& fetch) {
  if constexpr (kRows == 1) {
    tile<1, kVectors>(a, a_row, a_depth, b, b_depth, depth, c, c_row, adds, end, fetch);
  } else if (rows == kRows) {
    tile<kRows, kVectors>(a, a_row, a_depth, b, b_depth, depth, c, c_row, adds, end, fetch);
  } else {
    tile_rows<kVectors, kRows - 1>(rows, a, a_row, a_depth, b, b_depth, depth, c, c_row, adds, end, fetch);
  }
}

/// The same, 1 to kTileRows, where nothing need be fetched.
template <int kVectors>
inline void tile_rows(int rows, const float* a, ptrdiff_t a_row, ptrdiff_t a_depth, const float* b, ptrdiff_t b_depth,
                      int depth, float* c, ptrdiff_t c_row, bool adds, const Epilogue& end) {
  NoFetch nothing;
  tile_rows<kVectors, kTileRows>(rows, a, a_row, a_depth, b, b_depth, depth, c, c_row, adds, end, nothing);
}

}  // namespace
