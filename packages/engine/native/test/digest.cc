// The same work on any machine, as one number: what instruction sets that fuse must agree on to the bit.
#include "key_values.h"
#include "matrices.h"
#include "nodes.h"
#include "rows.h"

namespace foretoken {

namespace {

/// FNV-1a over the bytes of every result.
class Digest {
 public:
  void add(const std::vector<float>& values) {
    for (const float value : values) {
      uint32_t bits;
      std::memcpy(&bits, &value, 4);
      // Which NaN an operation gives is the processor's own affair.
      if (std::isnan(value)) bits = 0x7fc00000u;
      for (int shift = 0; shift < 32; shift += 8) hash_ = (hash_ ^ ((bits >> shift) & 0xffu)) * 0x100000001b3ull;
    }
  }
  uint64_t value() const { return hash_; }

 private:
  uint64_t hash_ = 0xcbf29ce484222325ull;
};

void add_products(Digest& digest) {
  Random random(901);
  for (int round = 0; round < 60; round++) {
    ProductCase shape{random.between(1, 80), random.between(1, 120), random.between(1, 300)};
    shape.turns_a = random.chance(0.5);
    shape.turns_b = random.chance(0.5);
    shape.has_bias = random.chance(0.5);
    shape.has_residual = random.chance(0.5);
    digest.add(Matrices(shape, random.bits()).run());
  }
}

void add_attention(Digest& digest) {
  Random random(902);
  for (int round = 0; round < 40; round++) {
    const Heads heads = random_heads(random);
    std::vector<float> out(heads.q.size()), stats(static_cast<size_t>(heads.B * heads.H * heads.T * 2));
    attend_nodes(heads.attention(), out.data(), stats.data());
    const std::vector<float> flow = random.values(static_cast<int64_t>(out.size()));
    std::vector<float> dq(out.size()), dk(heads.k.size()), dv(heads.v.size());
    attend_nodes_backward(heads.attention(), out.data(), stats.data(), flow.data(), dq.data(), dk.data(), dv.data());
    for (const auto& values : {out, stats, dq, dk, dv}) digest.add(values);
    KeyValueStore store("digest");
    store.join(0);
    store.bind({0});
    const int32_t length = heads.lengths[0];
    store.attend({1, heads.T, heads.H, heads.G, heads.d, heads.q.data(), heads.k.data(), heads.v.data(), heads.parents.data(), &length}, out.data());
    digest.add(out);
  }
}

void add_rows(Digest& digest) {
  Random random(903);
  for (int round = 0; round < 30; round++) {
    const int64_t rows = random.between(1, 90), width = 2 * random.between(1, 70), count = rows * width;
    const std::vector<float> x = random.values(count), other = random.values(count), gain = random.values(width);
    std::vector<float> y(x.size()), dgain(gain.size()), third(x.size());
    rms_norm(x.data(), gain.data(), 1e-5f, y.data(), rows, width);
    digest.add(y);
    rms_norm_backward(other.data(), x.data(), gain.data(), 1e-5f, 0.5f, y.data(), dgain.data(), rows, width);
    digest.add(y);
    digest.add(dgain);
    rotate(x.data(), other.data(), other.data() + count / 2, y.data(), rows, 1, width, 1.0f);
    digest.add(y);
    gated_backward(other.data(), x.data(), other.data(), y.data(), third.data(), third.data(), count);
    digest.add(y);
    softmax(x.data(), y.data(), rows, width, false);
    digest.add(y);
    sum_columns(x.data(), dgain.data(), rows, width);
    digest.add(dgain);
    for (int operation = 0; operation <= kRelu; operation++) {
      unary(operation, x.data(), y.data(), count);
      digest.add(y);
    }
  }
}

}  // namespace

uint64_t digest_of_all() {
  Digest digest;
  add_products(digest);
  add_attention(digest);
  add_rows(digest);
  return digest.value();
}

}  // namespace foretoken
