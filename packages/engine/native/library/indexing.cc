#include "indexing.h"

#include <algorithm>
#include <cstring>
#include <numeric>

#include "elementwise.h"
#include "strided.h"

namespace foretoken {

namespace {

/// Runs `work(row)` for every row, rows of `width` values shared out among the threads.
template <class Work>
void over_rows(int64_t rows, int64_t width, const Work& work) {
  if (width == 0) return;
  over_tasks(rows, width, [&](int64_t first, int64_t last) {
    for (int64_t row = first; row < last; row++) work(row);
  });
}

template <class T>
void copy(const T* from, T* to, int64_t width) {
  if (width == 1) *to = *from;
  else std::memcpy(to, from, static_cast<size_t>(width) * sizeof(T));
}

template <class T>
void take_values(const T* x, const int32_t* indices, T* y, const Taking& s) {
  over_rows(s.batch * s.outer * s.count, s.width, [&](int64_t row) {
    const int64_t block = row / s.count;
    const int64_t index = indices[block / s.outer * s.count + row % s.count];
    copy(x + (block * s.along + index) * s.width, y + row * s.width, s.width);
  });
}

/// Columns are shared out: each place of the table keeps the order of its repeats.
template <class T, class Apply>
void into_rows(const T* values, const std::vector<int64_t>& rows, T* table, int64_t width, Apply apply) {
  const int64_t count = static_cast<int64_t>(rows.size());
  const bool is_small = count * width < static_cast<int64_t>(kGrainValues);
  const int64_t parts = is_small ? 1 : std::min<int64_t>(Pool::instance().threads(), std::max<int64_t>(1, width / 16));
  const int64_t size = (width + parts - 1) / parts;
  Pool::instance().run(static_cast<int>(parts), [&](int task, int) {
    const int64_t first = task * size, last = std::min(width, first + size);
    for (int64_t row = 0; row < count; row++) {
      if (rows[row] < 0) continue;
      T* to = table + rows[row] * width;
      const T* from = values + row * width;
      for (int64_t at = first; at < last; at++) to[at] = apply(to[at], from[at]);
    }
  });
}

template <class T>
void top_k_of_row(const T* x, T* values, int32_t* indices, std::vector<int32_t>& order, int64_t k) {
  std::iota(order.begin(), order.end(), 0);
  const auto comes_first = [x](int32_t a, int32_t b) {
    const T left = x[a], right = x[b];
    if (left != left || right != right) {
      if ((left != left) != (right != right)) return left != left;
      return a < b;
    }
    return left != right ? left > right : a < b;
  };
  std::partial_sort(order.begin(), order.begin() + k, order.end(), comes_first);
  for (int64_t at = 0; at < k; at++) {
    indices[at] = order[at];
    values[at] = x[order[at]];
  }
}

}  // namespace

void take(Type type, const void* x, const int32_t* indices, void* y, const Taking& shape) {
  with_type(type, [&](auto* none) {
    using T = std::remove_pointer_t<decltype(none)>;
    take_values(static_cast<const T*>(x), indices, static_cast<T*>(y), shape);
  });
}

void take_rows(Type type, const void* table, const std::vector<int64_t>& rows, void* y, int64_t width) {
  with_type(type, [&](auto* none) {
    using T = std::remove_pointer_t<decltype(none)>;
    over_rows(static_cast<int64_t>(rows.size()), width, [&](int64_t row) {
      copy(static_cast<const T*>(table) + rows[row] * width, static_cast<T*>(y) + row * width, width);
    });
  });
}

void put_rows(Type type, const void* values, const std::vector<int64_t>& rows, void* table, int64_t width) {
  with_type(type, [&](auto* none) {
    using T = std::remove_pointer_t<decltype(none)>;
    into_rows(static_cast<const T*>(values), rows, static_cast<T*>(table), width, [](T, T value) { return value; });
  });
}

void add_rows(Type type, const void* values, const std::vector<int64_t>& rows, void* table, int64_t width) {
  if (type == kFloat32) {
    const auto add = [](float sum, float value) { return sum + value; };
    return into_rows(static_cast<const float*>(values), rows, static_cast<float*>(table), width, add);
  }
  const auto add = [](uint32_t sum, uint32_t value) { return sum + value; };
  into_rows(static_cast<const uint32_t*>(values), rows, static_cast<uint32_t*>(table), width, add);
}

void one_hot(Type type, const int32_t* indices, void* y, int64_t count, int64_t depth, double on, double off) {
  fill(type, y, count * depth, off);
  with_type(type, [&](auto* none) {
    using T = std::remove_pointer_t<decltype(none)>;
    for (int64_t row = 0; row < count; row++) {
      const int64_t index = indices[row];
      if (index >= 0 && index < depth) static_cast<T*>(y)[row * depth + index] = stored<T>(on);
    }
  });
}

void top_k(Type type, const void* x, void* values, int32_t* indices, int64_t rows, int64_t width, int64_t k) {
  if (k == 0) return;
  with_type(type, [&](auto* none) {
    using T = std::remove_pointer_t<decltype(none)>;
    over_tasks(rows, 8 * width, [&](int64_t first, int64_t last) {
      std::vector<int32_t> order(static_cast<size_t>(width));
      for (int64_t row = first; row < last; row++) {
        top_k_of_row(static_cast<const T*>(x) + row * width, static_cast<T*>(values) + row * k, indices + row * k, order, k);
      }
    });
  });
}

}  // namespace foretoken
