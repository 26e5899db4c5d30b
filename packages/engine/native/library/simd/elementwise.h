// Elementwise operations by number; see the enumerations of table.h.
#pragma once
#include "functions.h"
#include "table.h"
#include "vector.h"

namespace {

using namespace foretoken;

template <class Apply>
void unary_range(const float* x, float* y, size_t count, Apply apply) {
  map_range<1>({x}, y, count, [&](const Vf* v) { return apply(v[0]); });
}

inline Vf keep_nan(Vf x, Vf y) { return select(x == x, y, x); }

inline Vf positive_part(Vf x) { return keep_nan(x, larger(x, splat(0.0f))); }

/// Functions that take a series.
void elementary(int operation, const float* x, float* y, size_t count) {
  const Vf zero = splat(0.0f);
  const auto run = [&](auto apply) { unary_range(x, y, count, apply); };
  switch (operation) {
    case kExponential: return run([](Vf v) { return exponential(v); });
    case kSigmoid: return run([](Vf v) { return sigmoid(v); });
    case kSilu: return run([](Vf v) { return v * sigmoid(v); });
    case kElu: return run([=](Vf v) { return select(v < zero, exponential_minus_one_to_60(v), v); });
    case kSelu: return run([=](Vf v) { return select(v < zero, splat(kSeluScaleAlpha) * exponential_minus_one_to_60(v), splat(kSeluScale) * v); });
    case kSoftplus: return run([](Vf v) { return positive_part(v) + logarithm_of_one_plus(exponential_below_0(-absolute(v))); });
    case kExponentialMinusOne: return run([](Vf v) { return exponential_minus_one(v); });
    case kLogarithm: return run([](Vf v) { return logarithm(v); });
    case kLogarithmOfOnePlus: return run([](Vf v) { return logarithm_of_one_plus(v); });
    case kTangentHyperbolic: return run([](Vf v) { return tangent_hyperbolic(v); });
    case kError: return run([](Vf v) { return error_function(v); });
  }
}

void unary(int operation, const float* x, float* y, size_t count) {
  const Vf zero = splat(0.0f), one = splat(1.0f), six = splat(6.0f);
  const auto run = [&](auto apply) { unary_range(x, y, count, apply); };
  switch (operation) {
    case kNegate: return run([](Vf v) { return -v; });
    case kSquare: return run([](Vf v) { return v * v; });
    case kSquareRoot: return run([](Vf v) { return square_root(v); });
    case kReciprocalRoot: return run([=](Vf v) { return one / square_root(v); });
    case kReciprocal: return run([=](Vf v) { return one / v; });
    case kAbsolute: return run([](Vf v) { return absolute(v); });
    case kRelu: return run([](Vf v) { return positive_part(v); });
    case kRelu6: return run([=](Vf v) { return keep_nan(v, select(v < six, larger(v, zero), six)); });
    case kSign: return run([=](Vf v) { return select(v < zero, -one, select(v > zero, one, zero)); });
    case kFloor: return run([=](Vf v) { return with_sign(v, rounded(v) - select(rounded(v) > v, one, zero)); });
    case kCeiling: return run([=](Vf v) { return with_sign(v, rounded(v) + select(rounded(v) < v, one, zero)); });
    case kRound: return run([](Vf v) { return with_sign(v, rounded(v)); });
  }
  elementary(operation, x, y, count);
}

/// Vectors of an operand: as it lies, or one value repeated.
template <class Apply>
void binary_range(const float* a, int a_step, const float* b, int b_step, float* y, size_t count, Apply apply) {
  if (a_step != 0 && b_step != 0) return map_range<2>({a, b}, y, count, [&](const Vf* v) { return apply(v[0], v[1]); });
  if (a_step != 0) {
    const Vf right = splat(*b);
    return map_range<1>({a}, y, count, [&](const Vf* v) { return apply(v[0], right); });
  }
  const Vf left = splat(*a);
  if (b_step != 0) return map_range<1>({b}, y, count, [&](const Vf* v) { return apply(left, v[0]); });
  const Vf right = splat(*b);
  const Vf value = apply(left, right);
  for (size_t at = 0; at < count; at++) y[at] = value[0];
}

void binary(int operation, const float* a, int a_step, const float* b, int b_step, float* y, size_t count) {
  const Vf zero = splat(0.0f), one = splat(1.0f);
  const auto run = [&](auto apply) { binary_range(a, a_step, b, b_step, y, count, apply); };
  switch (operation) {
    case kAdd: return run([](Vf l, Vf r) { return l + r; });
    case kSubtract: return run([](Vf l, Vf r) { return l - r; });
    case kMultiply: return run([](Vf l, Vf r) { return l * r; });
    case kDivide: return run([](Vf l, Vf r) { return l / r; });
    case kMaximum: return run([](Vf l, Vf r) { return keep_nan(l, keep_nan(r, larger(l, r))); });
    case kMinimum: return run([](Vf l, Vf r) { return keep_nan(l, keep_nan(r, select(l < r, l, r))); });
    case kSquaredDifference: return run([](Vf l, Vf r) { return (l - r) * (l - r); });
    case kLeak: return run([=](Vf l, Vf r) { return select(l < zero, l * r, l); });
    case kStep: return run([=](Vf l, Vf r) { return keep_nan(l, select(l > zero, one, r)); });
    case kEluGradient: return run([=](Vf l, Vf r) { return select(r < zero, l * (r + one), l); });
  }
}

/// In four running vectors, as a comparison takes as long as four of them.
template <class Better>
float extreme_in(const float* x, size_t count, float start, bool keeps_nan, Better better) {
  constexpr int kRunning = 4;
  Vf best[kRunning];
  for (Vf& running : best) running = splat(start);
  Vi nans = {};
  const auto take = [&](Vf v, Vf& running) {
    running = better(v, running);
    nans |= v != v;
  };
  size_t at = 0;
  for (; at + kRunning * kLanes <= count; at += kRunning * kLanes) {
    for (int vector = 0; vector < kRunning; vector++) take(load(x + at + vector * kLanes), best[vector]);
  }
  for (; at + kLanes <= count; at += kLanes) take(load(x + at), best[0]);
  if (at < count) {
    Vf rest = splat(start);
    std::memcpy(&rest, x + at, (count - at) * sizeof(float));
    take(rest, best[0]);
  }
  for (int vector = 1; vector < kRunning; vector++) best[0] = better(best[vector], best[0]);
  const Vf found = best[0];
  Vf all = splat(start);
  bool has_nan = false;
  for (int lane = 0; lane < kLanes; lane++) {
    all = better(splat(found[lane]), all);
    has_nan = has_nan || nans[lane] != 0;
  }
  return keeps_nan && has_nan ? __builtin_nanf("") : all[0];
}

float extreme(const float* x, size_t count, bool is_largest, bool keeps_nan) {
  if (is_largest) return extreme_in(x, count, -__builtin_inff(), keeps_nan, [](Vf v, Vf best) { return larger(v, best); });
  return extreme_in(x, count, __builtin_inff(), keeps_nan, [](Vf v, Vf best) { return select(v < best, v, best); });
}

}  // namespace
