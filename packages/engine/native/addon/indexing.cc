#include "indexing.h"

#include <cstring>

#include "call.h"
#include "typed.h"

namespace foretoken {

namespace {

/// take(type, x, indices, batch, outer, along, width, count).
napi_value take_values(Call& call) {
  const Type type = type_of(call, 0);
  const Taking s{call.size(3), call.size(4), call.size(5), call.size(6), call.size(7)};
  const void* x = values_of(call, 1, type, product_of({s.batch, s.outer, s.along, s.width}));
  const int64_t num_indices = product_of({s.batch, s.count});
  const int32_t* indices = call.int32s(2, num_indices);
  for (int64_t at = 0; at < num_indices; at++) {
    if (indices[at] < 0 || indices[at] >= s.along) {
      throw Fault("SHAPE_MISMATCH", "GatherV2: the index value " + std::to_string(indices[at]) + " is not in [0, " +
                                        std::to_string(s.along - 1) + "]. Take one that is.");
    }
  }
  TypedOutput y(type, product_of({s.batch, s.outer, s.count, s.width}));
  take(type, x, indices, y.data(), s);
  return call.result(y.take());
}

/// Rows of a table from indices [count, depth] along its first axes. @throws Fault SHAPE_MISMATCH for one outside
std::vector<int64_t> rows_of(const int32_t* indices, int64_t count, const View<int32_t>& steps, int64_t rows) {
  std::vector<int64_t> found(static_cast<size_t>(count));
  const int64_t depth = static_cast<int64_t>(steps.size);
  for (int64_t at = 0; at < count; at++) {
    // Unsigned, so that a sum beyond all rows wraps around instead of being undefined; it is checked either way.
    uint64_t sum = 0;
    for (int64_t axis = 0; axis < depth; axis++) sum += static_cast<uint64_t>(int64_t{indices[at * depth + axis]} * steps.data[axis]);
    const int64_t row = static_cast<int64_t>(sum);
    if (row < 0 || row >= rows) {
      std::string index;
      for (int64_t axis = 0; axis < depth; axis++) index += (axis > 0 ? "," : "") + std::to_string(indices[at * depth + axis]);
      throw Fault("SHAPE_MISMATCH", "Invalid indices: " + index + " does not index into a table of " + std::to_string(rows) + " rows. Take one that does.");
    }
    found[at] = row;
  }
  return found;
}

/// Rows to look up. Where there is neither an index nor a value, a count takes no memory and may be anything.
int64_t rows_wanted(int64_t count, const View<int32_t>& steps, int64_t width) { return steps.size == 0 && width == 0 ? 0 : count; }

/// takeAt(type, table, rows, width, indices, count, steps of each index, in rows).
napi_value take_at(Call& call) {
  const Type type = type_of(call, 0);
  const int64_t rows = call.size(2), width = call.size(3), count = call.size(5);
  const View<int32_t> steps = call.ints(6);
  const void* table = values_of(call, 1, type, product_of({rows, width}));
  const int32_t* indices = call.int32s(4, product_of({count, static_cast<int64_t>(steps.size)}));
  TypedOutput y(type, product_of({count, width}));
  const std::vector<int64_t> found = rows_of(indices, rows_wanted(count, steps, width), steps, rows);
  take_rows(type, table, found, y.data(), width);
  return call.result(y.take());
}

/// scatterAt(type, table or 0, rows, width, indices, count, steps of each index, values): into a copy of the table, or added up.
napi_value scatter_at(Call& call) {
  const Type type = type_of(call, 0);
  const int64_t rows = call.size(2), width = call.size(3), count = call.size(5), table_count = product_of({rows, width});
  const View<int32_t> steps = call.ints(6);
  const bool adds = call.number(1) == 0;
  if (adds && type == kBool) call.refuse(0, "float32 or int32 where values are added up");
  const int32_t* indices = call.int32s(4, product_of({count, static_cast<int64_t>(steps.size)}));
  const void* values = values_of(call, 7, type, product_of({count, width}));
  const void* table = adds ? nullptr : values_of(call, 1, type, table_count);
  TypedOutput y(type, table_count);
  const std::vector<int64_t> found = rows_of(indices, rows_wanted(count, steps, width), steps, rows);
  const size_t bytes = static_cast<size_t>(table_count) * width_of(type);
  if (adds) {
    std::memset(y.data(), 0, bytes);
    add_rows(type, values, found, y.data(), width);
  } else {
    std::memcpy(y.data(), table, bytes);
    put_rows(type, values, found, y.data(), width);
  }
  return call.result(y.take());
}

/// segmentSum(x, segments, count, width, number of segments): float32; values of other segments are left out.
napi_value sum_segments(Call& call) {
  const int64_t count = call.size(2), width = call.size(3), segments = call.size(4), total = product_of({segments, width});
  const void* x = values_of(call, 0, kFloat32, product_of({count, width}));
  const int32_t* ids = call.int32s(1, count);
  std::vector<int64_t> rows(ids, ids + count);
  for (int64_t& row : rows) {
    if (row >= segments) row = -1;
  }
  TypedOutput y(kFloat32, total);
  std::memset(y.data(), 0, static_cast<size_t>(total) * sizeof(float));
  add_rows(kFloat32, x, rows, y.data(), width);
  return call.result(y.take());
}

/// oneHot(type, indices, count, depth, on, off).
napi_value one_hot_values(Call& call) {
  const Type type = type_of(call, 0);
  const int64_t count = call.size(2), depth = call.size(3);
  const int32_t* indices = call.int32s(1, count);
  TypedOutput y(type, product_of({count, depth}));
  one_hot(type, indices, y.data(), count, depth, call.number(4), call.number(5));
  return call.result(y.take());
}

/// topK(type, x, rows, width, k): [values, indices].
napi_value top_values(Call& call) {
  const Type type = type_of(call, 0);
  const int64_t rows = call.size(2), width = call.size(3), k = call.size(4);
  if (k > width) call.refuse(4, "at most the width");
  const void* x = values_of(call, 1, type, product_of({rows, width}));
  TypedOutput values(type, rows * k);
  Output indices(rows * k);
  top_k(type, x, values.data(), indices.int32s(), rows, width, k);
  return call.result(std::vector<double>{values.take(), indices.take()});
}

}  // namespace

void register_indexing(napi_env env, napi_value exports) {
  export_functions(env, exports,
                   {{"take", take_values},
                    {"takeAt", take_at},
                    {"scatterAt", scatter_at},
                    {"segmentSum", sum_segments},
                    {"oneHot", one_hot_values},
                    {"topK", top_values}});
}

}  // namespace foretoken
