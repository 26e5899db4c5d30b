// Matrix products of one thread: packing, panels, and few rows against an unpacked matrix. Included once per operand format.
#pragma once
#include "table.h"
#include "tile.h"

namespace {

using foretoken::PanelProduct;
using foretoken::SkinnyProduct;

constexpr int kPanelColumns = kTileVectors * kLanes;

/// Inner indices that are fetched ahead where a panel is packed from wide strides.
constexpr int kFetchAhead = 16;

/// Words of one column that are packed together.
constexpr int kRun = 16;

/// A run of one column into a panel.
inline void pack_run(const float* from, ptrdiff_t depth_stride, int depth, float* to) {
  if (kPair > 1 && depth_stride == 1) {
    float words[kRun];
    take_line(from, depth, words);
    for (int word = 0; word < words_of(depth); word++) to[word * kPanelColumns] = words[word];
  } else {
    for (int k = 0; k < depth; k += kPair) {
      to[k / kPair * kPanelColumns] = word_at(from + k * depth_stride, depth_stride, depth - k >= kPair);
    }
  }
}

/// Columns of one panel, zeros behind the last one: [words][kPanelColumns].
void pack_columns(const float* b, ptrdiff_t depth_stride, ptrdiff_t column_stride, int depth, int columns, float* out) {
  if (column_stride == 1 && columns == kPanelColumns) {
    for (int k = 0; k < depth; k += kPair) {
      for (int ahead = 0; ahead < kPair; ahead++) __builtin_prefetch(b + (kFetchAhead + ahead) * depth_stride);
      for (int j = 0; j < kTileVectors; j++) store(out + j * kLanes, words_at(b + j * kLanes, depth_stride, depth - k >= kPair));
      b += kPair * depth_stride;
      out += kPanelColumns;
    }
    return;
  }
  for (int first = 0; first < depth; first += kRun * kPair) {
    const int run = depth - first < kRun * kPair ? depth - first : kRun * kPair;
    for (int column = 0; column < columns; column++) {
      pack_run(b + column * column_stride + first * depth_stride, depth_stride, run, out + first / kPair * kPanelColumns + column);
    }
  }
  for (int word = 0; word < words_of(depth); word++) {
    for (int column = columns; column < kPanelColumns; column++) out[word * kPanelColumns + column] = 0.0f;
  }
}

/// Rows of one strip, zeros behind the last one: [words][kTileRows].
void pack_rows(const float* a, ptrdiff_t row_stride, ptrdiff_t depth_stride, int rows, int depth, float* __restrict out) {
  for (int k = 0; k < depth; k += kPair) {
    const bool is_whole = depth - k >= kPair;
    if (row_stride == 1 && rows == kTileRows) {
      for (int row = 0; row < kTileRows; row++) out[row] = word_at(a + row, depth_stride, is_whole);
    } else {
      for (int row = 0; row < rows; row++) out[row] = word_at(a + row * row_stride, depth_stride, is_whole);
      for (int row = rows; row < kTileRows; row++) out[row] = 0.0f;
    }
    a += kPair * depth_stride;
    out += kTileRows;
  }
}

/// Rows whose inner indices lie behind each other: [rows][words].
void pack_lines(const float* a, ptrdiff_t row_stride, int rows, int depth, float* out) {
  for (int row = 0; row < rows; row++) take_line(a + row * row_stride, depth, out + row * words_of(depth));
}

/// A tile whose columns end before the panel does: computed beside C, then copied.
void edge_tile(int rows, int columns, const float* a, ptrdiff_t a_row, ptrdiff_t a_depth, const float* b, int words, float* c,
               ptrdiff_t c_row, bool adds, const Epilogue& end) {
  float whole[kTileRows * kPanelColumns];
  for (int i = 0; i < rows; i++) {
    for (int j = 0; j < columns; j++) whole[i * kPanelColumns + j] = adds ? c[i * c_row + j] : 0.0f;
    for (int j = columns; j < kPanelColumns; j++) whole[i * kPanelColumns + j] = 0.0f;
  }
  tile_rows<kTileVectors>(rows, a, a_row, a_depth, b, kPanelColumns, words, whole, kPanelColumns, true, Epilogue{});
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
    const float* panel = p.b + static_cast<ptrdiff_t>(column) * p.words;
    const int columns = p.columns - column;
    for (int row = 0; row < p.rows; row += kTileRows) {
      const int rows = p.rows - row < kTileRows ? p.rows - row : kTileRows;
      const float* a = p.a + (row / kTileRows) * p.a_strip;
      float* c = p.c + row * p.c_row + column;
      Epilogue end;
      if (p.bias) end.bias = p.bias + column;
      if (p.residual) end = {end.bias, p.residual + row * p.residual_stride + column, p.residual_stride};
      if (columns < kPanelColumns) {
        edge_tile(rows, columns, a, p.a_row, p.a_depth, panel, p.words, c, p.c_row, p.adds, end);
      } else {
        tile_rows<kTileVectors>(rows, a, p.a_row, p.a_depth, panel, kPanelColumns, p.words, c, p.c_row, p.adds, end);
      }
    }
  }
}

