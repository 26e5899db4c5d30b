// Operations on rows and on flat ranges: norms, rotations, gates, losses, the optimizer.
#pragma once
#include "table.h"
#include "vector.h"

namespace {

using foretoken::AdamWRange;

/// Sum over a row of apply(index of the first lane, number of lanes): sixteen running sums, one for each index modulo 16.
template <class Apply>
inline float sum_row(int width, Apply apply) {
  Vf sums[kSumVectors] = {};
  int at = 0;
  for (; at + kSumLanes <= width; at += kSumLanes) {
    for (int vector = 0; vector < kSumVectors; vector++) sums[vector] = apply(at + vector * kLanes, sums[vector]);
  }
  float lanes[kSumLanes];
  for (int vector = 0; vector < kSumVectors; vector++) store(lanes + vector * kLanes, sums[vector]);
  for (int lane = 0; at < width; at++, lane++) lanes[lane] = apply(at, lanes[lane]);
  return sum_lanes(lanes);
}

/// Products of two rows, added up; works on vectors and on the single values of the remainder.
struct Dot {
  const float *x, *y;
  Vf operator()(int at, Vf sum) const { return fma(load(x + at), load(y + at), sum); }
  float operator()(int at, float sum) const { return fma(x[at], y[at], sum); }
};

struct Plain {
  const float* x;
  Vf operator()(int at, Vf sum) const { return sum + load(x + at); }
  float operator()(int at, float sum) const { return sum + x[at]; }
};

inline float inverse_rms(const float* x, float epsilon, int width) {
  const float mean = sum_row(width, Dot{x, x}) / static_cast<float>(width);
  return 1.0f / __builtin_sqrtf(mean + epsilon);
}

void rms_norm(const float* x, const float* gain, float epsilon, float* y, size_t rows, int width) {
  for (size_t row = 0; row < rows; row++, x += width, y += width) {
    const Vf r = splat(inverse_rms(x, epsilon, width));
    map_range<2>({x, gain}, y, width, [&](const Vf* v) { return v[0] * r * v[1]; });
  }
}

struct GainedDot {
  const float *dy, *gain, *x;
  Vf operator()(int at, Vf sum) const { return fma(load(dy + at) * load(gain + at), load(x + at), sum); }
  float operator()(int at, float sum) const { return fma(dy[at] * gain[at], x[at], sum); }
};

void rms_norm_backward(const float* dy, const float* x, const float* gain, float epsilon, float scale, float* dx, double* dgain,
                       size_t rows, int width) {
  for (size_t row = 0; row < rows; row++, dy += width, x += width, dx += width) {
    const float r = inverse_rms(x, epsilon, width);
    const float along = sum_row(width, GainedDot{dy, gain, x}) / static_cast<float>(width) * r * r * r;
    map_range<3>({dy, gain, x}, dx, width,
                 [&](const Vf* v) { return fma(v[0] * v[1], splat(r), -(v[2] * splat(along))) * splat(scale); });
    for (int at = 0; at < width; at++) dgain[at] += static_cast<double>(dy[at] * x[at]) * r;
  }
}

void rotate(const float* x, const float* cosines, const float* sines, float* y, size_t nodes, int heads, int width, float direction) {
  const int half = width / 2;
  for (size_t node = 0; node < nodes; node++, cosines += half, sines += half) {
    for (int head = 0; head < heads; head++, x += width, y += width) {
      const Vf turn = splat(direction);
      map_range<4>({x, x + half, cosines, sines}, y, half, [&](const Vf* v) { return fma(v[0], v[2], -(v[1] * (v[3] * turn))); });
      map_range<4>({x, x + half, cosines, sines}, y + half, half,
                   [&](const Vf* v) { return fma(v[1], v[2], v[0] * (v[3] * turn)); });
    }
  }
}

void gated(const float* gate, const float* up, float* y, size_t count) {
  map_range<2>({gate, up}, y, count, [](const Vf* v) { return v[0] * sigmoid(v[0]) * v[1]; });
}

void gated_backward(const float* dy, const float* gate, const float* up, float* dgate, float* dup, float* y, size_t count) {
  const auto step = [&](const float* d, const float* g, const float* u, float* dg, float* du, float* inner) {
    const Vf s = sigmoid(load(g));
    const Vf silu = load(g) * s;
    const Vf slope = fma(silu, splat(1.0f) - s, s);
    const Vf up_value = load(u), flow = load(d);
    store(dg, flow * up_value * slope);
    store(du, flow * silu);
    store(inner, silu * up_value);
  };
  size_t at = 0;
  for (; at + kLanes <= count; at += kLanes) step(dy + at, gate + at, up + at, dgate + at, dup + at, y + at);
  if (at == count) return;
  float in[3][kLanes] = {}, out[3][kLanes];
  const size_t rest = (count - at) * sizeof(float);
  const float* inputs[3] = {dy, gate, up};
  for (int i = 0; i < 3; i++) std::memcpy(in[i], inputs[i] + at, rest);
  step(in[0], in[1], in[2], out[0], out[1], out[2]);
  float* outputs[3] = {dgate, dup, y};
  for (int i = 0; i < 3; i++) std::memcpy(outputs[i] + at, out[i], rest);
}

inline float largest_of(const float* x, int width) {
  Vf most = splat(-__builtin_inff());
  int at = 0;
  for (; at + kLanes <= width; at += kLanes) most = larger(load(x + at), most);
  float largest = -__builtin_inff();
  for (int lane = 0; lane < kLanes; lane++) largest = most[lane] > largest ? most[lane] : largest;
  for (; at < width; at++) largest = x[at] > largest ? x[at] : largest;
  return largest;
}

/// Exponentials of a row less its largest value; gives their sum. A row whose largest value is infinite gives NaN, as it should.
inline float exponentials(const float* x, float* y, int width) {
  const float largest = largest_of(x, width);
  const Vf most = splat(largest);
  map_range<1>({x}, y, width, [&](const Vf* v) { return exponential_below_0(v[0] - most); });
  return sum_row(width, Plain{y});
}

void softmax(const float* x, float* y, size_t rows, int width, bool is_log) {
  for (size_t row = 0; row < rows; row++, x += width, y += width) {
    const float sum = exponentials(x, y, width);
    if (is_log) {
      const Vf shift = splat(largest_of(x, width)), log = splat(__builtin_logf(sum));
      map_range<1>({x}, y, width, [&](const Vf* v) { return v[0] - shift - log; });
    } else {
      const Vf inverse = splat(1.0f / sum);
      map_range<1>({y}, y, width, [&](const Vf* v) { return v[0] * inverse; });
    }
  }
}

void cross_entropy(const float* logits, const int32_t* targets, float* loss, float* dlogits, size_t rows, int width) {
  for (size_t row = 0; row < rows; row++, logits += width, dlogits += width) {
    const int target = targets[row];
    if (target < 0) {
      loss[row] = 0.0f;
      std::memset(dlogits, 0, width * sizeof(float));
      continue;
    }
    const float sum = exponentials(logits, dlogits, width);
    // In double: log(sum) and the difference of two large logits lose nothing that the loss would miss.
    loss[row] = static_cast<float>(__builtin_log(static_cast<double>(sum)) -
                                   (static_cast<double>(logits[target]) - static_cast<double>(largest_of(logits, width))));
    const Vf inverse = splat(1.0f / sum);
    map_range<1>({dlogits}, dlogits, width, [&](const Vf* v) { return v[0] * inverse; });
    dlogits[target] -= 1.0f;
  }
}

void adamw(const AdamWRange& r) {
  const auto step = [&](const float* g, float* w, float* m, float* v) {
    const Vf flow = load(g) * splat(r.gradient_scale);
    const Vf m1 = fma(load(m), splat(r.beta1), flow * splat(1.0f - r.beta1));
    const Vf m2 = fma(load(v), splat(r.beta2), flow * flow * splat(1.0f - r.beta2));
    const Vf spread = square_root(m2 * splat(r.bias2)) + splat(r.epsilon);
    store(m, m1);
    store(v, m2);
    store(w, load(w) * splat(r.decay) - m1 * splat(r.rate1) / spread);
  };
  size_t at = 0;
  for (; at + kLanes <= r.count; at += kLanes) step(r.gradient + at, r.weight + at, r.moment1 + at, r.moment2 + at);
  if (at == r.count) return;
  float values[4][kLanes] = {};
  const size_t rest = (r.count - at) * sizeof(float);
  const float* inputs[4] = {r.gradient, r.weight, r.moment1, r.moment2};
  for (int i = 0; i < 4; i++) std::memcpy(values[i], inputs[i] + at, rest);
  step(values[0], values[1], values[2], values[3]);
  float* outputs[3] = {r.weight, r.moment1, r.moment2};
  for (int i = 0; i < 3; i++) std::memcpy(outputs[i] + at, values[i + 1], rest);
}

/// In double, sixteen running sums.
double sum_of_squares(const float* x, size_t count) {
  double lanes[kSumLanes] = {};
  size_t at = 0;
  for (; at + kSumLanes <= count; at += kSumLanes) {
    for (int lane = 0; lane < kSumLanes; lane++) lanes[lane] += static_cast<double>(x[at + lane]) * x[at + lane];
  }
  for (int lane = 0; at < count; at++, lane++) lanes[lane] += static_cast<double>(x[at]) * x[at];
  double total = 0.0;
  for (int lane = 0; lane < kSumLanes; lane++) total += lanes[lane];
  return total;
}

float sum(const float* x, size_t count) { return sum_row(static_cast<int>(count), Plain{x}); }

}  // namespace
