#include "product.h"

#include <algorithm>
#include <vector>

#include "memory.h"
#include "pool.h"
#include "processor.h"
#include "rows.h"

namespace foretoken {

namespace {

// Blocks of the inner axis begin at even indices, so that no pair of them is cut.

/// Inner indices of a block: a panel of B then stays in the first-level cache.
constexpr int64_t kDepthBlock = 256;
/// Inner indices that are packed together.
constexpr int64_t kPackedDepth = 4096;
/// Packed words of B at most: eight megabytes.
constexpr int64_t kPackedWords = int64_t{1} << 21;
/// Strips of rows that one task takes at most.
constexpr int64_t kTaskStrips = 16;
/// Tasks for each thread, so that one that is held up leaves work to the others.
constexpr int64_t kTasksPerThread = 4;
/// Packed words of B that a worker keeps for itself at most: two megabytes.
constexpr int64_t kOwnWords = int64_t{1} << 19;
/// Inner indices that are packed for all strips before the next ones.
constexpr int64_t kPackedRun = 32;
/// Columns of B that a worker packs for itself at most.
constexpr int64_t kAloneColumns = 1024;
/// Rows for each thread from which on that pays.
constexpr int64_t kAloneRows = 20;
/// Up to this many rows B is read as it lies, once: to pack it costs more than its wide strides do.
constexpr int64_t kFewRows = 48;
/// The same where all of B, up to so many values, stays in a core's cache from one strip of rows to the next.
constexpr int64_t kFewRowsNear = 192, kNearValues = int64_t{1} << 17;
/// Strips of rows that are few where B is rounded on the way: it is packed then, panel by panel.
constexpr int64_t kSkinnyStrips = 2;
/// Products with fewer multiplications than this run on the calling thread.
constexpr int64_t kSmall = 1 << 15;

int64_t round_up(int64_t value, int64_t step) { return (value + step - 1) / step * step; }

/// The loops for a product's operands.
const ProductLoops& loops_of(const Product& p) { return p.takes_bfloat16 ? *bfloat16_products() : simd().products; }

/// Words of so many inner indices, each four bytes once they are packed.
int64_t words_of(const Product& p, int64_t depth) {
  const int64_t pair = loops_of(p).pair;
  return (depth + pair - 1) / pair;
}

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

bool has_few_rows(const Product& p) {
  if (p.b_column != 1) return false;
  if (p.takes_bfloat16) return p.rows <= kSkinnyStrips * simd().tile_rows;
  return p.rows <= (p.columns * p.depth <= kNearValues ? kFewRowsNear : kFewRows);
}

/// Columns [first, last) of a product of few rows.
void multiply_columns(const Product& p, int64_t first, int64_t last, float* scratch) {
  SkinnyProduct part{};
  part.a = p.a;
  part.a_row = p.a_row;
  part.a_depth = p.a_depth;
  part.b = p.b + first;
  part.b_depth = p.b_depth;
  part.rows = static_cast<int>(p.rows);
  part.columns = static_cast<int>(last - first);
  part.depth = static_cast<int>(p.depth);
  part.c = p.c + first;
  part.c_row = p.c_row;
  part.bias = p.bias ? p.bias + first : nullptr;
  part.residual = p.residual ? p.residual + first : nullptr;
  part.residual_stride = p.residual_row;
  part.scratch = scratch;
  loops_of(p).skinny_product(part);
}

/// Shares the columns of a product of few rows out: `work(first, last, scratch)`.
template <class Work>
void over_columns(const Product& p, const Work& work) {
  const SimdTable& table = simd();
  Pool& pool = Pool::instance();
  const int64_t parts = p.rows * p.columns * p.depth < kSmall ? 1 : pool.threads();
  const int64_t width = std::max<int64_t>(round_up((p.columns + parts - 1) / parts, table.panel_columns), 1);
  pool.reserve_scratch((p.depth + p.rows) * table.panel_columns);
  pool.run(static_cast<int>((p.columns + width - 1) / width), [&](int task, int worker) {
    work(task * width, std::min((task + 1) * width, p.columns), pool.scratch(worker));
  });
}

void few_rows(const Product& p) {
  over_columns(p, [&](int64_t first, int64_t last, float* scratch) { multiply_columns(p, first, last, scratch); });
}

/// Strips of A for one depth block, a few inner indices for all of them at a time: A is then read in the order in which it lies.
void pack_strips(const Product& p, int64_t row, int64_t rows, int64_t start, int64_t depth, float* strips) {
  const int64_t strip = simd().tile_rows, words = words_of(p, depth);
  for (int64_t first = 0; first < depth; first += kPackedRun) {
    const int64_t run = std::min(kPackedRun, depth - first);
    for (int64_t at = 0; at < rows; at += strip) {
      loops_of(p).pack_rows(p.a + (row + at) * p.a_row + (start + first) * p.a_depth, p.a_row, p.a_depth,
                            static_cast<int>(std::min(strip, rows - at)), static_cast<int>(run),
                            strips + at * words + words_of(p, first) * strip);
    }
  }
}

/// Whether A is read where it lies.
bool reads_in_place(const Product& p) { return p.a_depth == 1 && loops_of(p).pair == 1; }

/// Rows of A for one depth block: where they lie, or packed into `strips`.
void take_rows(const Product& p, int64_t row, int64_t rows, int64_t start, int64_t depth, float* strips, PanelProduct& into) {
  const int64_t words = words_of(p, depth);
  if (reads_in_place(p)) {
    into.a = p.a + row * p.a_row + start;
    into.a_row = p.a_row;
  } else if (p.a_depth == 1) {
    loops_of(p).pack_lines(p.a + row * p.a_row + start, p.a_row, static_cast<int>(rows), static_cast<int>(depth), strips);
    into.a = strips;
    into.a_row = words;
  } else {
    pack_strips(p, row, rows, start, depth, strips);
    into.a = strips;
    into.a_row = 1;
  }
  into.a_depth = p.a_depth == 1 ? 1 : simd().tile_rows;
  into.a_strip = simd().tile_rows * (p.a_depth == 1 ? into.a_row : words);
}

/// B's panels for a range of columns and one depth block.
void pack_panels(const Product& p, int64_t column, int64_t columns, int64_t start, int64_t depth, float* panels) {
  const int64_t width = simd().panel_columns, words = words_of(p, depth);
  for (int64_t at = 0; at < columns; at += width) {
    loops_of(p).pack_columns(p.b + start * p.b_depth + (column + at) * p.b_column, p.b_depth, p.b_column, static_cast<int>(depth),
                             static_cast<int>(std::min(width, columns - at)), panels + at * words);
  }
}

/// Rows and columns of C that one task computes.
struct Part {
  int64_t row, rows, column, columns;
};

/// One depth block of a part, from panels of B; A's rows are packed into `strips` where they are not read in place.
void multiply_depth(const Product& p, const Part& part, int64_t start, int64_t depth, const float* panels, float* strips) {
  const bool is_last = start + depth == p.depth;
  PanelProduct one{};
  take_rows(p, part.row, part.rows, start, depth, strips, one);
  one.b = panels;
  one.rows = static_cast<int>(part.rows);
  one.columns = static_cast<int>(part.columns);
  one.words = static_cast<int>(words_of(p, depth));
  one.c = p.c + part.row * p.c_row + part.column;
  one.c_row = p.c_row;
  one.adds = start > 0;
  one.bias = is_last && p.bias ? p.bias + part.column : nullptr;
  one.residual = is_last && p.residual ? p.residual + part.row * p.residual_row + part.column : nullptr;
  one.residual_stride = p.residual_row;
  loops_of(p).panel_product(one);
}

/// One block of columns and of the inner axis, all of B's part in it packed: depth block after depth block, panels in each.
struct Block {
  int64_t column, columns, depth_start, depth;
  float* packed;

