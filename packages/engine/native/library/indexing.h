// Values by index, on all threads. Indices are checked by the caller.
#pragma once
#include <vector>

#include "types.h"

namespace foretoken {

/// Slices x[batch, outer, index, :] of `width` values for all indices [batch, count].
struct Taking {
  int64_t batch, outer, along, width, count;
};
void take(Type type, const void* x, const int32_t* indices, void* y, const Taking& shape);

/// Rows of a table, of `width` values each.
void take_rows(Type type, const void* table, const std::vector<int64_t>& rows, void* y, int64_t width);

/// Writes rows into a table; a later one replaces an earlier one. A row of -1 is left out.
void put_rows(Type type, const void* values, const std::vector<int64_t>& rows, void* table, int64_t width);

/// Adds rows to a table, repeats in their order; float32 or int32. A row of -1 is left out.
void add_rows(Type type, const void* values, const std::vector<int64_t>& rows, void* table, int64_t width);

/// `on` at each index of its row of `depth` values, `off` elsewhere; an index outside the row sets nothing.
void one_hot(Type type, const int32_t* indices, void* y, int64_t count, int64_t depth, double on, double off);

/// The k largest values of each row, largest first, and where they are: the lower index of a tie first. NaN is the largest value.
void top_k(Type type, const void* x, void* values, int32_t* indices, int64_t rows, int64_t width, int64_t k);

}  // namespace foretoken
