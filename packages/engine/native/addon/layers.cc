// Transformer layers with a past, a whole stack in one call.
#include <algorithm>

#include "attention_sizes.h"
#include "products.h"
#include "rows.h"
#include "stores.h"

namespace foretoken {

namespace {

/// Sizes of a layer of a stack: H, G, d, F.
struct LayerSizes {
  int64_t H, G, d, F;
};

/// Handles of a layer's weights.
constexpr size_t kLayerWeights = 9;

/// Buffers of a layer's weights, in the order in which it uses them.
struct LayerWeights {
  const float *attention_gain, *query, *key, *value, *output, *mlp_gain, *gate, *up, *down;

  LayerWeights(const Call& call, int index, const double* handles, int64_t D, const LayerSizes& s) {
    const int64_t HD = product_of({s.H, s.d, D}), GD = product_of({s.G, s.d, D}), FD = product_of({s.F, D});
    const int64_t counts[kLayerWeights] = {D, HD, GD, GD, HD, D, FD, FD, FD};
    const float** all[kLayerWeights] = {&attention_gain, &query, &key, &value, &output, &mlp_gain, &gate, &up, &down};
    for (size_t at = 0; at < kLayerWeights; at++) {
      const Buffer& found = Buffers::instance().at(handles[at]);
      if (found.bytes != static_cast<size_t>(counts[at]) * 4) call.refuse(index, "weights of the layer's sizes");
      *all[at] = static_cast<const float*>(found.data);
    }
  }
};

/// What the layers of a stack share.
struct StackInput {
  int64_t B, T, D;
  const float *cosines, *sines;
  const int32_t *parents, *lengths;
  float epsilon;
  Rounding rounding;
};

/// Room for what a layer computes on the way: as much as the widest of a stack takes.
struct LayerScratch {
  Scratch normed, attended, plain, q, k, v;

