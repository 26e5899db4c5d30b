#include "product.h"

#include <algorithm>

#include "memory.h"
#include "pool.h"
#include "processor.h"

namespace foretoken {

namespace {

/// Inner indices of a block: a panel of B then stays in the first-level cache.
constexpr int64_t kDepthBlock = 256;
/// Columns of a block: the packed block of B is two megabytes at most.
constexpr int64_t kColumnBlock = 2048;
/// Rows that one task takes at most.
constexpr int64_t kRowBlock = 96;
/// Up to this many strips of rows, B is read as it lies: packing it would cost as much as the product.
constexpr int64_t kSkinnyStrips = 2;
/// Products with fewer multiplications than this run on the calling thread.
constexpr int64_t kSmall = 1 << 15;

int64_t round_up(int64_t value, int64_t step) { return (value + step - 1) / step * step; }

/// No inner axis: what is left is bias and residual.
void without_depth(const Product& p) {
  for (int64_t row = 0; row < p.rows; row++) {
    for (int64_t column = 0; column < p.columns; column++) {
      float value = 0.0f;
      if (p.bias) value += p.bias[column];
      if (p.residual) value += p.residual[row * p.residual_row + column];
      p.c[row * p.c_row + column] = value;
    }
  }
}

void few_rows(const Product& p) {
  const SimdTable& table = simd();
  Pool& pool = Pool::instance();
  const bool is_small = p.rows * p.columns * p.depth < kSmall;
  const int64_t parts = is_small ? 1 : pool.threads();
  const int64_t width = std::max<int64_t>(round_up((p.columns + parts - 1) / parts, 4 * table.panel_columns), 1);
  pool.reserve_scratch((p.depth + p.rows) * table.panel_columns);
  pool.run(static_cast<int>((p.columns + width - 1) / width), [&](int task, int worker) {
    const int64_t column = task * width;
    SkinnyProduct part{};
    part.a = p.a;
    part.a_row = p.a_row;
    part.a_depth = p.a_depth;
    part.b = p.b + column;
    part.b_depth = p.b_depth;
    part.rows = static_cast<int>(p.rows);
    part.columns = static_cast<int>(std::min(width, p.columns - column));
    part.depth = static_cast<int>(p.depth);
    part.c = p.c + column;
    part.c_row = p.c_row;
    part.bias = p.bias ? p.bias + column : nullptr;
    part.residual = p.residual ? p.residual + column : nullptr;
    part.residual_stride = p.residual_row;
    part.scratch = pool.scratch(worker);
    table.skinny_product(part);
  });
}

/// One block of columns and of the inner axis.
struct Block {
  int64_t column, columns, depth_start, depth;
};

void pack_block(const Product& p, const Block& block, float* packed) {
  const SimdTable& table = simd();
  const int64_t width = table.panel_columns;
  const int64_t panels = (block.columns + width - 1) / width;
  // A few panels a task: packing one takes about a microsecond.
  const int64_t group = std::max<int64_t>(1, panels / (4 * Pool::instance().threads()));
  Pool::instance().run(static_cast<int>((panels + group - 1) / group), [&](int task, int) {
    const int64_t last = std::min(panels, (task + 1) * group);
    for (int64_t panel = task * group; panel < last; panel++) {
      const int64_t column = panel * width;
      const float* from = p.b + block.depth_start * p.b_depth + (block.column + column) * p.b_column;
      table.pack_columns(from, p.b_depth, p.b_column, static_cast<int>(block.depth),
                         static_cast<int>(std::min(width, block.columns - column)), packed + column * block.depth);
    }
  });
}

void multiply_rows(const Product& p, const Block& block, const float* packed, int64_t row, int64_t rows, float* strips) {
  const SimdTable& table = simd();
  PanelProduct part{};
  const float* a = p.a + row * p.a_row + block.depth_start * p.a_depth;
  if (p.a_depth == 1) {
    part.a = a;
    part.a_row = p.a_row;
    part.a_depth = 1;
    part.a_strip = table.tile_rows * p.a_row;
  } else {
    for (int64_t first = 0; first < rows; first += table.tile_rows) {
      table.pack_rows(a + first * p.a_row, p.a_row, p.a_depth, static_cast<int>(std::min<int64_t>(table.tile_rows, rows - first)),
                      static_cast<int>(block.depth), strips + first * block.depth);
    }
    part.a = strips;
    part.a_row = 1;
    part.a_depth = table.tile_rows;
    part.a_strip = table.tile_rows * block.depth;
  }
  const bool is_last = block.depth_start + block.depth == p.depth;
  part.b = packed;
  part.rows = static_cast<int>(rows);
  part.columns = static_cast<int>(block.columns);
  part.depth = static_cast<int>(block.depth);
  part.c = p.c + row * p.c_row + block.column;
  part.c_row = p.c_row;
  part.adds = block.depth_start > 0;
  part.bias = is_last && p.bias ? p.bias + block.column : nullptr;
  part.residual = is_last && p.residual ? p.residual + row * p.residual_row + block.column : nullptr;
  part.residual_stride = p.residual_row;
  table.panel_product(part);
}

void many_rows(const Product& p) {
  const SimdTable& table = simd();
  Pool& pool = Pool::instance();
  const int64_t strip = table.tile_rows;
  const int64_t even = round_up((p.rows + 4 * pool.threads() - 1) / (4 * pool.threads()), strip);
  const int64_t rows = std::min(round_up(kRowBlock, strip), std::max(strip, even));
  const int64_t most_columns = std::min(kColumnBlock, round_up(p.columns, table.panel_columns));
  Scratch packed(static_cast<size_t>(round_up(most_columns, table.panel_columns) * std::min(kDepthBlock, p.depth)));
  pool.reserve_scratch(static_cast<size_t>(rows * std::min(kDepthBlock, p.depth)));
  for (int64_t column = 0; column < p.columns; column += kColumnBlock) {
    for (int64_t depth = 0; depth < p.depth; depth += kDepthBlock) {
      const Block block{column, std::min(kColumnBlock, p.columns - column), depth, std::min(kDepthBlock, p.depth - depth)};
      pack_block(p, block, packed.data());
      pool.run(static_cast<int>((p.rows + rows - 1) / rows), [&](int task, int worker) {
        const int64_t first = task * rows;
        multiply_rows(p, block, packed.data(), first, std::min(rows, p.rows - first), pool.scratch(worker));
      });
    }
  }
}

}  // namespace

void multiply(const Product& p) {
  if (p.rows == 0 || p.columns == 0) return;
  if (p.depth == 0) return without_depth(p);
  if (p.b_column == 1 && p.rows <= kSkinnyStrips * simd().tile_rows) return few_rows(p);
  many_rows(p);
}

void multiply_batch(const Product& first, int64_t count, ptrdiff_t a_step, ptrdiff_t b_step, ptrdiff_t c_step) {
  Product one = first;
  for (int64_t index = 0; index < count; index++) {
    multiply(one);
    one.a += a_step;
    one.b += b_step;
    one.c += c_step;
  }
}

}  // namespace foretoken
