#include "reduce.h"

#include "call.h"
#include "typed.h"

namespace foretoken {

namespace {

Reduced shape_of(const Call& call, int index) {
  Reduced shape{call.size(index), call.size(index + 1), call.size(index + 2), call.flag(index + 3)};
  product_of({shape.outer, shape.along, shape.inner});
  // Not implied by the above where nothing lies along the axis.
  product_of({shape.outer, shape.inner});
  if (shape.is_last && shape.inner != 1) call.refuse(index + 2, "1 where no axis lies inside");
  return shape;
}

/// reduce(reduction, type, x, outer, along, inner, isLast).
napi_value reduce_values(Call& call) {
  const int64_t reduction = call.size(0);
  if (reduction >= kNumReductions) call.refuse(0, "a known reduction");
  const Type type = type_of(call, 1);
  const Reduced shape = shape_of(call, 3);
  const void* x = values_of(call, 2, type, shape.count());
  TypedOutput y(reduction_type(static_cast<int>(reduction), type), shape.outer * shape.inner);
  reduce(static_cast<int>(reduction), type, x, y.data(), shape);
  return call.result(y.take());
}

/// accumulate(isProduct, type, x, outer, along, inner, isLast, isExclusive, isReversed).
napi_value accumulate_values(Call& call) {
  const Type type = type_of(call, 1);
  if (type == kBool) call.refuse(1, "float32 or int32");
  const Reduced shape = shape_of(call, 3);
  const void* x = values_of(call, 2, type, shape.count());
  TypedOutput y(type, shape.count());
  accumulate(call.flag(0), type, x, y.data(), shape, call.flag(7), call.flag(8));
  return call.result(y.take());
}

}  // namespace

void register_reduce(napi_env env, napi_value exports) {
  export_functions(env, exports, {{"reduce", reduce_values}, {"accumulate", accumulate_values}});
}

}  // namespace foretoken
