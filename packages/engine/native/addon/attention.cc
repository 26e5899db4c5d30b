#include "attention.h"

#include <cmath>
#include <memory>

#include "call.h"
#include "key_values.h"
#include "own_keys.h"
#include "products.h"
#include "rows.h"

namespace foretoken {

namespace {

/// Each query of each attention head is a task.
constexpr int64_t kMostTasks = 2147483647;

/// Sizes B, T, H, G, d at `first`; @throws Fault where they do not fit each other
struct Sizes {
  int64_t B, T, H, G, d;

  Sizes(const Call& call, int first) {
    B = call.size(first);
    T = call.size(first + 1);
    H = call.size(first + 2);
    G = call.size(first + 3);
    d = call.size(first + 4);
    if (G == 0 || H % G != 0) call.refuse(first + 2, "a multiple of the number of key/value heads");
    if (product_of({B, T, H}) > kMostTasks) call.refuse(first + 2, "few enough for 2^31 queries in all");
  }

  int64_t queries() const { return product_of({B, T, H, d}); }
  int64_t keys() const { return product_of({B, T, G, d}); }
  int64_t stats() const { return product_of({B, H, T, 2}); }
};

/// Sizes with parents and lengths behind them.
struct Shape : Sizes {
  const int32_t* parents;
  const int32_t* lengths;

  Shape(const Call& call, int first) : Sizes(call, first) {
    const View<int32_t> all = call.ints(first + 5);
    const View<int32_t> some = call.ints(first + 6);
    if (static_cast<int64_t>(all.size) != product_of({B, T})) call.refuse(first + 5, "one parent a node");
    if (static_cast<int64_t>(some.size) != B) call.refuse(first + 6, "one length a row");
    for (int64_t row = 0; row < B; row++) {
      if (some.data[row] < 0 || some.data[row] > T) call.refuse(first + 6, "lengths in [0, T]");
    }
    parents = all.data;
    lengths = some.data;
  }
};

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

constexpr napi_type_tag kStoreTag = {0x6f7265746f6b656eull, 0x6b76735f73746f72ull};

KeyValueStore& store_of(const Call& call) {
  napi_valuetype type;
  napi_typeof(call.env(), call.value(0), &type);
  bool is_store = false;
  if (type == napi_external) napi_check_object_type_tag(call.env(), call.value(0), &kStoreTag, &is_store);
  void* data = nullptr;
  if (!is_store || napi_get_value_external(call.env(), call.value(0), &data) != napi_ok || !data) call.refuse(0, "a key/value store");
  return *static_cast<KeyValueStore*>(data);
}

napi_value create_store(Call& call) {
  auto* store = new KeyValueStore(call.text(0));
  napi_value external;
  const auto destroy = [](napi_env, void* data, void*) {
    const std::lock_guard<std::recursive_mutex> lock(library_mutex());
    delete static_cast<KeyValueStore*>(data);
  };
  if (napi_create_external(call.env(), store, destroy, nullptr, &external) != napi_ok) {
    delete store;
    throw Fault("ENGINE_MISUSE", "native: Node made no store.");
  }
  if (napi_type_tag_object(call.env(), external, &kStoreTag) != napi_ok) throw Fault("ENGINE_MISUSE", "native: Node tagged no store.");
  return external;
}

napi_value store_join(Call& call) {
  store_of(call).join(call.integer(1));
  return call.undefined();
}

napi_value store_leave(Call& call) {
  store_of(call).leave(call.integer(1));
  return call.undefined();
}

napi_value store_fork(Call& call) {
  store_of(call).fork(call.integer(1), call.integer(2));
  return call.undefined();
}

napi_value store_bind(Call& call) {
  const View<double> rows = call.doubles(1);
  std::vector<int64_t> bound;
  for (size_t index = 0; index < rows.size; index++) {
    const double row = rows.data[index];
    if (!(std::fabs(row) <= 9007199254740992.0 && row == std::floor(row))) call.refuse(1, "row numbers");
    bound.push_back(static_cast<int64_t>(row));
  }
  store_of(call).bind(bound);
  return call.undefined();
}

napi_value store_commit(Call& call) {
  const View<int32_t> path = call.ints(2);
  store_of(call).commit(call.integer(1), std::vector<int32_t>(path.data, path.data + path.size));
  return call.undefined();
}

napi_value store_length(Call& call) { return call.result(static_cast<double>(store_of(call).length(call.integer(1)))); }

napi_value store_undecided(Call& call) { return call.result(static_cast<double>(store_of(call).undecided(call.integer(1)))); }

napi_value store_clear(Call& call) {
  store_of(call).clear();
  return call.undefined();
}

/// storeAttend(store, q, k, v, B, T, H, G, d, parents, lengths): out.
napi_value store_attend(Call& call) {
  const Shape s(call, 4);
  const CachedAttention one{s.B, s.T, s.H, s.G, s.d, call.floats(1, s.queries()), call.floats(2, s.keys()), call.floats(3, s.keys()), s.parents, s.lengths};
  Output out(s.queries());
  store_of(call).attend(one, out.floats());
  return call.result(out.take());
}

/// Buffers of a layer's weights, in the order in which it uses them.
struct LayerWeights {
  const float *attention_gain, *query, *key, *value, *output, *mlp_gain, *gate, *up, *down;

