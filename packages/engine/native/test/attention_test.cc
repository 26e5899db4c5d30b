// Attention without a past, forward and backward, against float64 loops.
#include "nodes.h"
#include "processor.h"

namespace foretoken {

namespace {

struct Attended {
  std::vector<float> out, stats;
};

Attended attended(const Heads& heads) {
  Attended made{std::vector<float>(heads.q.size(), NAN), std::vector<float>(static_cast<size_t>(heads.B * heads.H * heads.T * 2), NAN)};
  attend_nodes(heads.attention(), made.out.data(), made.stats.data());
  return made;
}

struct Flows {
  std::vector<float> dq, dk, dv;
};

Flows backward(const Heads& heads, const Attended& forward, const std::vector<float>& flow) {
  Flows made{std::vector<float>(heads.q.size(), NAN), std::vector<float>(heads.k.size(), NAN), std::vector<float>(heads.v.size(), NAN)};
  attend_nodes_backward(heads.attention(), forward.out.data(), forward.stats.data(), flow.data(), made.dq.data(), made.dk.data(),
                        made.dv.data());
  return made;
}

void forward_agrees_with_loops() {
  Random random(201);
  for (int round = 0; round < rounds(250); round++) {
    use_threads(static_cast<int>(random.between(1, 4)));
    const Heads heads = random_heads(random);
    check_close(attended(heads).out, Loops<float>{heads, heads.q, heads.k, heads.v}.all(), 3e-6, heads.name());
  }
}

void backward_agrees_with_loops() {
  Random random(202);
  for (int round = 0; round < rounds(150); round++) {
    use_threads(static_cast<int>(random.between(1, 4)));
    const Heads heads = random_heads(random);
    const std::vector<float> flow = random.values(static_cast<int64_t>(heads.q.size()));
    const Flows got = backward(heads, attended(heads), flow);
    const AttentionFlows expected = gradient_loops(heads, flow);
    check_close(got.dq, expected.dq, 2e-5, heads.name() + " dq");
    check_close(got.dk, expected.dk, 2e-5, heads.name() + " dk");
    check_close(got.dv, expected.dv, 2e-5, heads.name() + " dv");
  }
}

/// The gradients along random directions against differences of the float64 loops.
void gradients_agree_with_differences() {
  Random random(203);
  for (int round = 0; round < rounds(24); round++) {
    const Heads heads = random_heads(random);
    const std::vector<float> flow = random.values(static_cast<int64_t>(heads.q.size()));
    const Flows got = backward(heads, attended(heads), flow);
    const std::vector<float>* values[3] = {&heads.q, &heads.k, &heads.v};
    const std::vector<float>* gradients[3] = {&got.dq, &got.dk, &got.dv};
    for (int side = 0; side < 3; side++) {
      const std::vector<float> direction = random.values(static_cast<int64_t>(values[side]->size()));
      constexpr double kStep = 1e-5;
      double difference = 0.0, slope = 0.0, size = 0.0;
      for (const double sign : {1.0, -1.0}) {
        std::vector<double> moved[3];
        for (int at = 0; at < 3; at++) moved[at].assign(values[at]->begin(), values[at]->end());
        for (size_t at = 0; at < direction.size(); at++) moved[side][at] += sign * kStep * direction[at];
        const std::vector<double> out = Loops<double>{heads, moved[0], moved[1], moved[2]}.all();
        for (size_t at = 0; at < out.size(); at++) difference += sign * out[at] * flow[at] / (2.0 * kStep);
      }
      for (size_t at = 0; at < direction.size(); at++) {
        slope += static_cast<double>((*gradients[side])[at]) * direction[at];
        size += std::fabs((*gradients[side])[at] * direction[at]);
      }
      CHECK(std::fabs(slope - difference) <= 1e-5 * (size + 1.0), heads.name() + say(" %c: %.9g, differences %.9g", "qkv"[side], slope, difference));
    }
  }
}

/// Nodes that come later, other branches and other rows: whatever they hold, a query's bits stay.
void hidden_nodes_change_no_bit() {
  Random random(204);
  for (int round = 0; round < rounds(80); round++) {
    Heads heads = random_heads(random);
    const std::vector<float> before = attended(heads).out;
    const int64_t row = random.below(heads.B), node = random.below(heads.T);
    const std::vector<int64_t> seen = seen_by(heads, row, node);
    const int64_t width = heads.G * heads.d;
    for (int64_t place = 0; place < heads.B * heads.T; place++) {
      if (place / heads.T == row && std::count(seen.begin(), seen.end(), place % heads.T)) continue;
      for (int64_t at = 0; at < width; at++) {
        heads.k[place * width + at] = 100.0f * random.value();
        heads.v[place * width + at] = 100.0f * random.value();
      }
    }
    const std::vector<float> after = attended(heads).out;
    const int64_t at = (row * heads.T + node) * heads.H * heads.d;
    CHECK(same_bits(before.data() + at, after.data() + at, heads.H * heads.d), heads.name());
  }
}

/// A row cut off behind any node gives the nodes before it the same bits, and so does a row among others.
void length_and_batch_change_no_bit() {
  Random random(205);
  for (int round = 0; round < rounds(80); round++) {
    const Heads heads = random_heads(random);
    const std::vector<float> whole = attended(heads).out;
    const int64_t row = random.below(heads.B), T = random.between(1, heads.T);
    Heads part{1, T, heads.H, heads.G, heads.d, {}, {}, {}, {}, {static_cast<int32_t>(std::min<int64_t>(T, heads.lengths[row]))}};
    const int64_t q = heads.H * heads.d, kv = heads.G * heads.d, start = row * heads.T;
    part.q.assign(heads.q.begin() + start * q, heads.q.begin() + (start + T) * q);
    part.k.assign(heads.k.begin() + start * kv, heads.k.begin() + (start + T) * kv);
    part.v.assign(heads.v.begin() + start * kv, heads.v.begin() + (start + T) * kv);
    part.parents.assign(heads.parents.begin() + start, heads.parents.begin() + start + T);
    CHECK(same_bits(attended(part).out.data(), whole.data() + start * q, T * q), heads.name() + say(" cut to %lld", (long long)T));
  }
}

void threads_change_no_bit() {
  Random random(206);
  for (int round = 0; round < rounds(40); round++) {
    const Heads heads = random_heads(random);
    const std::vector<float> flow = random.values(static_cast<int64_t>(heads.q.size()));
    on_any_threads([&] {
      const Attended forward = attended(heads);
      Flows flows = backward(heads, forward, flow);
      flows.dq.insert(flows.dq.end(), flows.dk.begin(), flows.dk.end());
      flows.dq.insert(flows.dq.end(), flows.dv.begin(), flows.dv.end());
      flows.dq.insert(flows.dq.end(), forward.out.begin(), forward.out.end());
      flows.dq.insert(flows.dq.end(), forward.stats.begin(), forward.stats.end());
      return flows.dq;
    });
  }
}

void empty_sizes_touch_nothing() {
  Random random(207);
  for (int64_t B = 0; B < 2; B++) {
    for (int64_t T = 0; T < 2; T++) {
      if (B * T > 0) continue;
      const Heads heads = random_heads(B, T, 2, 1, 4, Plan::kChain, false, random);
      float untouched = 3.0f;
      attend_nodes(heads.attention(), &untouched, &untouched);
      attend_nodes_backward(heads.attention(), nullptr, nullptr, nullptr, &untouched, &untouched, &untouched);
      CHECK(untouched == 3.0f);
    }
  }
}

/// Scores far apart and huge: the largest is taken away first, so nothing overflows.
void large_scores_do_not_overflow() {
  Random random(208);
  Heads heads = random_heads(1, 20, 2, 1, 8, Plan::kChain, false, random);
  for (float& value : heads.q) value *= 500.0f;
  for (const float value : attended(heads).out) CHECK(std::isfinite(value));
}

/// What a query sees and is NaN, it gives as NaN; queries that do not see it stay finite.
void nan_keys_show_where_they_are_seen() {
  Random random(209);
  for (const uint32_t bits : {0x7fc00000u, 0xffc00000u, 0x7fc00001u, 0x7fffffffu, 0xffffffffu, 0x7fc0007fu}) {
    Heads heads = random_heads(1, 30, 1, 1, 5, Plan::kChain, false, random);
    std::memcpy(&heads.k[20 * 5 + 2], &bits, 4);
    const std::vector<float> out = attended(heads).out;
    for (int64_t at = 0; at < 30 * 5; at++) CHECK(std::isnan(out[at]) == (at / 5 >= 20), say("NaN %08x, node %lld", bits, (long long)(at / 5)));
  }
}

}  // namespace

void add_attention_tests(std::vector<Test>& tests) {
  tests.push_back({"attention over text, documents and trees agrees with loops", forward_agrees_with_loops});
  tests.push_back({"gradients of attention agree with loops", backward_agrees_with_loops});
  tests.push_back({"gradients of attention agree with finite differences in float64", gradients_agree_with_differences});
  tests.push_back({"nodes that a query does not see change none of its bits", hidden_nodes_change_no_bit});
  tests.push_back({"a longer row or batch changes no bit of attention", length_and_batch_change_no_bit});
  tests.push_back({"the number of threads changes no bit of attention or its gradients", threads_change_no_bit});
  tests.push_back({"attention without nodes touches nothing", empty_sizes_touch_nothing});
  tests.push_back({"attention with huge scores stays finite", large_scores_do_not_overflow});
  tests.push_back({"a NaN key shows in the queries that see it and in no other", nan_keys_show_where_they_are_seen});
}

}  // namespace foretoken
