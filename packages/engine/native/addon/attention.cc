#include "attention.h"

#include <memory>

#include "attention_sizes.h"
#include "call.h"
#include "own_keys.h"

namespace foretoken {

namespace {

Attention without_past(const Call& call, const Shape& s) {
  for (int64_t row = 0; row < s.B; row++) {
    for (int64_t node = 0; node < s.lengths[row]; node++) {
      const int32_t parent = s.parents[row * s.T + node];
      if (parent >= node) throw Fault("SHAPE_MISMATCH", "attention takes parents before their children, got " + std::to_string(parent) + " for node " + std::to_string(node) + ".");
    }
  }
  return {s.B, s.T, s.H, s.G, s.d, call.floats(0, s.queries()), call.floats(1, s.keys()), call.floats(2, s.keys()), s.parents, s.lengths};
}

/// attention(q, k, v, B, T, H, G, d, parents, lengths): [out, stats].
napi_value attention(Call& call) {
  const Shape s(call, 3);
  const Attention a = without_past(call, s);
  Output out(s.queries()), stats(s.stats());
  attend_nodes(a, out.floats(), stats.floats());
  return call.result(std::vector<double>{out.take(), stats.take()});
}

/// attentionGradients(q, k, v, B, T, H, G, d, parents, lengths, out, stats, flow): [dq, dk, dv].
napi_value attention_gradients(Call& call) {
  const Shape s(call, 3);
  const Attention a = without_past(call, s);
  const float* out = call.floats(10, s.queries());
  const float* stats = call.floats(11, s.stats());
  const float* flow = call.floats(12, s.queries());
  Output dq(s.queries()), dk(s.keys()), dv(s.keys());
  attend_nodes_backward(a, out, stats, flow, dq.floats(), dk.floats(), dv.floats());
  return call.result(std::vector<double>{dq.take(), dk.take(), dv.take()});
}

/// Own keys and values by their handles at `index`: k, v, k, v, ...
OwnKeys own_keys(const Call& call, int index, const Sizes& s) {
  const View<double> handles = call.doubles(index);
  if (handles.size % 2 != 0) call.refuse(index, "a value for each key");
  OwnKeys own{s.B, s.T, s.H, s.G, s.d, {}, {}};
  for (size_t at = 0; at < handles.size; at++) {
    const Buffer& buffer = Buffers::instance().at(handles.data[at]);
    if (buffer.bytes != static_cast<size_t>(s.keys()) * 4) call.refuse(index, "tensors of " + std::to_string(s.keys()) + " values");
    (at % 2 == 0 ? own.k : own.v).push_back(static_cast<const float*>(buffer.data));
  }
  return own;
}

int64_t own_weights(const OwnKeys& own) { return product_of({static_cast<int64_t>(own.k.size()), own.B, own.H, own.T}); }

/// widenAttention(q, text's out, text's stats, B, T, H, G, d, handles of k and v of each own key): [out, stats, weights].
napi_value widen(Call& call) {
  const Sizes s(call, 3);
  const OwnKeys own = own_keys(call, 8, s);
  const float* q = call.floats(0, s.queries());
  const float* text_out = call.floats(1, s.queries());
  const float* text_stats = call.floats(2, s.stats());
  Output out(s.queries()), stats(s.stats()), weights(own_weights(own));
  widen_attention(own, q, text_out, text_stats, out.floats(), stats.floats(), weights.floats());
  return call.result(std::vector<double>{out.take(), stats.take(), weights.take()});
}

/// ownKeyGradients(dq of text, dy, q, out, weights, B, T, H, G, d, handles of k and v of each own key): [dq, dk, dv, dk, ...].
napi_value own_gradients(Call& call) {
  const Sizes s(call, 5);
  const OwnKeys own = own_keys(call, 10, s);
  const float* operands[4];
  for (int index = 0; index < 4; index++) operands[index] = call.floats(index, s.queries());
  const float* weights = call.floats(4, own_weights(own));
  Output dq(s.queries());
  std::vector<std::unique_ptr<Output>> flows;
  std::vector<float*> dk, dv;
  for (size_t at = 0; at < 2 * own.k.size(); at++) {
    flows.push_back(std::make_unique<Output>(s.keys()));
    (at % 2 == 0 ? dk : dv).push_back(flows.back()->floats());
  }
  own_key_gradients(own, operands[0], operands[1], operands[2], operands[3], weights, dq.floats(), dk, dv);
  std::vector<double> made{dq.take()};
  for (const auto& flow : flows) made.push_back(flow->take());
  return call.result(made);
}

}  // namespace

void register_attention(napi_env env, napi_value exports) {
  export_functions(env, exports,
                   {{"attention", attention},
                    {"attentionGradients", attention_gradients},
                    {"widenAttention", widen},
                    {"ownKeyGradients", own_gradients}});
}

}  // namespace foretoken