  int64_t padded_columns() const { return round_up(columns, simd().panel_columns); }
  float* panels(const Product& p, int64_t depth_offset) const { return packed + words_of(p, depth_offset) * padded_columns(); }
};

void pack_block(const Product& p, const Block& block) {
  const int64_t width = simd().panel_columns;
  const int64_t panels = block.padded_columns() / width;
  const int64_t depths = (block.depth + kDepthBlock - 1) / kDepthBlock;
  // Some panels a task: packing one takes about a microsecond.
  const int64_t count = panels * depths;
  const int64_t group = std::max<int64_t>(1, count / (kTasksPerThread * Pool::instance().threads()));
  Pool::instance().run(static_cast<int>((count + group - 1) / group), [&](int task, int) {
    for (int64_t index = task * group; index < std::min(count, (task + 1) * group); index++) {
      const int64_t start = index / panels * kDepthBlock, column = index % panels * width;
      const int64_t depth = std::min(kDepthBlock, block.depth - start);
      pack_panels(p, block.column + column, std::min(width, block.columns - column), block.depth_start + start, depth,
                  block.panels(p, start) + column * words_of(p, depth));
    }
  });
}

/// Shares a block's strips of rows out evenly.
void multiply_block(const Product& p, const Block& block) {
  Pool& pool = Pool::instance();
  const int64_t strip = simd().tile_rows;
  const int64_t strips = (p.rows + strip - 1) / strip;
  const int64_t even = std::min<int64_t>(strips, kTasksPerThread * pool.threads());
  const int64_t tasks = std::max(even, (strips + kTaskStrips - 1) / kTaskStrips);
  const int64_t most = (strips + tasks - 1) / tasks;
  pool.reserve_scratch(static_cast<size_t>(most * strip * words_of(p, std::min(kDepthBlock, block.depth))));
  pool.run(static_cast<int>(tasks), [&](int task, int worker) {
    const int64_t first = task * strips / tasks * strip, last = std::min(p.rows, (task + 1) * strips / tasks * strip);
    const Part part{first, last - first, block.column, block.columns};
    for (int64_t start = 0; start < block.depth && first < last; start += kDepthBlock) {
      multiply_depth(p, part, block.depth_start + start, std::min(kDepthBlock, block.depth - start), block.panels(p, start),
                     pool.scratch(worker));
    }
  });
}

void many_rows(const Product& p) {
  const int64_t width = simd().panel_columns;
  const int64_t depth = std::min(p.depth, kPackedDepth), words = words_of(p, depth);
  const int64_t most = std::max(width, kPackedWords / words / width * width);
  const int64_t blocks = (p.columns + most - 1) / most;
  const int64_t columns = round_up((p.columns + blocks - 1) / blocks, width);
  Scratch packed(static_cast<size_t>(columns * words));
  for (int64_t column = 0; column < p.columns; column += columns) {
    for (int64_t start = 0; start < p.depth; start += depth) {
      const Block block{column, std::min(columns, p.columns - column), start, std::min(depth, p.depth - start), packed.data()};
      pack_block(p, block);
      multiply_block(p, block);
    }
  }
}

/// Shares strips of rows out evenly: `work(row, rows, worker)`.
template <class Work>
void over_strips(const Product& p, int64_t tasks_per_thread, const Work& work) {
  Pool& pool = Pool::instance();
  const int64_t strip = simd().tile_rows;
  const int64_t strips = (p.rows + strip - 1) / strip;
  const int64_t tasks = std::min<int64_t>(strips, tasks_per_thread * pool.threads());
  pool.run(static_cast<int>(tasks), [&](int task, int worker) {
    const int64_t first = task * strips / tasks * strip, last = std::min(p.rows, (task + 1) * strips / tasks * strip);
    work(first, last - first, worker);
  });
}

/// Words of a task's rows for one depth block, where they are packed.
int64_t strip_words(const Product& p, int64_t tasks_per_thread) {
  if (reads_in_place(p)) return 0;
  const int64_t strip = simd().tile_rows;
  const int64_t strips = (p.rows + strip - 1) / strip;
  const int64_t tasks = std::min<int64_t>(strips, tasks_per_thread * Pool::instance().threads());
  return ((strips + tasks - 1) / tasks) * strip * words_of(p, kDepthBlock);
}

/// Each worker packs all of B once, for itself, and goes on with its rows.
void small_right_side(const Product& p) {
  Pool& pool = Pool::instance();
  const int64_t padded = round_up(p.columns, simd().panel_columns);
  const int64_t own = padded * words_of(p, p.depth);
  pool.reserve_scratch(static_cast<size_t>(own + strip_words(p, kTasksPerThread)));
  std::vector<char> has_packed(pool.threads(), 0);
  over_strips(p, kTasksPerThread, [&](int64_t row, int64_t rows, int worker) {
    float* panels = pool.scratch(worker);
    for (int64_t start = 0; start < p.depth && !has_packed[worker]; start += kDepthBlock) {
      pack_panels(p, 0, p.columns, start, std::min(kDepthBlock, p.depth - start), panels + words_of(p, start) * padded);
    }
    has_packed[worker] = 1;
    for (int64_t start = 0; start < p.depth; start += kDepthBlock) {
      multiply_depth(p, {row, rows, 0, p.columns}, start, std::min(kDepthBlock, p.depth - start), panels + words_of(p, start) * padded,
                     panels + own);
    }
  });
}

/// A long inner axis, as in the gradient of a weight: each worker takes an equal part of the rows and packs B block by block.
void long_depth(const Product& p) {
  Pool& pool = Pool::instance();
  const int64_t columns = round_up(std::min(kAloneColumns, p.columns), simd().panel_columns);
  const int64_t own = columns * words_of(p, kDepthBlock);
  pool.reserve_scratch(static_cast<size_t>(own + strip_words(p, 1)));
  over_strips(p, 1, [&](int64_t row, int64_t rows, int worker) {
    float* panels = pool.scratch(worker);
    for (int64_t column = 0; column < p.columns; column += columns) {
      const Part part{row, rows, column, std::min(columns, p.columns - column)};
      for (int64_t start = 0; start < p.depth; start += kDepthBlock) {
        const int64_t depth = std::min(kDepthBlock, p.depth - start);
        pack_panels(p, column, part.columns, start, depth, panels);
        multiply_depth(p, part, start, depth, panels, panels + own);
      }
    }
  });
}

}  // namespace

void multiply(const Product& p) {
  if (p.rows == 0 || p.columns == 0) return;
  if (p.depth == 0) return without_depth(p);
  if (has_few_rows(p)) return few_rows(p);
  // Packed memory that one core writes and another reads costs more than packing twice, where there are rows enough: packing
  // takes about a quarter of a cycle a value of B, multiplying a sixteenth a row.
  const int threads = Pool::instance().threads();
  if (p.rows >= kAloneRows * threads) {
    if (round_up(p.columns, simd().panel_columns) * words_of(p, p.depth) <= kOwnWords) return small_right_side(p);
    if (threads > 1) return long_depth(p);
  }
  many_rows(p);
}

void multiply_gated(const Product& gate, const Product& up) {
  if (gate.rows == 0 || gate.columns == 0 || gate.depth == 0 || !has_few_rows(gate)) {
    multiply(gate);
    multiply(up);
    return gated(gate.c, up.c, gate.c, gate.rows * gate.columns);
  }
  over_columns(gate, [&](int64_t first, int64_t last, float* scratch) {
    multiply_columns(gate, first, last, scratch);
    multiply_columns(up, first, last, scratch);
    for (int64_t row = 0; row < gate.rows; row++) {
      float* gates = gate.c + row * gate.c_row + first;
      simd().gated(gates, up.c + row * up.c_row + first, gates, last - first);
    }
  });
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
