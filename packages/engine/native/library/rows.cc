#include "rows.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "memory.h"
#include "pool.h"
#include "processor.h"

namespace foretoken {

namespace {

/// Floats of one task of a memory-bound operation.
constexpr size_t kGrain = 1 << 14;

/// Rows of one partial sum. Fixed, so that sums over rows have the same bits on any number of threads.
constexpr int64_t kSumRows = 64;

/// Floats of one partial sum of squares, for the same reason.
constexpr size_t kSumFloats = 1 << 15;

template <class Work>
void over_rows(int64_t rows, int64_t width, const Work& work) {
  if (width == 0) return;
  const size_t grain = std::max<size_t>(1, kGrain / static_cast<size_t>(std::max<int64_t>(width, 1)));
  Pool& pool = Pool::instance();
  const int64_t parts = std::min<int64_t>((rows + grain - 1) / grain, 4 * pool.threads());
  if (parts <= 0) return;
  const int64_t size = (rows + parts - 1) / parts;
  pool.run(static_cast<int>((rows + size - 1) / size), [&](int task, int) {
    const int64_t first = task * size;
    work(first, std::min(size, rows - first));
  });
}

}  // namespace

void rms_norm(const float* x, const float* gain, float epsilon, float* y, int64_t rows, int64_t width) {
  over_rows(rows, width, [&](int64_t first, int64_t count) {
    simd().rms_norm(x + first * width, gain, epsilon, y + first * width, count, static_cast<int>(width));
  });
}

void rms_norm_backward(const float* dy, const float* x, const float* gain, float epsilon, float scale, float* dx, float* dgain,
                       int64_t rows, int64_t width) {
  if (width == 0) return;
  const int64_t parts = (rows + kSumRows - 1) / kSumRows;
  std::vector<double> sums(static_cast<size_t>(parts * width), 0.0);
  Pool::instance().run(static_cast<int>(parts), [&](int task, int) {
    const int64_t first = task * kSumRows;
    simd().rms_norm_backward(dy + first * width, x + first * width, gain, epsilon, scale, dx + first * width,
                             sums.data() + task * width, std::min(kSumRows, rows - first), static_cast<int>(width));
  });
  for (int64_t at = 0; at < width; at++) {
    double total = 0.0;
    for (int64_t part = 0; part < parts; part++) total += sums[part * width + at];
    dgain[at] = static_cast<float>(total * scale);
  }
}

void rotate(const float* x, const float* cosines, const float* sines, float* y, int64_t nodes, int64_t heads, int64_t width,
            float direction) {
  over_rows(nodes, heads * width, [&](int64_t first, int64_t count) {
    simd().rotate(x + first * heads * width, cosines + first * (width / 2), sines + first * (width / 2), y + first * heads * width,
                  count, static_cast<int>(heads), static_cast<int>(width), direction);
  });
}

void gated(const float* gate, const float* up, float* y, int64_t count) {
  Pool::instance().run_ranges(count, kGrain / 4, [&](size_t first, size_t last) { simd().gated(gate + first, up + first, y + first, last - first); });
}

void gated_backward(const float* dy, const float* gate, const float* up, float* dgate, float* dup, float* y, int64_t count) {
  Pool::instance().run_ranges(count, kGrain / 4, [&](size_t first, size_t last) {
    simd().gated_backward(dy + first, gate + first, up + first, dgate + first, dup + first, y + first, last - first);
  });
}

void cross_entropy(const float* logits, const int32_t* targets, float* loss, float* dlogits, int64_t rows, int64_t width) {
  // Rows without logits have a loss all the same: none.
  over_rows(rows, 4 * width + 1, [&](int64_t first, int64_t count) {
    simd().cross_entropy(logits + first * width, targets + first, loss + first, dlogits + first * width, count, static_cast<int>(width));
  });
}

void softmax(const float* x, float* y, int64_t rows, int64_t width, bool is_log) {
  over_rows(rows, 4 * width, [&](int64_t first, int64_t count) {
    simd().softmax(x + first * width, y + first * width, count, static_cast<int>(width), is_log);
  });
}

void adamw(const std::vector<AdamWRange>& slots) {
  struct Part {
    const AdamWRange* slot;
    size_t first, count;
  };
  std::vector<Part> parts;
  for (const AdamWRange& slot : slots) {
    for (size_t first = 0; first < slot.count; first += 4 * kGrain) parts.push_back({&slot, first, std::min(4 * kGrain, slot.count - first)});
  }
  Pool::instance().run(static_cast<int>(parts.size()), [&](int task, int) {
    const Part& part = parts[task];
    AdamWRange range = *part.slot;
    range.weight += part.first;
    range.moment1 += part.first;
    range.moment2 += part.first;
    range.gradient += part.first;
    range.count = part.count;
    simd().adamw(range);
  });
}

double sum_of_squares(const std::vector<std::pair<const float*, size_t>>& tensors) {
  std::vector<std::pair<const float*, size_t>> parts;
  for (const auto& [values, count] : tensors) {
    for (size_t first = 0; first < count; first += kSumFloats) parts.emplace_back(values + first, std::min(kSumFloats, count - first));
  }
  std::vector<double> sums(parts.size());
  Pool::instance().run(static_cast<int>(parts.size()), [&](int task, int) {
    sums[task] = simd().sum_of_squares(parts[task].first, parts[task].second);
  });
  double total = 0.0;
  for (const double sum : sums) total += sum;
  return total;
}

void round_bfloat16(const float* x, float* y, int64_t count) {
  Pool::instance().run_ranges(count, kGrain, [&](size_t first, size_t last) { simd().round_bfloat16(x + first, y + first, last - first); });
}

void unary(int operation, const float* x, float* y, int64_t count) {
  Pool::instance().run_ranges(count, kGrain, [&](size_t first, size_t last) { simd().unary(operation, x + first, y + first, last - first); });
}

void binary(int operation, const float* a, int a_step, const float* b, int b_step, float* y, int64_t count) {
  Pool::instance().run_ranges(count, kGrain, [&](size_t first, size_t last) {
    simd().binary(operation, a + first * a_step, a_step, b + first * b_step, b_step, y + first, last - first);
  });
}

void gather_rows(const float* table, const int32_t* rows, float* out, int64_t count, int64_t width) {
  over_rows(count, width, [&](int64_t first, int64_t number) {
    for (int64_t row = first; row < first + number; row++) {
      std::memcpy(out + row * width, table + rows[row] * width, width * sizeof(float));
    }
  });
}

void scatter_rows(const float* values, const int32_t* rows, float* out, int64_t count, int64_t table_rows, int64_t width) {
  if (width == 0) return;
  // Columns are shared out: each sum keeps the order of its repeats.
  const int64_t parts = std::min<int64_t>(Pool::instance().threads(), std::max<int64_t>(1, width / 16));
  const int64_t size = (width + parts - 1) / parts;
  Pool::instance().run(static_cast<int>(parts), [&](int task, int) {
    const int64_t first = task * size, last = std::min(width, first + size);
    for (int64_t row = 0; row < table_rows; row++) {
      for (int64_t at = first; at < last; at++) out[row * width + at] = 0.0f;
    }
    for (int64_t row = 0; row < count; row++) {
      float* to = out + rows[row] * width;
      for (int64_t at = first; at < last; at++) to[at] += values[row * width + at];
    }
  });
}

void transpose(const float* x, float* y, int64_t rows, int64_t columns) {
  if (columns == 0) return;
  constexpr int64_t kTile = 32;
  const int64_t strips = (rows + kTile - 1) / kTile;
  Pool::instance().run(static_cast<int>(strips), [&](int task, int) {
    const int64_t row = task * kTile, last_row = std::min(rows, row + kTile);
    for (int64_t column = 0; column < columns; column += kTile) {
      const int64_t last_column = std::min(columns, column + kTile);
      for (int64_t j = column; j < last_column; j++) {
        for (int64_t i = row; i < last_row; i++) y[j * rows + i] = x[i * columns + j];
      }
    }
  });
}

void copy_blocks(const float* from, int64_t from_stride, float* to, int64_t to_stride, int64_t rows, int64_t width) {
  over_rows(rows, width, [&](int64_t first, int64_t count) {
    for (int64_t row = first; row < first + count; row++) {
      std::memcpy(to + row * to_stride, from + row * from_stride, width * sizeof(float));
    }
  });
}

void sum_columns(const float* x, float* out, int64_t rows, int64_t columns) {
  if (columns == 0) return;
  const int64_t parts = (rows + kSumRows - 1) / kSumRows;
  std::vector<float> sums(static_cast<size_t>(parts * columns), 0.0f);
  Pool::instance().run(static_cast<int>(parts), [&](int task, int) {
    float* to = sums.data() + task * columns;
    for (int64_t row = task * kSumRows; row < std::min(rows, (task + 1) * kSumRows); row++) {
      for (int64_t at = 0; at < columns; at++) to[at] += x[row * columns + at];
    }
  });
  for (int64_t at = 0; at < columns; at++) {
    float total = 0.0f;
    for (int64_t part = 0; part < parts; part++) total += sums[part * columns + at];
    out[at] = total;
  }
}

void sample_rows(const float* logits, const double* uniform, float temperature, int32_t* out, int64_t rows, int64_t width) {
  over_rows(rows, 8 * width, [&](int64_t first, int64_t count) {
    std::vector<double> weights(static_cast<size_t>(width));
    for (int64_t row = first; row < first + count; row++) {
      const float* x = logits + row * width;
      const double largest = *std::max_element(x, x + width);
      double total = 0.0;
      for (int64_t at = 0; at < width; at++) total += weights[at] = std::exp((x[at] - largest) / temperature);
      const double target = uniform[row] * total;
      double reached = 0.0;
      int32_t last = 0;  // the last index that can be drawn at all, should rounding leave the target unreached
      int32_t drawn = -1;
      for (int64_t at = 0; at < width && drawn < 0; at++) {
        reached += weights[at];
        if (weights[at] > 0.0) last = static_cast<int32_t>(at);
        if (reached > target) drawn = static_cast<int32_t>(at);
      }
      out[row] = drawn < 0 ? last : drawn;
    }
  });
}

void argmax_rows(const float* x, int32_t* out, int64_t rows, int64_t width) {
  over_rows(rows, width, [&](int64_t first, int64_t count) {
    for (int64_t row = first; row < first + count; row++) {
      const float* values = x + row * width;
      int32_t best = 0;
      for (int64_t at = 1; at < width; at++) {
        if (values[at] > values[best]) best = static_cast<int32_t>(at);
      }
      out[row] = best;
    }
  });
}

}  // namespace foretoken
