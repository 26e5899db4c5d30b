// Rows of nodes with parents, and attention over them in float64 loops.
#pragma once
#include <algorithm>
#include <cmath>

#include "attention.h"
#include "check.h"

namespace foretoken {

/// What attention takes, with the values that belong to it: q [B,T,H,d], k and v [B,T,G,d].
struct Heads {
  int64_t B, T, H, G, d;
  std::vector<float> q, k, v;
  std::vector<int32_t> parents, lengths;

  Attention attention() const { return {B, T, H, G, d, q.data(), k.data(), v.data(), parents.data(), lengths.data()}; }
  std::string name() const {
    return say("B %lld T %lld H %lld G %lld d %lld", (long long)B, (long long)T, (long long)H, (long long)G, (long long)d);
  }
};

enum class Plan { kChain, kDocuments, kTree };

inline int32_t parent_of(Plan plan, int64_t node, Random& random) {
  if (node == 0) return -1;
  if (plan == Plan::kTree) return random.chance(0.1) ? -1 : static_cast<int32_t>(random.below(node));
  if (plan == Plan::kDocuments && random.chance(0.2)) return -1;
  return static_cast<int32_t>(node - 1);
}

inline Heads random_heads(int64_t B, int64_t T, int64_t H, int64_t G, int64_t d, Plan plan, bool is_ragged, Random& random) {
  Heads made{B, T, H, G, d, random.values(B * T * H * d), random.values(B * T * G * d), random.values(B * T * G * d), {}, {}};
  // Larger queries, so that attention is not spread evenly.
  for (float& value : made.q) value *= 4.0f;
  for (int64_t row = 0; row < B; row++) {
    for (int64_t node = 0; node < T; node++) made.parents.push_back(parent_of(plan, node, random));
    made.lengths.push_back(static_cast<int32_t>(is_ragged ? random.between(0, T) : T));
  }
  return made;
}

/// Sizes that attention meets: few and many queries, odd widths, shared keys.
inline Heads random_heads(Random& random) {
  const int64_t G = random.between(1, 3), H = G * random.between(1, 3), B = random.between(1, 3);
  const int64_t T = random.pick<int64_t>({1, 2, 3, 5, 15, 16, 17, 31, 32, 33, 47, 64, 70});
  const int64_t d = random.pick<int64_t>({1, 2, 3, 8, 12, 16, 17, 32, 64, 65});
  // One after the other: compilers differ in the order in which they evaluate arguments.
  const Plan plan = static_cast<Plan>(random.below(3));
  const bool is_ragged = random.chance(0.4);
  return random_heads(B, T, H, G, d, plan, is_ragged, random);
}

/// The nodes that a node sees, oldest first; one behind its row's length sees itself.
inline std::vector<int64_t> seen_by(const Heads& heads, int64_t row, int64_t node) {
  std::vector<int64_t> seen = {node};
  while (node < heads.lengths[row] && heads.parents[row * heads.T + node] >= 0) {
    node = heads.parents[row * heads.T + node];
    seen.push_back(node);
  }
  std::reverse(seen.begin(), seen.end());
  return seen;
}

/// One query over keys and values [.., width] that it sees: what it weighs each with, and the sum.
struct Weighed {
  std::vector<double> weights, out;
};

template <class Number>
Weighed attend_one(const Number* q, const std::vector<const Number*>& keys, const std::vector<const Number*>& values, int64_t d) {
  Weighed made{{}, std::vector<double>(static_cast<size_t>(d), 0.0)};
  double largest = -INFINITY, sum = 0.0;
  for (const Number* key : keys) {
    double score = 0.0;
    for (int64_t at = 0; at < d; at++) score += static_cast<double>(q[at]) * key[at];
    made.weights.push_back(score / std::sqrt(static_cast<double>(d)));
    largest = std::max(largest, made.weights.back());
  }
  for (double& weight : made.weights) sum += weight = std::exp(weight - largest);
  for (size_t key = 0; key < keys.size(); key++) {
    made.weights[key] /= sum;
    for (int64_t at = 0; at < d; at++) made.out[at] += made.weights[key] * values[key][at];
  }
  return made;
}

/// Attention in float64 over values of any type that lie as those of `heads` do.
template <class Number>
struct Loops {
  const Heads& heads;
  const std::vector<Number>&q, &k, &v;

  const Number* query(int64_t row, int64_t node, int64_t head) const { return q.data() + ((row * heads.T + node) * heads.H + head) * heads.d; }
  int64_t key_place(int64_t row, int64_t node, int64_t head) const {
    return ((row * heads.T + node) * heads.G + head * heads.G / heads.H) * heads.d;
  }

  Weighed one(int64_t row, int64_t node, int64_t head) const {
    std::vector<const Number*> keys, values;
    for (const int64_t seen : seen_by(heads, row, node)) {
      keys.push_back(k.data() + key_place(row, seen, head));
      values.push_back(v.data() + key_place(row, seen, head));
    }
    return attend_one(query(row, node, head), keys, values, heads.d);
  }

  std::vector<double> all() const {
    std::vector<double> out;
    for (int64_t at = 0; at < heads.B * heads.T * heads.H; at++) {
      const Weighed made = one(at / heads.H / heads.T, at / heads.H % heads.T, at % heads.H);
      out.insert(out.end(), made.out.begin(), made.out.end());
    }
    return out;
  }
};

struct AttentionFlows {
  std::vector<double> dq, dk, dv;
};

/// d out / d (q, k, v), applied to `flow`, by the textbook's formulas in float64.
inline AttentionFlows gradient_loops(const Heads& heads, const std::vector<float>& flow) {
  const Loops<float> loops{heads, heads.q, heads.k, heads.v};
  AttentionFlows made{std::vector<double>(heads.q.size()), std::vector<double>(heads.k.size()), std::vector<double>(heads.v.size())};
  const double scale = 1.0 / std::sqrt(static_cast<double>(heads.d));
  for (int64_t place = 0; place < heads.B * heads.T * heads.H; place++) {
    const int64_t head = place % heads.H, node = place / heads.H % heads.T, row = place / heads.H / heads.T;
    const Weighed weighed = loops.one(row, node, head);
    const std::vector<int64_t> seen = seen_by(heads, row, node);
    const float* dy = flow.data() + place * heads.d;
    double along = 0.0;
    for (int64_t at = 0; at < heads.d; at++) along += dy[at] * weighed.out[at];
    for (size_t index = 0; index < seen.size(); index++) {
      const int64_t key = loops.key_place(row, seen[index], head);
      double dp = 0.0;
      for (int64_t at = 0; at < heads.d; at++) dp += static_cast<double>(dy[at]) * heads.v[key + at];
      const double ds = weighed.weights[index] * (dp - along) * scale;
      for (int64_t at = 0; at < heads.d; at++) {
        made.dv[key + at] += weighed.weights[index] * dy[at];
        made.dk[key + at] += ds * heads.q[place * heads.d + at];
        made.dq[place * heads.d + at] += ds * heads.k[key + at];
      }
    }
  }
  return made;
}

}  // namespace foretoken
