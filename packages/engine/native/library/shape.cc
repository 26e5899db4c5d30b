#include "shape.h"

#include <cstring>

namespace foretoken {

namespace {

/// Rows and columns of a block that is transposed at once: it stays in the first-level cache.
constexpr int64_t kTile = 32;

/// A run that is shorter than this is copied value by value.
constexpr int64_t kLeastRun = 16;

/// The axis along which `from` goes on where `to` does not: the two are transposed against each other. -1 where none is.
int transposed_axis(const Strided<2>& axes) {
  const int last = axes.rank - 1;
  if (axes.steps[0][last] == 1 || axes.steps[0][last] == 0 || axes.steps[1][last] != 1) return -1;
  for (int axis = 0; axis < last; axis++) {
    if (axes.steps[0][axis] == 1 && axes.sizes[axis] >= 4) return axis;
  }
  return -1;
}

/// Rows of the result whose values lie side by side in `from`, tile by tile.
template <class T>
void transpose_strip(const T* from, int64_t from_column, T* to, int64_t to_row, int64_t rows, int64_t columns) {
  for (int64_t column = 0; column < columns; column += kTile) {
    const int64_t end = std::min(columns, column + kTile);
    for (int64_t row = 0; row < rows; row++) {
      for (int64_t at = column; at < end; at++) to[row * to_row + at] = from[at * from_column + row];
    }
  }
}

/// Strips of one axis against the innermost; the others are walked one place at a time.
template <class T>
void transpose_tiles(const Strided<2>& axes, int turned, const T* from, T* to) {
  const int last = axes.rank - 1;
  const int64_t rows = axes.sizes[turned], columns = axes.sizes[last], strips = parts_of(rows, kTile);
  const int64_t from_column = axes.steps[0][last], to_row = axes.steps[1][turned];
  Strided<2> others;
  for (int axis = 0; axis < last; axis++) {
    if (axis != turned) others.add(axes.sizes[axis], {axes.steps[0][axis], axes.steps[1][axis]});
  }
  others.add(strips, {kTile, kTile * to_row});
  over_tasks(others.count(), kTile * columns, [&](int64_t begin, int64_t end) {
    walk_range(others, begin, end, [&](const int64_t (&offsets)[2], int64_t place, int64_t length) {
      for (int64_t at = 0; at < length; at++) {
        const int64_t height = std::min(kTile, rows - (place + at) % strips * kTile);
        transpose_strip(from + offsets[0] + at * others.inner_step(0), from_column, to + offsets[1] + at * others.inner_step(1), to_row,
                        height, columns);
      }
    });
  });
}

template <class T>
void copy_run(const T* from, int64_t from_step, T* to, int64_t to_step, int64_t length) {
  if (from_step == 1 && to_step == 1 && length >= kLeastRun) {
    std::memcpy(to, from, static_cast<size_t>(length) * sizeof(T));
  } else if (from_step == 0 && to_step == 1) {
    std::fill(to, to + length, *from);
  } else {
    for (int64_t at = 0; at < length; at++) to[at * to_step] = from[at * from_step];
  }
}

template <class T>
void rearrange_values(const Strided<2>& axes, const T* from, T* to) {
  if (axes.count() == 0) return;
  const int turned = transposed_axis(axes);
  if (turned >= 0) return transpose_tiles(axes, turned, from, to);
  const int64_t from_step = axes.inner_step(0), to_step = axes.inner_step(1);
  walk(axes, [&](const int64_t (&offsets)[2], int64_t, int64_t length) {
    copy_run(from + offsets[0], from_step, to + offsets[1], to_step, length);
  });
}

}  // namespace

void rearrange(Type type, const Strided<2>& axes, const void* from, void* to) {
  with_type(type, [&](auto* none) {
    using T = std::remove_pointer_t<decltype(none)>;
    rearrange_values(axes, static_cast<const T*>(from), static_cast<T*>(to));
  });
}

}  // namespace foretoken
