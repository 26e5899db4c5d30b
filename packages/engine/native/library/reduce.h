// Values along an axis made into one, on all threads.
#pragma once
#include "types.h"

namespace foretoken {

/// In the order of the JavaScript side.
enum Reduction { kSum, kMean, kProduct, kLargest, kSmallest, kArgLargest, kArgSmallest, kNumReductions };

/// A tensor x [outer, along, inner] and its result [outer, inner]. How values are added up depends on whether there are axes
/// inside (`is_last`), never on their size: it may be that of a batch.
struct Reduced {
  int64_t outer, along, inner;
  bool is_last;
  int64_t count() const { return outer * along * inner; }
};

/// float32 for a mean, int32 for an index and for sums and products of bools, otherwise the operand's.
Type reduction_type(int reduction, Type operand);

/// Each result depends on its own values and their number alone: float32 sums go over blocks of one size in one order. Sums and
/// means take float32 or int32; a NaN is the largest and the smallest value; an index is the lowest of a tie.
void reduce(int reduction, Type type, const void* x, void* y, const Reduced& shape);

/// Sums or products of the values up to each one, or below it (`is_exclusive`), from the front or from the back; float32 and int32.
void accumulate(bool is_product, Type type, const void* x, void* y, const Reduced& shape, bool is_exclusive, bool is_reversed);

}  // namespace foretoken
