#include "call.h"
#include "memory.h"
#include "product.h"
#include "rows.h"

namespace foretoken {

namespace {

/// A copy rounded to bfloat16.
const float* rounded(const float* values, int64_t count, const Scratch& to) {
  round_bfloat16(values, to.data(), count);
  return to.data();
}

/// product(a, b, P, M, N, K, transposeA, transposeB, bias, residual, bfloat16): P products of [M,K] and [K,N].
napi_value product(Call& call) {
  const int64_t P = call.size(2), M = call.size(3), N = call.size(4), K = call.size(5);
  const bool turns_a = call.flag(6), turns_b = call.flag(7), is_rounded = call.flag(10);
  const int64_t a_count = product_of({P, M, K}), b_count = product_of({P, K, N}), c_count = product_of({P, M, N});
  Product p{};
  p.a = call.floats(0, a_count);
  p.b = call.floats(1, b_count);
  p.bias = call.optional_floats(8, N);
  p.residual = call.optional_floats(9, c_count);
  if (P != 1 && (p.bias || p.residual)) call.refuse(2, "1 where a bias or residual is given");
  Output out(c_count);
  const Scratch a_rounded(is_rounded ? a_count : 0), b_rounded(is_rounded ? b_count : 0);
  if (is_rounded) {
    p.a = rounded(p.a, a_count, a_rounded);
    p.b = rounded(p.b, b_count, b_rounded);
  }
  p.a_row = turns_a ? 1 : K;
  p.a_depth = turns_a ? M : 1;
  p.b_depth = turns_b ? 1 : N;
  p.b_column = turns_b ? K : 1;
  p.c = out.floats();
  p.c_row = N;
  p.residual_row = N;
  p.rows = M;
  p.columns = N;
  p.depth = K;
  multiply_batch(p, P, M * K, K * N, M * N);
  return call.result(out.take());
}

}  // namespace

void register_products(napi_env env, napi_value exports) { export_functions(env, exports, {{"product", product}}); }

}  // namespace foretoken
