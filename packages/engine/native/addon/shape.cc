#include "shape.h"

#include "call.h"
#include "elementwise.h"
#include "indexing.h"
#include "typed.h"

namespace foretoken {

namespace {

/// The steps of a tensor without gaps as the second operand of `axes_of<1>`.
Strided<2> beside_whole(const Strided<1>& axes, bool is_whole_first) {
  int64_t whole[kMostAxes], step = 1;
  for (int axis = axes.rank - 1; axis >= 0; axis--) {
    whole[axis] = step;
    step *= axes.sizes[axis];
  }
  Strided<2> both;
  for (int axis = 0; axis < axes.rank; axis++) {
    const int64_t own = axes.steps[0][axis];
    if (is_whole_first) both.add(axes.sizes[axis], {whole[axis], own});
    else both.add(axes.sizes[axis], {own, whole[axis]});
  }
  return both;
}

/// rearrange(type, x, sizes and steps, start): a whole tensor of the values found at the steps.
napi_value rearrange_values(Call& call) {
  const Type type = type_of(call, 0);
  const Strided<1> axes = axes_of<1>(call, 2);
  const int64_t start = call.size(3), count = count_of(call, 1, type);
  check_reach(call, 2, axes, 0, start, count);
  const char* x = static_cast<const char*>(values_of(call, 1, type, count));
  TypedOutput y(type, axes.count());
  if (axes.count() > 0) rearrange(type, beside_whole(axes, false), x + start * width_of(type), y.data());
  return call.result(y.take());
}

/// pad(type, x, sizes of x and steps in the result, start, count of the result, value elsewhere).
napi_value pad_values(Call& call) {
  const Type type = type_of(call, 0);
  const Strided<1> axes = axes_of<1>(call, 2);
  const int64_t start = call.size(3), count = call.size(4);
  check_reach(call, 2, axes, 0, start, count);
  const void* x = values_of(call, 1, type, axes.count());
  TypedOutput y(type, count);
  fill(type, y.data(), count, call.number(5));
  if (axes.count() > 0) rearrange(type, beside_whole(axes, true), x, static_cast<char*>(y.data()) + start * width_of(type));
  return call.result(y.take());
}

/// concat(type, handles, widths, rows): row by row, the rows of all matrices beside each other.
napi_value concat_values(Call& call) {
  const Type type = type_of(call, 0);
  const View<double> handles = call.doubles(1);
  const View<int32_t> widths = call.ints(2);
  const int64_t rows = call.size(3);
  if (handles.size != widths.size) call.refuse(2, "one width a handle");
  int64_t width = 0;
  for (size_t at = 0; at < widths.size; at++) {
    if (widths.data[at] < 0) call.refuse(2, "widths from 0 on");
    width += widths.data[at];
    const size_t bytes = static_cast<size_t>(product_of({rows, widths.data[at]})) * width_of(type);
    if (Buffers::instance().at(handles.data[at]).bytes != bytes) call.refuse(1, "matrices of the widths given");
  }
  TypedOutput y(type, product_of({rows, width}));
  if (rows == 0) return call.result(y.take());
  char* to = static_cast<char*>(y.data());
  for (size_t at = 0; at < widths.size; at++) {
    const int64_t own = widths.data[at];
    Strided<2> axes;
    axes.add(rows, {own, width});
    axes.add(own, {1, 1});
    if (axes.count() > 0) rearrange(type, axes, Buffers::instance().at(handles.data[at]).data, to);
    to += own * static_cast<int64_t>(width_of(type));
  }
  return call.result(y.take());
}

}  // namespace

void register_shape(napi_env env, napi_value exports) {
  export_functions(env, exports, {{"rearrange", rearrange_values}, {"pad", pad_values}, {"concat", concat_values}});
}

}  // namespace foretoken
