#include "reduce.h"

#include <algorithm>
#include <limits>
#include <vector>

#include "processor.h"
#include "strided.h"

namespace foretoken {

namespace {

/// Values of a row in one partial sum, and rows of a column in one. Fixed, so that sums have the same bits on any number of threads.
constexpr int64_t kSumValues = 1024;
constexpr int64_t kSumRows = 64;

/// Columns that one task takes.
constexpr int64_t kColumns = 4096;

/// Lanes of a search along a row.
constexpr int64_t kLanes = 16;

/// Sums of rows: of blocks in float32 lanes, the blocks in double.
void sum_rows(const float* x, float* y, int64_t rows, int64_t width, double divisor) {
  const SimdTable& table = simd();
  const int64_t parts = parts_of(width, kSumValues);
  if (parts <= 1) {
    return over_tasks(rows, width, [&](int64_t first, int64_t last) {
      for (int64_t row = first; row < last; row++) y[row] = static_cast<float>(table.sum(x + row * width, width) / divisor);
    });
  }
  std::vector<float> sums(static_cast<size_t>(rows * parts));
  over_tasks(rows * parts, kSumValues, [&](int64_t first, int64_t last) {
    for (int64_t at = first; at < last; at++) {
      const int64_t begin = at % parts * kSumValues;
      sums[at] = table.sum(x + at / parts * width + begin, std::min(kSumValues, width - begin));
    }
  });
  for (int64_t row = 0; row < rows; row++) {
    double total = 0.0;
    for (int64_t part = 0; part < parts; part++) total += sums[row * parts + part];
    y[row] = static_cast<float>(total / divisor);
  }
}

/// Adds rows [first, last) of a matrix, from one of its columns on.
void add_rows(const float* x, float* sums, int64_t first, int64_t last, int64_t width, int64_t columns) {
  std::fill(sums, sums + columns, 0.0f);
  for (int64_t row = first; row < last; row++) {
    const float* values = x + row * width;
    if (columns < 2 * kLanes) {
      for (int64_t at = 0; at < columns; at++) sums[at] += values[at];
    } else {
      simd().binary(kAdd, sums, 1, values, 1, sums, columns);
    }
  }
}

/// Sums over an axis with others inside it: of blocks of rows in float32, the blocks in double.
void sum_columns(const float* x, float* y, const Reduced& shape, double divisor) {
  const int64_t inner = shape.inner, parts = parts_of(shape.along, kSumRows), strips = parts_of(inner, kColumns);
  std::vector<float> sums(static_cast<size_t>(shape.outer * parts * inner));
  over_tasks(shape.outer * parts * strips, kSumRows * std::min(inner, kColumns), [&](int64_t first, int64_t last) {
    for (int64_t at = first; at < last; at++) {
      const int64_t column = at % strips * kColumns, part = at / strips;
      const int64_t row = part % parts * kSumRows;
      add_rows(x + part / parts * shape.along * inner + column, sums.data() + part * inner + column, row,
               std::min(shape.along, row + kSumRows), inner, std::min(kColumns, inner - column));
    }
  });
  over_tasks(shape.outer * inner, parts, [&](int64_t first, int64_t last) {
    for (int64_t at = first; at < last; at++) {
      const float* from = sums.data() + at / inner * parts * inner + at % inner;
      double total = 0.0;
      for (int64_t part = 0; part < parts; part++) total += from[part * inner];
      y[at] = static_cast<float>(total / divisor);
    }
  });
}

void sum_floats(const float* x, float* y, const Reduced& shape, bool is_mean) {
  const double divisor = is_mean ? static_cast<double>(shape.along) : 1.0;
  if (shape.is_last) return sum_rows(x, y, shape.outer, shape.along, divisor);
  sum_columns(x, y, shape, divisor);
}

/// One running value for each result, over the axis in its order.
template <class In, class Running, class Out, class Apply>
void fold(const In* x, Out* y, const Reduced& shape, Running start, Apply apply) {
  over_tasks(shape.outer * shape.inner, shape.along, [&](int64_t first, int64_t last) {
    for (int64_t at = first; at < last; at++) {
      const In* from = x + at / shape.inner * shape.along * shape.inner + at % shape.inner;
      Running value = start;
      for (int64_t step = 0; step < shape.along; step++) value = apply(value, from[step * shape.inner]);
      y[at] = static_cast<Out>(value);
    }
  });
}

/// What is larger than (or, with -1, smaller than) everything of its type.
template <class T>
T farthest(int direction) {
  if (std::numeric_limits<T>::has_infinity) return direction * std::numeric_limits<T>::infinity();
  if (std::is_same<T, uint8_t>::value) return direction > 0;
  return direction > 0 ? std::numeric_limits<T>::max() : std::numeric_limits<T>::min();
}

/// The farthest value of a row in one direction; NaNs are passed over unless `keeps_nan`.
template <class T, bool kUp>
T extreme_of(const T* x, int64_t width, bool keeps_nan) {
  if constexpr (std::is_same<T, float>::value) {
    return simd().extreme(x, static_cast<size_t>(width), kUp, keeps_nan);
  } else {
    const auto better = [](T value, T best) { return kUp ? std::max(value, best) : std::min(value, best); };
    T lanes[kLanes];
    std::fill(lanes, lanes + kLanes, farthest<T>(kUp ? -1 : 1));
    int64_t at = 0;
    for (; at + kLanes <= width; at += kLanes) {
      for (int64_t lane = 0; lane < kLanes; lane++) lanes[lane] = better(x[at + lane], lanes[lane]);
    }
    for (int64_t lane = 0; at < width; at++, lane++) lanes[lane] = better(x[at], lanes[lane]);
    return *(kUp ? std::max_element(lanes, lanes + kLanes) : std::min_element(lanes, lanes + kLanes));
  }
}

/// Runs `work(x, y, columns)` on strips of columns of every outer index: x [along, inner], y [inner] or [along, inner] from there.
template <class In, class Out, class Work>
void over_strips(const In* x, Out* y, const Reduced& shape, int64_t out_rows, const Work& work) {
  const int64_t strips = parts_of(shape.inner, kColumns);
  over_tasks(shape.outer * strips, shape.along * std::min(shape.inner, kColumns), [&](int64_t first, int64_t last) {
    for (int64_t at = first; at < last; at++) {
      const int64_t column = at % strips * kColumns, outer = at / strips;
      work(x + outer * shape.along * shape.inner + column, y + outer * out_rows * shape.inner + column,
           std::min(kColumns, shape.inner - column));
    }
  });
}

template <class T, bool kUp>
void extremes(const T* x, T* y, const Reduced& shape) {
  if (shape.inner == 1) {
    return over_tasks(shape.outer, shape.along, [&](int64_t first, int64_t last) {
      for (int64_t row = first; row < last; row++) y[row] = extreme_of<T, kUp>(x + row * shape.along, shape.along, true);
    });
  }
  over_strips(x, y, shape, 1, [&](const T* from, T* to, int64_t columns) {
    std::fill(to, to + columns, farthest<T>(kUp ? -1 : 1));
    for (int64_t row = 0; row < shape.along; row++, from += shape.inner) {
      for (int64_t column = 0; column < columns; column++) {
        const T value = from[column];
        to[column] = (kUp ? value > to[column] : value < to[column]) | (value != value) ? value : to[column];
      }
    }
  });
}

/// The lowest index of the farthest value, NaNs passed over; 0 where the first is a NaN, as tfjs has it.
template <class T, bool kUp>
void indices_of_extremes(const T* x, int32_t* y, const Reduced& shape) {
  if (shape.inner == 1 && shape.along > 0) {
    return over_tasks(shape.outer, shape.along, [&](int64_t first, int64_t last) {
      for (int64_t row = first; row < last; row++) {
        const T* values = x + row * shape.along;
        const T* end = values + shape.along;
        const T* found = *values == *values ? std::find(values, end, extreme_of<T, kUp>(values, shape.along, false)) : values;
        y[row] = static_cast<int32_t>(found - values);
      }
    });
  }
  over_strips(x, y, shape, 1, [&](const T* from, int32_t* to, int64_t columns) {
    std::fill(to, to + columns, 0);
    for (int64_t row = 1; row < shape.along; row++) {
      for (int64_t column = 0; column < columns; column++) {
        const T value = from[row * shape.inner + column], best = from[to[column] * shape.inner + column];
        if (kUp ? value > best : value < best) to[column] = static_cast<int32_t>(row);
      }
    }
  });
}

template <class T>
void reduce_values(int reduction, const T* x, void* y, const Reduced& shape) {
  T* values = static_cast<T*>(y);
  int32_t* indices = static_cast<int32_t*>(y);
  switch (reduction) {
    case kLargest: return extremes<T, true>(x, values, shape);
    case kSmallest: return extremes<T, false>(x, values, shape);
    case kArgLargest: return indices_of_extremes<T, true>(x, indices, shape);
    case kArgSmallest: return indices_of_extremes<T, false>(x, indices, shape);
  }
}

template <class T>
void total_ints(int reduction, const T* x, void* y, const Reduced& shape) {
  int32_t* to = static_cast<int32_t*>(y);
  if (reduction == kSum) {
    return fold(x, to, shape, uint32_t{0}, [](uint32_t sum, T value) { return sum + static_cast<uint32_t>(value); });
  }
  if (reduction == kMean) {
    const double share = 1.0 / static_cast<double>(shape.along);
    std::vector<int64_t> sums(static_cast<size_t>(shape.outer * shape.inner));
    fold(x, sums.data(), shape, int64_t{0}, [](int64_t sum, T value) { return sum + value; });
    for (size_t at = 0; at < sums.size(); at++) static_cast<float*>(y)[at] = static_cast<float>(sums[at] * share);
    return;
  }
  std::vector<double> products(static_cast<size_t>(shape.outer * shape.inner));
  fold(x, products.data(), shape, 1.0, [](double product, T value) { return product * value; });
  for (size_t at = 0; at < products.size(); at++) to[at] = stored<int32_t>(products[at]);
}

/// How a sum or product goes on: what is stored at each place, and what is carried to the next.
template <class T, bool kIsProduct>
struct Carry {
  bool is_exclusive;
  double start() const { return kIsProduct ? 1.0 : 0.0; }
  double operator()(double value, T given, T& out) const {
    const double next = kIsProduct ? value * given : value + given;
    out = stored<T>(is_exclusive ? value : next);
    // Whole numbers wrap around at every step, as those of tfjs do.
    return std::is_same<T, float>::value ? next : stored<T>(next);
  }
};

template <class T, class Carried>
void accumulate_strips(const T* x, T* y, const Reduced& shape, bool is_reversed, const Carried& carry) {
  const int64_t step = is_reversed ? -shape.inner : shape.inner;
  const int64_t start = is_reversed ? (shape.along - 1) * shape.inner : 0;
  over_strips(x, y, shape, shape.along, [&](const T* from, T* to, int64_t columns) {
    int64_t at = start;
    if (columns == 1) {
      double value = carry.start();
      for (int64_t row = 0; row < shape.along; row++, at += step) value = carry(value, from[at], to[at]);
      return;
    }
    std::vector<double> values(static_cast<size_t>(columns), carry.start());
    for (int64_t row = 0; row < shape.along; row++, at += step) {
      for (int64_t column = 0; column < columns; column++) values[column] = carry(values[column], from[at + column], to[at + column]);
    }
  });
}

template <class T>
void accumulate_values(bool is_product, const T* x, T* y, const Reduced& shape, bool is_exclusive, bool is_reversed) {
  if (is_product) return accumulate_strips(x, y, shape, is_reversed, Carry<T, true>{is_exclusive});
  accumulate_strips(x, y, shape, is_reversed, Carry<T, false>{is_exclusive});
}

}  // namespace

Type reduction_type(int reduction, Type operand) {
  if (reduction == kMean) return kFloat32;
  if (reduction == kArgLargest || reduction == kArgSmallest) return kInt32;
  return (reduction == kSum || reduction == kProduct) && operand == kBool ? kInt32 : operand;
}

void reduce(int reduction, Type type, const void* x, void* y, const Reduced& shape) {
  with_type(type, [&](auto* none) {
    using T = std::remove_pointer_t<decltype(none)>;
    const T* values = static_cast<const T*>(x);
    if (reduction >= kLargest) return reduce_values(reduction, values, y, shape);
    if constexpr (std::is_same<T, float>::value) {
      float* to = static_cast<float*>(y);
      if (reduction != kProduct) return sum_floats(values, to, shape, reduction == kMean);
      fold(values, to, shape, 1.0, [](double product, float value) { return product * value; });
    } else {
      total_ints(reduction, values, y, shape);
    }
  });
}

void accumulate(bool is_product, Type type, const void* x, void* y, const Reduced& shape, bool is_exclusive, bool is_reversed) {
  if (shape.count() == 0) return;
  if (type == kFloat32) {
    return accumulate_values(is_product, static_cast<const float*>(x), static_cast<float*>(y), shape, is_exclusive, is_reversed);
  }
  accumulate_values(is_product, static_cast<const int32_t*>(x), static_cast<int32_t*>(y), shape, is_exclusive, is_reversed);
}

}  // namespace foretoken
