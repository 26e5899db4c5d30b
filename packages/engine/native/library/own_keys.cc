#include "own_keys.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "pool.h"
#include "processor.h"

namespace foretoken {

namespace {

/// Floats of one task.
constexpr int64_t kGrain = 1 << 13;

/// Sums run over this many lanes, as those of the inner loops do.
constexpr int64_t kLanes = 16;

float dot(const float* a, const float* b, int64_t d) {
  float lanes[kLanes] = {};
  for (int64_t at = 0; at < d; at += kLanes) {
    const int64_t count = std::min(kLanes, d - at);
    for (int64_t lane = 0; lane < count; lane++) lanes[lane] += a[at + lane] * b[at + lane];
  }
  for (int64_t width = kLanes / 2; width > 0; width /= 2) {
    for (int64_t lane = 0; lane < width; lane++) lanes[lane] += lanes[lane + width];
  }
  return lanes[0];
}

void add_times(float* to, const float* x, float factor, int64_t d) {
  for (int64_t at = 0; at < d; at++) to[at] += factor * x[at];
}

/// Where one attention head of one node lies.
struct Place {
  int64_t query, key, stat;

  Place(const OwnKeys& own, int64_t node, int64_t head)
      : query((node * own.H + head) * own.d),
        key((node * own.G + head * own.G / own.H) * own.d),
        stat((node / own.T * own.H + head) * own.T + node % own.T) {}
};

/// Runs `work(first, last)` over the nodes of all rows.
template <class Work>
void over_nodes(const OwnKeys& own, const Work& work) {
  const int64_t width = std::max<int64_t>(1, own.H * own.d);
  const int64_t grain = std::max<int64_t>(1, kGrain / width);
  Pool::instance().run_ranges(static_cast<size_t>(own.B * own.T), static_cast<size_t>(grain),
                              [&](size_t first, size_t last) { work(static_cast<int64_t>(first), static_cast<int64_t>(last)); });
}

}  // namespace

void widen_attention(const OwnKeys& own, const float* q, const float* text_out, const float* text_stats, float* out, float* stats,
                     float* weights) {
  const int64_t J = static_cast<int64_t>(own.k.size()), keys = J + 1, queries = own.B * own.T * own.H;
  const float scale = 1.0f / std::sqrt(static_cast<float>(own.d));
  over_nodes(own, [&](int64_t first, int64_t last) {
    // Of each query, text's largest score and the own scores, all less the largest of them; then their exponentials.
    std::vector<float> powers(static_cast<size_t>((last - first) * own.H * keys));
    float* power = powers.data();
    for (int64_t index = first * own.H; index < last * own.H; index++, power += keys) {
      const Place at(own, index / own.H, index % own.H);
      float largest = power[0] = text_stats[2 * at.stat];
      for (int64_t j = 0; j < J; j++) {
        power[j + 1] = dot(q + at.query, own.k[j] + at.key, own.d);
        largest = std::max(largest, power[j + 1]);
      }
      for (int64_t key = 0; key < keys; key++) power[key] = (power[key] - largest) * scale;
    }
    simd().unary(kExponential, powers.data(), powers.data(), powers.size());
    power = powers.data();
    for (int64_t index = first * own.H; index < last * own.H; index++, power += keys) {
      const Place at(own, index / own.H, index % own.H);
      const float of_text = power[0] / text_stats[2 * at.stat + 1];
      float sum = of_text;
      for (int64_t j = 0; j < J; j++) sum += power[j + 1];
      stats[2 * at.stat] = text_stats[2 * at.stat];
      stats[2 * at.stat + 1] = power[0] / sum;
      const float share = of_text / sum;
      for (int64_t lane = 0; lane < own.d; lane++) out[at.query + lane] = text_out[at.query + lane] * share;
      for (int64_t j = 0; j < J; j++) {
        const float weight = power[j + 1] / sum;
        weights[j * queries + at.stat] = weight;
        add_times(out + at.query, own.v[j] + at.key, weight, own.d);
      }
    }
  });
}

void own_key_gradients(const OwnKeys& own, const float* dq_of_text, const float* dy, const float* q, const float* out,
                       const float* weights, float* dq, const std::vector<float*>& dk, const std::vector<float*>& dv) {
  const int64_t J = static_cast<int64_t>(own.k.size()), queries = own.B * own.T * own.H;
  const float scale = 1.0f / std::sqrt(static_cast<float>(own.d));
  over_nodes(own, [&](int64_t first, int64_t last) {
    const int64_t width = own.G * own.d;
    for (int64_t j = 0; j < J; j++) {
      std::fill(dk[j] + first * width, dk[j] + last * width, 0.0f);
      std::fill(dv[j] + first * width, dv[j] + last * width, 0.0f);
    }
    for (int64_t index = first * own.H; index < last * own.H; index++) {
      const Place at(own, index / own.H, index % own.H);
      const float along = dot(dy + at.query, out + at.query, own.d);
      std::copy(dq_of_text + at.query, dq_of_text + at.query + own.d, dq + at.query);
      for (int64_t j = 0; j < J; j++) {
        const float weight = weights[j * queries + at.stat];
        const float dscore = weight * (dot(dy + at.query, own.v[j] + at.key, own.d) - along) * scale;
        add_times(dq + at.query, own.k[j] + at.key, dscore, own.d);
        add_times(dk[j] + at.key, q + at.query, dscore, own.d);
        add_times(dv[j] + at.key, dy + at.query, weight, own.d);
      }
    }
  });
}

}  // namespace foretoken