/// Vectors of columns that one row, or two, take at a time.
constexpr int kOneRowVectors = kLanes == 16 ? 4 : 8, kTwoRowsVectors = kOneRowVectors / 2;

/// Inner indices of B that are gone through before the next columns: few, so that B is read close together and a block is there
/// before its turn; more with more strips of rows, as between blocks the sums go through memory.
inline int block_of_depth(int rows) { return rows <= 2 ? 16 : rows <= kTileRows ? 32 : rows <= 4 * kTileRows ? 64 : 128; }

/**
 * All rows of a float32 product against the columns from `column` on that fill whole groups of vectors; gives the first one that is left.
 *
 * B is read where it lies, each value once from memory: a block of the inner axis after the other, its columns and then its strips
 * of rows, while the next block is fetched in the order in which it lies. Between blocks the sums wait in C.
 */
template <int kVectors>
int stream_columns(const SkinnyProduct& p, int column) {
  constexpr int kGroup = kVectors * kLanes;
  constexpr int kMostRows = kVectors > kTwoRowsVectors ? 1 : kVectors > kTileVectors ? 2 : kTileRows;
  const int end = column + (p.columns - column) / kGroup * kGroup, block = block_of_depth(p.rows);
  // Strips of equal height: a short last one would read B for little work.
  const int strips = (p.rows + kTileRows - 1) / kTileRows, height = (p.rows + strips - 1) / strips;
  for (int k = 0; k < p.depth && column < end; k += block) {
    const int depth = p.depth - k < block ? p.depth - k : block;
    const bool is_last = k + depth == p.depth;
    LineFetch next(p.b + (is_last ? k : k + block) * p.b_depth + column, end - column, p.b_depth);
    for (int at = column; at < end; at += kGroup) {
      for (int row = 0; row < p.rows; row += height) {
        const int rows = p.rows - row < height ? p.rows - row : height;
        const float* a = p.a + row * p.a_row + k * p.a_depth;
        const float* b = p.b + k * p.b_depth + at;
        float* c = p.c + row * p.c_row + at;
        Epilogue rest;
        if (is_last && p.bias) rest.bias = p.bias + at;
        if (is_last && p.residual) rest = {rest.bias, p.residual + row * p.residual_stride + at, p.residual_stride};
        if (row == 0) tile_rows<kVectors, kMostRows>(rows, a, p.a_row, p.a_depth, b, p.b_depth, depth, c, p.c_row, k > 0, rest, next);
        else tile_rows<kTileVectors>(rows, a, p.a_row, p.a_depth, b, p.b_depth, depth, c, p.c_row, k > 0, rest);
      }
    }
  }
  return end;
}