  LayerWeights(const Call& call, int index, int64_t D, int64_t HD, int64_t GD, int64_t F) {
    const View<double> handles = call.doubles(index);
    const int64_t counts[] = {D, D * HD, D * GD, D * GD, HD * D, D, D * F, D * F, F * D};
    const float** all[] = {&attention_gain, &query, &key, &value, &output, &mlp_gain, &gate, &up, &down};
    if (handles.size != 9) call.refuse(index, "nine handles");
    for (size_t at = 0; at < 9; at++) {
      const Buffer& found = Buffers::instance().at(handles.data[at]);
      if (found.bytes != static_cast<size_t>(counts[at]) * 4) call.refuse(index, "weights of the layer's sizes");
      *all[at] = static_cast<const float*>(found.data);
    }
  }
};

/**
 * storeLayer(store, x, weights, cosines, sines, B, T, H, G, d, parents, lengths, D, F, epsilon, bfloat16): a pre-norm layer of
 * cached rotary attention and a gated MLP. The same steps in the same order as by one call each, so the same bits.
 */
napi_value store_layer(Call& call) {
  const Shape s(call, 5);
  const int64_t D = call.size(12), F = call.size(13), N = product_of({s.B, s.T});
  const int64_t HD = product_of({s.H, s.d}), GD = product_of({s.G, s.d}), count = product_of({N, D});
  if (s.d % 2 != 0) call.refuse(9, "even");
  if (N == 0 || D == 0 || HD == 0 || F == 0) call.refuse(5, "sizes that leave values in every buffer");
  for (const int64_t width : {D, HD, F}) product_of({N, width}), product_of({D, width});
  const float* x = call.floats(1, count);
  const LayerWeights w(call, 2, D, HD, GD, F);
  const float* cosines = call.floats(3, product_of({N, s.d / 2}));
  const float* sines = call.floats(4, product_of({N, s.d / 2}));
  const float epsilon = static_cast<float>(call.number(14));
  const Rounding rounding = rounding_of(call.flag(15));
  KeyValueStore& store = store_of(call);
  Output out(count);
  const Scratch normed(count), plain(N * HD), q(N * HD), k(N * GD), v(N * GD), attended(count);
  rms_norm(x, w.attention_gain, epsilon, normed.data(), N, D);
  linear_rows(normed.data(), w.query, nullptr, plain.data(), N, HD, D, rounding);
  rotate(plain.data(), cosines, sines, q.data(), N, s.H, s.d, 1.0f);
  linear_rows(normed.data(), w.key, nullptr, plain.data(), N, GD, D, rounding);
  rotate(plain.data(), cosines, sines, k.data(), N, s.G, s.d, 1.0f);
  linear_rows(normed.data(), w.value, nullptr, v.data(), N, GD, D, rounding);
  store.attend({s.B, s.T, s.H, s.G, s.d, q.data(), k.data(), v.data(), s.parents, s.lengths}, plain.data());
  linear_rows(plain.data(), w.output, x, attended.data(), N, D, HD, rounding);
  rms_norm(attended.data(), w.mlp_gain, epsilon, normed.data(), N, D);
  gated_mlp_rows(normed.data(), w.gate, w.up, w.down, attended.data(), out.floats(), N, D, F, rounding);
  return call.result(out.take());
}

}  // namespace

void register_attention(napi_env env, napi_value exports) {
  export_functions(env, exports,
                   {{"attention", attention},
                    {"attentionGradients", attention_gradients},
                    {"widenAttention", widen},
                    {"ownKeyGradients", own_gradients},
                    {"createStore", create_store},
                    {"storeJoin", store_join},
                    {"storeLeave", store_leave},
                    {"storeFork", store_fork},
                    {"storeBind", store_bind},
                    {"storeCommit", store_commit},
                    {"storeLength", store_length},
                    {"storeUndecided", store_undecided},
                    {"storeClear", store_clear},
                    {"storeAttend", store_attend},
                    {"storeLayer", store_layer}});
}

}  // namespace foretoken
