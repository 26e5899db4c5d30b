// Elementwise operations by number; see the enumerations of table.h.
#pragma once
#include "table.h"
#include "vector.h"

namespace {

using namespace foretoken;

template <class Apply>
void unary_range(const float* x, float* y, size_t count, Apply apply) {
  map_range<1>({x}, y, count, [&](const Vf* v) { return apply(v[0]); });
}

inline Vf keep_nan(Vf x, Vf y) { return select(x == x, y, x); }

void unary(int operation, const float* x, float* y, size_t count) {
  const Vf zero = splat(0.0f), one = splat(1.0f);
  switch (operation) {
    case kNegate: return unary_range(x, y, count, [](Vf v) { return -v; });
    case kExponential: return unary_range(x, y, count, [](Vf v) { return exponential(v); });
    case kSigmoid: return unary_range(x, y, count, [](Vf v) { return sigmoid(v); });
    case kSilu: return unary_range(x, y, count, [](Vf v) { return v * sigmoid(v); });
    case kSquare: return unary_range(x, y, count, [](Vf v) { return v * v; });
    case kSquareRoot: return unary_range(x, y, count, [](Vf v) { return square_root(v); });
    case kReciprocalRoot: return unary_range(x, y, count, [=](Vf v) { return one / square_root(v); });
    case kReciprocal: return unary_range(x, y, count, [=](Vf v) { return one / v; });
    case kAbsolute: return unary_range(x, y, count, [](Vf v) { return (Vf)((Vi)v & 0x7fffffff); });
    case kRelu: return unary_range(x, y, count, [=](Vf v) { return keep_nan(v, larger(v, zero)); });
  }
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
  const auto run = [&](auto apply) { binary_range(a, a_step, b, b_step, y, count, apply); };
  switch (operation) {
    case kAdd: return run([](Vf l, Vf r) { return l + r; });
    case kSubtract: return run([](Vf l, Vf r) { return l - r; });
    case kMultiply: return run([](Vf l, Vf r) { return l * r; });
    case kDivide: return run([](Vf l, Vf r) { return l / r; });
    case kMaximum: return run([](Vf l, Vf r) { return keep_nan(l, keep_nan(r, larger(l, r))); });
    case kMinimum: return run([](Vf l, Vf r) { return keep_nan(l, keep_nan(r, select(l < r, l, r))); });
    case kSquaredDifference: return run([](Vf l, Vf r) { return (l - r) * (l - r); });
  }
}

}  // namespace