/**
 * Adds kDepth words of the inner axis to kRows rows of C, over whole vectors of columns: B is read in the order in which it lies,
 * so that the processor fetches ahead. The chain of each value is the same as a tile's.
 */
template <int kRows, int kDepth, int kVectors>
inline void stream_depth(const SkinnyProduct& p, int k, int columns) {
  const bool is_whole = kDepth > 1 || p.depth - k >= kPair, is_last = k + kDepth * kPair >= p.depth;
  Vf a[kRows][kDepth];
  for (int i = 0; i < kRows; i++) {
    for (int step = 0; step < kDepth; step++) {
      a[i][step] = splat(word_at(p.a + i * p.a_row + (k + step * kPair) * p.a_depth, p.a_depth, is_whole));
    }
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
        const Vf words = words_at(b + step * kPair * p.b_depth + column + j * kLanes, p.b_depth, is_whole);
#pragma GCC unroll 4
        for (int i = 0; i < kRows; i++) sums[i][j] = multiply_add(a[i][step], words, sums[i][j]);
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

/// One or two rows against the columns that fill whole vectors, where B is rounded on the way; gives their number.
template <int kRows>
int stream_rows(const SkinnyProduct& p) {
  constexpr int kDepth = 8 / kRows, kVectors = 4 / kRows;
  const int columns = p.columns - p.columns % (kVectors * kLanes);
  int k = 0;
  for (; k + kDepth * kPair <= p.depth; k += kDepth * kPair) stream_depth<kRows, kDepth, kVectors>(p, k, columns);
  for (; k < p.depth; k += kPair) stream_depth<kRows, 1, kVectors>(p, k, columns);
  return columns;
}

/// All rows against the columns from `column` on, panel after panel packed first, so that each value of B is rounded once.
void packed_columns(SkinnyProduct p, int column) {
  const int words = words_of(p.depth);
  if (kPair > 1 && column < p.columns) {
    float* lines = p.scratch + words * kPanelColumns;
    for (int row = 0; row < p.rows; row++) {
      for (int k = 0; k < p.depth; k += kPair) {
        lines[row * words + k / kPair] = word_at(p.a + row * p.a_row + k * p.a_depth, p.a_depth, p.depth - k >= kPair);
      }
    }
    p.a = lines;
    p.a_row = words;
    p.a_depth = 1;
  }
  for (; column < p.columns; column += kPanelColumns) {
    const int columns = p.columns - column < kPanelColumns ? p.columns - column : kPanelColumns;
    pack_columns(p.b + column, p.b_depth, 1, p.depth, columns, p.scratch);
    PanelProduct panel{};
    panel.a = p.a;
    panel.a_row = p.a_row;
    panel.a_depth = p.a_depth;
    panel.a_strip = kTileRows * p.a_row;
    panel.b = p.scratch;
    panel.rows = p.rows;
    panel.columns = columns;
    panel.words = words;
    panel.c = p.c + column;
    panel.c_row = p.c_row;
    if (p.bias) panel.bias = p.bias + column;
    if (p.residual) panel.residual = p.residual + column;
    panel.residual_stride = p.residual_stride;
    panel_product(panel);
  }
}

void skinny_product(const SkinnyProduct& p) {
  int column = 0;
  if constexpr (kPair == 1) {
    if (p.rows == 1) column = stream_columns<kOneRowVectors>(p, column);
    if (p.rows <= 2) column = stream_columns<kTwoRowsVectors>(p, column);
    column = stream_columns<kTileVectors>(p, column);
  } else {
    if (p.rows == 1) column = stream_rows<1>(p);
    else if (p.rows == 2) column = stream_rows<2>(p);
  }
  packed_columns(p, column);
}

constexpr foretoken::ProductLoops product_loops = {kPair,         pack_columns,  pack_rows, kPair == 1 ? nullptr : pack_lines,
                                                   panel_product, skinny_product};

}  // namespace
