// Tensors whose axes lie at any distance from each other, walked in the order of the result.
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "pool.h"

namespace foretoken {

/// Values of one task of a memory-bound operation.
constexpr size_t kGrainValues = 1 << 14;

inline int64_t parts_of(int64_t count, int64_t size) { return (count + size - 1) / size; }

/// Runs `work(first, last)` on parts of [0, tasks), each of several tasks where they are of few values.
template <class Work>
void over_tasks(int64_t tasks, int64_t values, const Work& work) {
  Pool& pool = Pool::instance();
  const int64_t grain = std::max<int64_t>(1, static_cast<int64_t>(kGrainValues) / std::max<int64_t>(values, 1));
  const int64_t parts = std::min<int64_t>(parts_of(tasks, grain), 4 * pool.threads());
  if (parts <= 0) return;
  const int64_t size = parts_of(tasks, parts);
  pool.run(static_cast<int>(parts_of(tasks, size)), [&](int task, int) { work(task * size, std::min(tasks, (task + 1) * size)); });
}

/// tfjs has six axes at most; a tiled tensor has twice as many here.
constexpr int kMostAxes = 16;

/// Axes from the outermost to the innermost, one at least, each with one step per operand, in values.
template <int kOperands>
struct Strided {
  int rank = 0;
  int64_t sizes[kMostAxes];
  int64_t steps[kOperands][kMostAxes];

  /// Adds an axis inside those that are there, as part of the last one where all operands go on evenly.
  void add(int64_t size, const int64_t (&step)[kOperands]) {
    if (size == 1 && rank > 0) return;
    const int last = rank - 1;
    bool goes_on = rank > 0;
    for (int k = 0; k < kOperands; k++) goes_on = goes_on && steps[k][last] == step[k] * size;
    // An axis of one place is as good as none.
    const bool replaces = rank > 0 && sizes[last] == 1;
    const int axis = goes_on || replaces ? last : rank++;
    sizes[axis] = goes_on ? sizes[axis] * size : size;
    for (int k = 0; k < kOperands; k++) steps[k][axis] = step[k];
  }

  int64_t count() const {
    int64_t product = 1;
    for (int axis = 0; axis < rank; axis++) product *= sizes[axis];
    return product;
  }

  int64_t inner_step(int operand) const { return steps[operand][rank - 1]; }
};

/// Runs `row(offsets of the operands, place in the result, length)` for the runs along the innermost axis of [begin, end).
template <int kOperands, class Row>
void walk_range(const Strided<kOperands>& axes, int64_t begin, int64_t end, const Row& row) {
  const int last = axes.rank - 1;
  int64_t at[kMostAxes], offsets[kOperands] = {};
  int64_t rest = begin;
  for (int axis = last; axis >= 0; axis--) {
    at[axis] = rest % axes.sizes[axis];
    rest /= axes.sizes[axis];
    for (int k = 0; k < kOperands; k++) offsets[k] += at[axis] * axes.steps[k][axis];
  }
  while (begin < end) {
    const int64_t length = std::min(end - begin, axes.sizes[last] - at[last]);
    row(offsets, begin, length);
    begin += length;
    for (int k = 0; k < kOperands; k++) offsets[k] -= at[last] * axes.steps[k][last];
    at[last] = 0;
    for (int axis = last - 1; axis >= 0; axis--) {
      for (int k = 0; k < kOperands; k++) offsets[k] += axes.steps[k][axis];
      if (++at[axis] < axes.sizes[axis]) break;
      for (int k = 0; k < kOperands; k++) offsets[k] -= axes.sizes[axis] * axes.steps[k][axis];
      at[axis] = 0;
    }
  }
}

/// `walk_range` over all of a tensor, on all threads.
template <int kOperands, class Row>
void walk(const Strided<kOperands>& axes, const Row& row) {
  Pool::instance().run_ranges(axes.count(), kGrainValues, [&](size_t begin, size_t end) { walk_range(axes, begin, end, row); });
}

}  // namespace foretoken
