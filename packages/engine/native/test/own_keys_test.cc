// Attention over text widened by own keys, forward and backward, against float64 loops over all keys at once.
#include "own_keys.h"

#include "nodes.h"

namespace foretoken {

namespace {

/// Text with some own keys and values a node.
struct Unrolled {
  Heads heads;
  std::vector<std::vector<float>> k, v;

  explicit Unrolled(Random& random) : heads(random_heads(random)) {
    const int64_t J = random.between(1, 3);
    for (int64_t j = 0; j < J; j++) {
      k.push_back(random.values(static_cast<int64_t>(heads.k.size())));
      v.push_back(random.values(static_cast<int64_t>(heads.v.size())));
    }
  }

  OwnKeys own() const {
    OwnKeys made{heads.B, heads.T, heads.H, heads.G, heads.d, {}, {}};
    for (const auto& keys : k) made.k.push_back(keys.data());
    for (const auto& values : v) made.v.push_back(values.data());
    return made;
  }

  std::string name() const { return heads.name() + say(" J %zu", k.size()); }
};

struct Widened {
  std::vector<float> out, stats, weights;
};

Widened widened(const Unrolled& one) {
  const Heads& heads = one.heads;
  const size_t queries = static_cast<size_t>(heads.B * heads.H * heads.T);
  std::vector<float> text(heads.q.size(), NAN), stats(2 * queries, NAN);
  attend_nodes(heads.attention(), text.data(), stats.data());
  Widened made{std::vector<float>(heads.q.size(), NAN), std::vector<float>(2 * queries, NAN), std::vector<float>(one.k.size() * queries, NAN)};
  widen_attention(one.own(), heads.q.data(), text.data(), stats.data(), made.out.data(), made.stats.data(), made.weights.data());
  return made;
}

/// dq, dk and dv of text, then dk and dv of each own key.
std::vector<std::vector<float>> flows_of(const Unrolled& one, const Widened& forward, const std::vector<float>& flow) {
  const Heads& heads = one.heads;
  std::vector<float> text(heads.q.size(), NAN);
  std::vector<std::vector<float>> made{std::vector<float>(heads.q.size(), NAN)};
  for (size_t side = 0; side < 2 + 2 * one.k.size(); side++) made.emplace_back(heads.k.size(), NAN);
  std::vector<float*> dk, dv;
  for (size_t j = 0; j < one.k.size(); j++) {
    dk.push_back(made[3 + 2 * j].data());
    dv.push_back(made[4 + 2 * j].data());
  }
  attend_nodes_backward(heads.attention(), forward.out.data(), forward.stats.data(), flow.data(), text.data(), made[1].data(), made[2].data());
  own_key_gradients(one.own(), text.data(), flow.data(), heads.q.data(), forward.out.data(), forward.weights.data(), made[0].data(), dk, dv);
  return made;
}

/// A key that a query sees: of text (call -1) or of a call.
struct Seen {
  int64_t call, place;
};

/// All that one query sees, and what it weighs each with.
struct Query {
  std::vector<Seen> seen;
  Weighed weighed;
};

Query look(const Unrolled& one, int64_t row, int64_t node, int64_t head) {
  const Heads& heads = one.heads;
  const Loops<float> loops{heads, heads.q, heads.k, heads.v};
  Query made;
  for (const int64_t text : seen_by(heads, row, node)) made.seen.push_back({-1, loops.key_place(row, text, head)});
  for (size_t j = 0; j < one.k.size(); j++) made.seen.push_back({static_cast<int64_t>(j), loops.key_place(row, node, head)});
  std::vector<const float*> keys, values;
  for (const Seen& key : made.seen) {
    keys.push_back((key.call < 0 ? heads.k : one.k[key.call]).data() + key.place);
    values.push_back((key.call < 0 ? heads.v : one.v[key.call]).data() + key.place);
  }
  made.weighed = attend_one(loops.query(row, node, head), keys, values, heads.d);
  return made;
}

void forward_agrees_with_loops() {
  Random random(251);
  for (int round = 0; round < rounds(150); round++) {
    use_threads(static_cast<int>(random.between(1, 4)));
    const Unrolled one(random);
    std::vector<double> expected;
    for (int64_t at = 0; at < one.heads.B * one.heads.T * one.heads.H; at++) {
      const Query query = look(one, at / one.heads.H / one.heads.T, at / one.heads.H % one.heads.T, at % one.heads.H);
      expected.insert(expected.end(), query.weighed.out.begin(), query.weighed.out.end());
    }
    check_close(widened(one).out, expected, 3e-6, one.name());
  }
}

void backward_agrees_with_loops() {
  Random random(252);
  for (int round = 0; round < rounds(100); round++) {
    use_threads(static_cast<int>(random.between(1, 4)));
    const Unrolled one(random);
    const Heads& heads = one.heads;
    const std::vector<float> flow = random.values(static_cast<int64_t>(heads.q.size()));
    const auto got = flows_of(one, widened(one), flow);
    std::vector<std::vector<double>> expected;
    for (const auto& values : got) expected.emplace_back(values.size(), 0.0);
    for (int64_t place = 0; place < heads.B * heads.T * heads.H; place++) {
      const Query query = look(one, place / heads.H / heads.T, place / heads.H % heads.T, place % heads.H);
      const float* dy = flow.data() + place * heads.d;
      double along = 0.0;
      for (int64_t at = 0; at < heads.d; at++) along += dy[at] * query.weighed.out[at];
      for (size_t index = 0; index < query.seen.size(); index++) {
        const auto [call, key] = query.seen[index];
        const std::vector<float>& k = call < 0 ? heads.k : one.k[call];
        const std::vector<float>& v = call < 0 ? heads.v : one.v[call];
        double dp = 0.0;
        for (int64_t at = 0; at < heads.d; at++) dp += static_cast<double>(dy[at]) * v[key + at];
        const double weight = query.weighed.weights[index];
        const double ds = weight * (dp - along) / std::sqrt(static_cast<double>(heads.d));
        for (int64_t at = 0; at < heads.d; at++) {
          expected[0][place * heads.d + at] += ds * k[key + at];
          expected[3 + 2 * call][key + at] += ds * heads.q[place * heads.d + at];
          expected[4 + 2 * call][key + at] += weight * dy[at];
        }
      }
    }
    for (size_t side = 0; side < got.size(); side++) check_close(got[side], expected[side], 2e-5, one.name() + say(" flow %zu", side));
  }
}

void threads_change_no_bit() {
  Random random(253);
  for (int round = 0; round < rounds(30); round++) {
    const Unrolled one(random);
    const std::vector<float> flow = random.values(static_cast<int64_t>(one.heads.q.size()));
    on_any_threads([&] {
      const Widened forward = widened(one);
      std::vector<float> all = forward.out;
      for (const auto& values : flows_of(one, forward, flow)) all.insert(all.end(), values.begin(), values.end());
      return all;
    });
  }
}

/// An own score far above or below text's: the softmax is a choice, and nothing overflows.
void far_scores_are_a_choice() {
  Random random(254);
  for (const float factor : {1e4f, -1e4f}) {
    Unrolled one(random);
    for (float& value : one.heads.q) value = 1.0f + std::fabs(value);
    one.k.resize(1);
    one.v.resize(1);
    for (float& value : one.k[0]) value = factor * (1.0f + std::fabs(value));
    const Widened forward = widened(one);
    std::vector<double> expected;
    for (int64_t at = 0; at < one.heads.B * one.heads.T * one.heads.H; at++) {
      const Query query = look(one, at / one.heads.H / one.heads.T, at / one.heads.H % one.heads.T, at % one.heads.H);
      expected.insert(expected.end(), query.weighed.out.begin(), query.weighed.out.end());
    }
    check_close(forward.out, expected, 3e-6, one.name());
    for (const auto& values : flows_of(one, forward, one.heads.q)) {
      for (const float value : values) CHECK(std::isfinite(value), one.name());
    }
  }
}

}  // namespace

void add_own_key_tests(std::vector<Test>& tests) {
  tests.push_back({"text widened by own keys agrees with loops", forward_agrees_with_loops});
  tests.push_back({"gradients of text and of own keys agree with loops", backward_agrees_with_loops});
  tests.push_back({"the number of threads changes no bit of own keys", threads_change_no_bit});
  tests.push_back({"own scores far from those of text neither overflow nor are lost", far_scores_are_a_choice});
}

}  // namespace foretoken
