// Matrix products of one thread: packing, panels, and few rows against an unpacked matrix.
#pragma once
#include "table.h"
#include "tile.h"

namespace {

using foretoken::PanelProduct;
using foretoken::SkinnyProduct;

constexpr int kPanelColumns = kTileVectors * kLanes;

/// Inner indices that are fetched ahead of where an operand is read with wide strides.
constexpr int kFetchAhead = 16;

/// Columns of one panel, zeros behind the last one: [depth][kPanelColumns].
void pack_columns(const float* b, ptrdiff_t depth_stride, ptrdiff_t column_stride, int depth, int columns, float* out) {
  if (column_stride == 1 && columns == kPanelColumns) {
    for (int k = 0; k < depth; k++) {
      __builtin_prefetch(b + kFetchAhead * depth_stride);
      for (int j = 0; j < kTileVectors; j++) store(out + j * kLanes, load(b + j * kLanes));
      b += depth_stride;
      out += kPanelColumns;
    }
    return;
  }
  for (int first = 0; first < depth; first += 16) {
    const int last = first + 16 < depth ? first + 16 : depth;
    for (int column = 0; column < columns; column++) {
      const float* from = b + column * column_stride;
      for (int k = first; k < last; k++) out[k * kPanelColumns + column] = from[k * depth_stride];
    }
  }
  for (int k = 0; k < depth; k++) {
    for (int column = columns; column < kPanelColumns; column++) out[k * kPanelColumns + column] = 0.0f;
  }
}

/// Rows of one strip, zeros behind the last one: [depth][kTileRows].
void pack_rows(const float* a, ptrdiff_t row_stride, ptrdiff_t depth_stride, int rows, int depth, float* out) {
  if (row_stride == 1 && rows == kTileRows) {
    for (int k = 0; k < depth; k++) std::memcpy(out + k * kTileRows, a + k * depth_stride, kTileRows * sizeof(float));
    return;
  }
  for (int k = 0; k < depth; k++) {
    for (int row = 0; row < rows; row++) out[row] = a[row * row_stride];
    for (int row = rows; row < kTileRows; row++) out[row] = 0.0f;
    a += depth_stride;
    out += kTileRows;
  }
}

/// A tile whose columns end before the panel does: computed beside C, then copied.
void edge_tile(int rows, int columns, const float* a, ptrdiff_t a_row, ptrdiff_t a_depth, const float* b, int depth, float* c,
               ptrdiff_t c_row, bool adds, const Epilogue& end) {
  float whole[kTileRows * kPanelColumns];
  for (int i = 0; i < rows; i++) {
    for (int j = 0; j < columns; j++) whole[i * kPanelColumns + j] = adds ? c[i * c_row + j] : 0.0f;
    for (int j = columns; j < kPanelColumns; j++) whole[i * kPanelColumns + j] = 0.0f;
  }
  tile_rows<kTileVectors>(rows, a, a_row, a_depth, b, kPanelColumns, depth, whole, kPanelColumns, true, Epilogue{});
  for (int i = 0; i < rows; i++) {
    for (int j = 0; j < columns; j++) {
      float value = whole[i * kPanelColumns + j];
      if (end.bias) value += end.bias[j];
      if (end.residual) value += end.residual[i * end.residual_stride + j];
      c[i * c_row + j] = value;
    }
  }
}

void panel_product(const PanelProduct& p) {
  for (int column = 0; column < p.columns; column += kPanelColumns) {
    const float* panel = p.b + static_cast<ptrdiff_t>(column) * p.depth;
    const int columns = p.columns - column;
    for (int row = 0; row < p.rows; row += kTileRows) {
      const int rows = p.rows - row < kTileRows ? p.rows - row : kTileRows;
      const float* a = p.a + (row / kTileRows) * p.a_strip;
      float* c = p.c + row * p.c_row + column;
      Epilogue end;
      if (p.bias) end.bias = p.bias + column;
      if (p.residual) end = {end.bias, p.residual + row * p.residual_stride + column, p.residual_stride};
      if (columns < kPanelColumns) {
        edge_tile(rows, columns, a, p.a_row, p.a_depth, panel, p.depth, c, p.c_row, p.adds, end);
      } else {
        tile_rows<kTileVectors>(rows, a, p.a_row, p.a_depth, panel, kPanelColumns, p.depth, c, p.c_row, p.adds, end);
      }
    }
  }
}

/// All rows against the columns from `column` on that fill whole panels; gives the first one that is left.
int skinny_columns(const SkinnyProduct& p, int column) {
  for (; column + kPanelColumns <= p.columns; column += kPanelColumns) {
    for (int row = 0; row < p.rows; row += kTileRows) {
      const int rows = p.rows - row < kTileRows ? p.rows - row : kTileRows;
      Epilogue end;
      if (p.bias) end.bias = p.bias + column;
      if (p.residual) end = {end.bias, p.residual + row * p.residual_stride + column, p.residual_stride};
      tile_rows<kTileVectors, kTileRows, kFetchAhead>(rows, p.a + row * p.a_row, p.a_row, p.a_depth, p.b + column, p.b_depth,
                                                      p.depth, p.c + row * p.c_row + column, p.c_row, false, end);
    }
  }
  return column;
}

/**
 * Adds kDepth inner indices to kRows rows of C, over whole vectors of columns: B is read in the order in which it lies, so
 * that the processor fetches ahead. The chain of each value is the same as a tile's.
 */
template <int kRows, int kDepth, int kVectors>
inline void stream_depth(const SkinnyProduct& p, int k, int columns, bool is_last) {
  Vf a[kRows][kDepth];
  for (int i = 0; i < kRows; i++) {
    for (int step = 0; step < kDepth; step++) a[i][step] = splat(p.a[i * p.a_row + (k + step) * p.a_depth]);
  }
  const float* b = p.b + k * p.b_depth;
  for (int column = 0; column < columns; column += kVectors * kLanes) {
    Vf sums[kRows][kVectors];
#pragma GCC unroll 4
    for (int i = 0; i < kRows; i++) {
#pragma GCC unroll 8
      for (int j = 0; j < kVectors; j++) sums[i][j] = k == 0 ? splat(0.0f) : load(p.c + i * p.c_row + column + j * kLanes);
    }
#pragma GCC unroll 8
    for (int step = 0; step < kDepth; step++) {
#pragma GCC unroll 8
      for (int j = 0; j < kVectors; j++) {
        const Vf value = load(b + step * p.b_depth + column + j * kLanes);
#pragma GCC unroll 4
        for (int i = 0; i < kRows; i++) sums[i][j] = fma(a[i][step], value, sums[i][j]);
      }
    }
#pragma GCC unroll 4
    for (int i = 0; i < kRows; i++) {
#pragma GCC unroll 8
      for (int j = 0; j < kVectors; j++) {
        const int at = column + j * kLanes;
        Vf value = sums[i][j];
        if (is_last && p.bias) value += load(p.bias + at);
        if (is_last && p.residual) value += load(p.residual + i * p.residual_stride + at);
        store(p.c + i * p.c_row + at, value);
      }
    }
  }
}

/// One or two rows against the columns that fill whole vectors; gives their number.
template <int kRows>
int stream_rows(const SkinnyProduct& p) {
  constexpr int kDepth = 8 / kRows, kVectors = 4 / kRows;
  const int columns = p.columns - p.columns % (kVectors * kLanes);
  int k = 0;
  for (; k + kDepth <= p.depth; k += kDepth) stream_depth<kRows, kDepth, kVectors>(p, k, columns, k + kDepth == p.depth);
  for (; k < p.depth; k++) stream_depth<kRows, 1, kVectors>(p, k, columns, k + 1 == p.depth);
  return columns;
}

void skinny_product(const SkinnyProduct& p) {
  int column = 0;
  if (p.rows == 1) column = stream_rows<1>(p);
  else if (p.rows == 2) column = stream_rows<2>(p);
  column = skinny_columns(p, column);
  const int rest = p.columns - column;
  if (rest == 0) return;
  pack_columns(p.b + column, p.b_depth, 1, p.depth, rest, p.scratch);
  for (int row = 0; row < p.rows; row += kTileRows) {
    const int rows = p.rows - row < kTileRows ? p.rows - row : kTileRows;
    Epilogue end;
    if (p.bias) end.bias = p.bias + column;
    if (p.residual) end = {end.bias, p.residual + row * p.residual_stride + column, p.residual_stride};
    edge_tile(rows, rest, p.a + row * p.a_row, p.a_row, p.a_depth, p.scratch, p.depth, p.c + row * p.c_row + column, p.c_row,
              false, end);
  }
}

/// Rounds to the nearest bfloat16, ties to even; the result is a float32 whose low half is zero. NaN stays NaN.
void round_bfloat16(const float* x, float* y, size_t count) {
  for (size_t at = 0; at < count; at++) {
    uint32_t bits;
    std::memcpy(&bits, x + at, 4);
    const uint32_t rounded = (bits + 0x7fff + ((bits >> 16) & 1)) & 0xffff0000u;
    const uint32_t result = (bits & 0x7fffffffu) > 0x7f800000u ? (bits | 0x00400000u) & 0xffff0000u : rounded;
    std::memcpy(y + at, &result, 4);
  }
}

}  // namespace
