#include "products.h"

#include <algorithm>

#include "call.h"
#include "memory.h"
#include "processor.h"
#include "product.h"
#include "rows.h"

namespace foretoken {

Rounding rounding_of(bool is_rounded) {
  if (!is_rounded) return Rounding::kNone;
  return bfloat16_products() ? Rounding::kPairs : Rounding::kCopies;
}

namespace {

/// Operands as they are, or copies rounded to bfloat16 that live as long as this object.
class Operand {
 public:
  Operand(const float* values, int64_t count, Rounding rounding)
      : copy_(rounding == Rounding::kCopies ? count : 0), values_(values) {
    if (rounding != Rounding::kCopies) return;
    round_bfloat16(values, copy_.data(), count);
    values_ = copy_.data();
  }
  const float* values() const { return values_; }

 private:
  Scratch copy_;
  const float* values_;
};

/// C = A B of row-major matrices, of which `a` is [M,K] or, turned, [K,M] and `b` [K,N] or, turned, [N,K].
Product plain(const float* a, const float* b, float* c, int64_t M, int64_t N, int64_t K, Rounding rounding, bool turns_a = false,
              bool turns_b = false) {
  Product p{};
  p.a = a;
  p.b = b;
  p.takes_bfloat16 = rounding == Rounding::kPairs;
  p.c = c;
  p.a_row = turns_a ? 1 : K;
  p.a_depth = turns_a ? M : 1;
  p.b_depth = turns_b ? 1 : N;
  p.b_column = turns_b ? K : 1;
  p.c_row = N;
  p.residual_row = N;
  p.rows = M;
  p.columns = N;
  p.depth = K;
  return p;
}

}  // namespace

void linear_rows(const float* x, const float* weight, const float* residual, float* y, int64_t N, int64_t O, int64_t I,
                 Rounding rounding) {
  const Operand left(x, N * I, rounding), right(weight, I * O, rounding);
  Product p = plain(left.values(), right.values(), y, N, O, I, rounding);
  p.residual = residual;
  multiply(p);
}

void gated_mlp_rows(const float* x, const float* gate, const float* up, const float* down, const float* residual, float* y,
                    int64_t N, int64_t D, int64_t F, Rounding rounding) {
  const int64_t inner = N * F;
  const Scratch gates(inner), ups(inner);
  {
    const Operand input(x, N * D, rounding), gate_weight(gate, D * F, rounding), up_weight(up, D * F, rounding);
    multiply_gated(plain(input.values(), gate_weight.values(), gates.data(), N, F, D, rounding),
                   plain(input.values(), up_weight.values(), ups.data(), N, F, D, rounding));
  }
  linear_rows(gates.data(), down, residual, y, N, D, F, rounding);
}

namespace {

/// product(a, b, P, M, N, K, transposeA, transposeB, bias, residual, bfloat16): P products of [M,K] and [K,N].
napi_value product(Call& call) {
  const int64_t P = call.size(2), M = call.size(3), N = call.size(4), K = call.size(5);
  const Rounding rounding = rounding_of(call.flag(10));
  const int64_t a_count = product_of({P, M, K}), b_count = product_of({P, K, N}), c_count = product_of({P, M, N});
  const float* a = call.floats(0, a_count);
  const float* b = call.floats(1, b_count);
  const float* bias = call.optional_floats(8, N);
  const float* residual = call.optional_floats(9, c_count);
  if (P != 1 && (bias || residual)) call.refuse(2, "1 where a bias or residual is given");
  Output out(c_count);
  const Operand left(a, a_count, rounding), right(b, b_count, rounding);
  Product p = plain(left.values(), right.values(), out.floats(), M, N, K, rounding, call.flag(6), call.flag(7));
  p.bias = bias;
  p.residual = residual;
  if (c_count > 0) multiply_batch(p, P, M * K, K * N, M * N);
  return call.result(out.take());
}

/// gatedMlp(x, gate, up, down, N, D, F, residual, bfloat16): (silu(x Wgate) * (x Wup)) Wdown (+ residual).
napi_value gated_mlp(Call& call) {
  const int64_t N = call.size(4), D = call.size(5), F = call.size(6);
  const int64_t x_count = product_of({N, D}), weights = product_of({D, F});
  product_of({N, F});
  const float* x = call.floats(0, x_count);
  const float* gate = call.floats(1, weights);
  const float* up = call.floats(2, weights);
  const float* down = call.floats(3, weights);
  const float* residual = call.optional_floats(7, x_count);
  Output out(x_count);
  // Rows of no values: nothing to compute, however many rows there are.
  if (x_count > 0) gated_mlp_rows(x, gate, up, down, residual, out.floats(), N, D, F, rounding_of(call.flag(8)));
  return call.result(out.take());
}

/// Rows of states that lie anywhere, each its buffer's row, side by side.
void collect_rows(const Call& call, const View<double>& states, const View<int32_t>& rows, int64_t E, float* to) {
  for (size_t at = 0; at < states.size; at++) {
    const Buffer& state = Buffers::instance().at(states.data[at]);
    const int64_t bytes = static_cast<int64_t>(state.bytes), width = E * 4;
    if (bytes == 0 || bytes % width != 0) call.refuse(1, "buffers of whole rows of " + std::to_string(E) + " values");
    check_indices(call, 2, {rows.data + at, 1}, bytes / width);
    std::copy_n(static_cast<const float*>(state.data) + rows.data[at] * E, E, to + static_cast<int64_t>(at) * E);
  }
}

/**
 * logitsInto(into, states, rows, E, gain, weight, bias, V, epsilon, bfloat16): norm, if there is a gain, and unembedding of a row
 * of each state, to the values of a Float32Array.
 */
napi_value logits_into(Call& call) {
  const View<double> states = call.doubles(1);
  const View<int32_t> rows = call.ints(2);
  if (rows.size != states.size) call.refuse(2, "a row for each handle");
  const int64_t M = static_cast<int64_t>(states.size), E = call.size(3), V = call.size(7), count = product_of({M, E});
  if (E == 0) call.refuse(3, "1 or more");
  float* into = call.floats_to_fill(0, product_of({M, V}));
  const float* gain = call.optional_floats(4, E);
  const float* weight = call.floats(5, product_of({E, V}));
  const float* bias = call.optional_floats(6, V);
  const Rounding rounding = rounding_of(call.flag(9));
  const Scratch input(count), normed(gain ? count : 0);
  collect_rows(call, states, rows, E, input.data());
  if (gain) rms_norm(input.data(), gain, static_cast<float>(call.number(8)), normed.data(), M, E);
  const Operand left(gain ? normed.data() : input.data(), count, rounding), right(weight, E * V, rounding);
  Product p = plain(left.values(), right.values(), into, M, V, E, rounding);
  p.bias = bias;
  if (M * V > 0) multiply(p);
  return call.undefined();
}

}  // namespace

void register_products(napi_env env, napi_value exports) {
  export_functions(env, exports, {{"product", product}, {"gatedMlp", gated_mlp}, {"logitsInto", logits_into}});
}

}  // namespace foretoken
