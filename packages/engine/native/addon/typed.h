// Arguments that hold values of a type which JavaScript names.
#pragma once
#include "call.h"
#include "strided.h"
#include "types.h"

namespace foretoken {

inline Type type_of(const Call& call, int index) {
  const int64_t type = call.size(index);
  if (type >= kNumTypes) call.refuse(index, "a known type");
  return static_cast<Type>(type);
}

/// A live buffer of exactly `count` values of a type.
inline const void* values_of(const Call& call, int index, Type type, int64_t count) {
  const Buffer& found = call.buffer(index);
  if (found.bytes != static_cast<size_t>(count) * width_of(type)) {
    call.refuse(index, "a buffer of " + std::to_string(count * width_of(type)) + " bytes, has " + std::to_string(found.bytes));
  }
  return found.data;
}

/// How many values of a type a buffer holds.
inline int64_t count_of(const Call& call, int index, Type type) { return static_cast<int64_t>(call.buffer(index).bytes / width_of(type)); }

/// A new buffer of values of a type.
class TypedOutput : public Output {
 public:
  TypedOutput(Type type, int64_t count) : Output(count, width_of(type)) {}
  void* data() const { return floats(); }
};

/// Axes from a list: sizes, then the steps of each operand. @throws Fault ENGINE_MISUSE for more axes than tensors have
template <int kOperands>
Strided<kOperands> axes_of(const Call& call, int index) {
  const View<int32_t> list = call.ints(index);
  const size_t rank = list.size / (1 + kOperands);
  if (list.size % (1 + kOperands) != 0 || rank > kMostAxes) call.refuse(index, "sizes and steps of at most 16 axes");
  Strided<kOperands> axes;
  int64_t count = 1;
  for (size_t axis = 0; axis < rank; axis++) {
    int64_t step[kOperands];
    for (int k = 0; k < kOperands; k++) step[k] = list.data[(k + 1) * rank + axis];
    if (list.data[axis] < 0) call.refuse(index, "sizes from 0 on");
    count = product_of({count, list.data[axis]});
    axes.add(list.data[axis], step);
  }
  if (axes.rank == 0) axes.add(1, {});
  if (count > 0) return axes;
  Strided<kOperands> none;
  none.add(0, {});
  return none;
}

/// @throws Fault ENGINE_MISUSE if an operand, from one of its values on, leaves the `count` values of its buffer
template <int kOperands>
void check_reach(const Call& call, int index, const Strided<kOperands>& axes, int operand, int64_t start, int64_t count) {
  if (axes.count() == 0) return;
  int64_t lowest = start, highest = start;
  for (int axis = 0; axis < axes.rank; axis++) {
    const int64_t reach = (axes.sizes[axis] - 1) * axes.steps[operand][axis];
    (reach < 0 ? lowest : highest) += reach;
  }
  if (lowest < 0 || highest >= count) call.refuse(index, "steps that stay inside the buffer");
}

}  // namespace foretoken
