// Elementwise operations of tfjs' kernels.
#include "call.h"
#include "rows.h"

namespace foretoken {

namespace {

/// unary(operation, x, count).
napi_value one(Call& call) {
  const int64_t operation = call.size(0), count = call.size(2);
  if (operation >= kNumVectorUnaries) call.refuse(0, "a known operation");
  const float* x = call.floats(1, count);
  Output y(count);
  unary(static_cast<int>(operation), x, y.floats(), count);
  return call.result(y.take());
}

}  // namespace

void register_tensors(napi_env env, napi_value exports) { export_functions(env, exports, {{"unary", one}}); }

}  // namespace foretoken