  LayerScratch(int64_t count, int64_t queries, int64_t keys)
      : normed(count), attended(count), plain(queries), q(queries), k(keys), v(keys) {}
};

/// The same steps in the same order as by one call each, so the same bits.
void run_layer(const StackInput& in, const LayerSizes& s, const LayerWeights& w, KeyValueStore& store, const LayerScratch& scratch,
               const float* x, float* out) {
  const int64_t N = in.B * in.T, D = in.D, HD = s.H * s.d, GD = s.G * s.d;
  float *normed = scratch.normed.data(), *plain = scratch.plain.data(), *attended = scratch.attended.data();
  rms_norm(x, w.attention_gain, in.epsilon, normed, N, D);
  linear_rows(normed, w.query, nullptr, plain, N, HD, D, in.rounding);
  rotate(plain, in.cosines, in.sines, scratch.q.data(), N, s.H, s.d, 1.0f);
  linear_rows(normed, w.key, nullptr, plain, N, GD, D, in.rounding);
  rotate(plain, in.cosines, in.sines, scratch.k.data(), N, s.G, s.d, 1.0f);
  linear_rows(normed, w.value, nullptr, scratch.v.data(), N, GD, D, in.rounding);
  store.attend({in.B, in.T, s.H, s.G, s.d, scratch.q.data(), scratch.k.data(), scratch.v.data(), in.parents, in.lengths}, plain);
  linear_rows(plain, w.output, x, attended, N, D, HD, in.rounding);
  rms_norm(attended, w.mlp_gain, in.epsilon, normed, N, D);
  gated_mlp_rows(normed, w.gate, w.up, w.down, attended, out, N, D, s.F, in.rounding);
}

/// The layers of a stack by their sizes at `index`; attention heads of all have one width, that of the rotary tables.
std::vector<LayerSizes> layers_of(const Call& call, int index, int64_t N, int64_t D) {
  const View<int32_t> sizes = call.ints(index);
  if (sizes.size == 0 || sizes.size % 4 != 0) call.refuse(index, "H, G, d and F of each layer");
  std::vector<LayerSizes> layers;
  for (size_t at = 0; at < sizes.size; at += 4) {
    const LayerSizes s{sizes.data[at], sizes.data[at + 1], sizes.data[at + 2], sizes.data[at + 3]};
    if (s.H < 1 || s.G < 1 || s.d < 2 || s.F < 1) call.refuse(index, "sizes that leave values in every buffer");
    if (s.H % s.G != 0 || s.d % 2 != 0 || s.d != sizes.data[2]) call.refuse(index, "attention heads of one even width, shared by whole groups");
    if (product_of({N, s.H}) > kMostTasks) call.refuse(index, "few enough for 2^31 queries in all");
    for (const int64_t width : {D, product_of({s.H, s.d}), s.F}) product_of({N, width}), product_of({D, width});
    layers.push_back(s);
  }
  return layers;
}

/// The rows of a rotary table that belong to the nodes' positions.
void copy_angles(const float* table, const View<int32_t>& positions, int64_t h, float* to) {
  for (size_t node = 0; node < positions.size; node++) std::copy_n(table + positions.data[node] * h, h, to + node * h);
}

/**
 * storesLayers(stores, x, weights, sizes, cosines, sines, angles, positions, B, T, D, parents, lengths, epsilon, bfloat16):
 * pre-norm layers of cached rotary attention and a gated MLP, one after the other, each with a store. The rotary tables have a
 * row for each of so many positions, `angles`.
 */
napi_value stores_layers(Call& call) {
  const StoreList stores(call, 0);
  const int64_t B = call.size(8), T = call.size(9), D = call.size(10), N = product_of({B, T});
  if (N == 0 || D == 0) call.refuse(8, "sizes that leave values in every buffer");
  const NodeView nodes(call, 11, B, T);
  const int64_t count = product_of({N, D});
  const std::vector<LayerSizes> layers = layers_of(call, 3, N, D);
  if (stores.all().size() != layers.size()) call.refuse(0, "a store for each layer");
  const View<double> handles = call.doubles(2);
  if (handles.size != kLayerWeights * layers.size()) call.refuse(2, "nine handles a layer");
  std::vector<LayerWeights> weights;
  int64_t queries = 0, keys = 0;
  for (size_t index = 0; index < layers.size(); index++) {
    const LayerSizes& s = layers[index];
    weights.emplace_back(call, 2, handles.data + index * kLayerWeights, D, s);
    queries = std::max(queries, N * s.H * s.d);
    keys = std::max(keys, N * s.G * s.d);
  }
  const int64_t angles = call.size(6), h = layers[0].d / 2, table = product_of({angles, h});
  const View<int32_t> positions = call.ints(7);
  if (static_cast<int64_t>(positions.size) != N) call.refuse(7, "one position a node");
  check_indices(call, 7, positions, angles);
  const Scratch cosines(N * h), sines(N * h);
  copy_angles(call.floats(4, table), positions, h, cosines.data());
  copy_angles(call.floats(5, table), positions, h, sines.data());
  const StackInput in{B, T, D, cosines.data(), sines.data(), nodes.parents, nodes.lengths,
                      static_cast<float>(call.number(13)), rounding_of(call.flag(14))};
  const float* x = call.floats(1, count);
  Output out(count);
  const Scratch between(layers.size() > 1 ? count : 0);
  const LayerScratch scratch(count, queries, keys);
  for (size_t index = 0; index < layers.size(); index++) {
    // From one to the other in turn, so that the last one writes to `out`.
    float* to = (layers.size() - index) % 2 == 1 ? out.floats() : between.data();
    run_layer(in, layers[index], weights[index], *stores.all()[index], scratch, x, to);
    x = to;
  }
  return call.result(out.take());
}

}  // namespace

void register_layers(napi_env env, napi_value exports) {
  export_functions(env, exports, {{"storesLayers", stores_layers}});
}

}  // namespace foretoken
