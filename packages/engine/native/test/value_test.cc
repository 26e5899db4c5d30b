// Operations value by value on every type, against the C library in double and values worked out by hand.
#include <algorithm>
#include <cmath>
#include <limits>

#include "check.h"
#include "elementwise.h"
#include "indexing.h"
#include "reduce.h"
#include "rows.h"

namespace foretoken {

namespace {

using Ints = std::vector<int32_t>;
using Bytes = std::vector<uint8_t>;
using Floats = std::vector<float>;

constexpr int32_t kMost = std::numeric_limits<int32_t>::max(), kLeast = std::numeric_limits<int32_t>::min();

/// What the C library makes of a value; the operations with a number below kIsNan.
double exactly(int operation, double x) {
  switch (operation) {
    case kRelu6: return std::isnan(x) ? x : std::min(std::max(x, 0.0), 6.0);
    case kElu: return x < 0.0 ? std::expm1(x) : x;
    case kSelu: return 1.0507009873554805 * (x < 0.0 ? 1.6732632423543772 * std::expm1(x) : x);
    case kSoftplus: return std::log1p(std::exp(x));
    case kExponentialMinusOne: return std::expm1(x);
    case kLogarithm: return std::log(x);
    case kLogarithmOfOnePlus: return std::log1p(x);
    case kTangentHyperbolic: return std::tanh(x);
    case kError: return std::erf(x);
    case kSign: return (x > 0.0) - (x < 0.0);
    case kFloor: return std::floor(x);
    case kCeiling: return std::ceil(x);
    case kRound: return std::nearbyint(x);
    case kSine: return std::sin(x);
    case kCosine: return std::cos(x);
    case kTangent: return std::tan(x);
    case kArcSine: return std::asin(x);
    case kArcCosine: return std::acos(x);
    case kArcTangent: return std::atan(x);
    case kSineHyperbolic: return std::sinh(x);
    case kCosineHyperbolic: return std::cosh(x);
    case kArcSineHyperbolic: return std::asinh(x);
    case kArcCosineHyperbolic: return std::acosh(x);
    case kArcTangentHyperbolic: return std::atanh(x);
    default: return 0.0;
  }
}

Floats applied(int operation, const Floats& x) {
  Floats y(x.size(), NAN);
  apply_unary(operation, kFloat32, x.data(), y.data(), static_cast<int64_t>(x.size()));
  return y;
}

void functions_agree_with_the_c_library() {
  Random random(1001);
  // The first ones have a test of their own.
  for (int operation = kRelu6; operation < kIsNan; operation++) {
    for (const float width : {1.0f, 12.0f}) {
      Floats x = random.values(3001);
      for (float& value : x) value *= width;
      for (const float halves : {-2.5f, -1.5f, -0.5f, 0.0f, 0.5f, 1.5f, 2.5f, 6.0f}) x.push_back(halves);
      const Floats y = on_any_threads([&] { return applied(operation, x); });
      for (size_t at = 0; at < x.size(); at++) {
        const double expected = exactly(operation, x[at]);
        const std::string what = say("operation %d of %.9g: %.9g, expected %.9g", operation, x[at], y[at], expected);
        if (std::isnan(expected)) CHECK(std::isnan(y[at]), what);
        else if (std::isinf(expected)) CHECK(y[at] == static_cast<float>(expected), what);
        else CHECK(std::fabs(y[at] - expected) <= 1e-6 * std::fabs(expected) + 1e-9, what);
      }
    }
    const float of_nan = applied(operation, {NAN})[0];
    // As tfjs has it.
    CHECK(operation == kSign ? of_nan == 0.0f : std::isnan(of_nan), say("operation %d of NaN", operation));
  }
  CHECK(applied(kLogarithm, {0.0f})[0] == -INFINITY && applied(kLogarithm, {INFINITY})[0] == INFINITY);
  CHECK(applied(kLogarithmOfOnePlus, {INFINITY})[0] == INFINITY && applied(kLogarithmOfOnePlus, {1e-12f})[0] == 1e-12f);
  CHECK(applied(kExponentialMinusOne, {100.0f})[0] == INFINITY && applied(kExponentialMinusOne, {-100.0f})[0] == -1.0f);
  CHECK(applied(kTangentHyperbolic, {100.0f})[0] == 1.0f && applied(kError, {-100.0f})[0] == -1.0f);
}

template <class T>
Bytes tested(int operation, Type type, const std::vector<T>& x) {
  Bytes y(x.size(), 7);
  apply_unary(operation, type, x.data(), y.data(), static_cast<int64_t>(x.size()));
  return y;
}

void questions_and_whole_numbers() {
  const Floats x = {0.0f, -1.0f, INFINITY, -INFINITY, NAN, 3e38f};
  CHECK(tested(kIsNan, kFloat32, x) == (Bytes{0, 0, 0, 0, 1, 0}));
  CHECK(tested(kIsInfinite, kFloat32, x) == (Bytes{0, 0, 1, 1, 0, 0}));
  CHECK(tested(kIsFinite, kFloat32, x) == (Bytes{1, 1, 0, 0, 0, 1}));
  CHECK(tested(kNot, kBool, Bytes{0, 1}) == (Bytes{1, 0}));
  const Ints whole = {kLeast, -7, -1, 0, 1, 6, 7, kMost};
  const auto of = [&](int operation) {
    Ints y(whole.size());
    apply_unary(operation, kInt32, whole.data(), y.data(), static_cast<int64_t>(whole.size()));
    return y;
  };
  CHECK(of(kNegate) == (Ints{kLeast, 7, 1, 0, -1, -6, -7, -kMost}));
  CHECK(of(kAbsolute) == (Ints{kLeast, 7, 1, 0, 1, 6, 7, kMost}));
  CHECK(of(kSquare) == (Ints{0, 49, 1, 0, 1, 36, 49, 1}));
  CHECK(of(kRelu) == (Ints{0, 0, 0, 0, 1, 6, 7, kMost}));
  CHECK(of(kRelu6) == (Ints{0, 0, 0, 0, 1, 6, 6, 6}));
  CHECK(of(kSign) == (Ints{-1, -1, -1, 0, 1, 1, 1, 1}));
}

/// Both operands whole; or one value of the second, or of the first.
template <class Out, class In>
std::vector<Out> combined(int operation, Type type, const std::vector<In>& a, const std::vector<In>& b) {
  const size_t count = std::max(a.size(), b.size());
  std::vector<Out> y(count);
  Strided<2> axes;
  axes.add(static_cast<int64_t>(count), {a.size() == 1 ? 0 : 1, b.size() == 1 ? 0 : 1});
  apply_binary(operation, type, axes, a.data(), b.data(), y.data());
  return y;
}

void pairs_of_floats() {
  // Multiples of a half, so that remainders are exact.
  Random random(1003);
  Floats a, b;
  for (int at = 0; at < 999; at++) {
    a.push_back(0.5f * static_cast<float>(random.between(-40, 40)));
    b.push_back(0.5f * static_cast<float>(random.chance(0.5) ? random.between(1, 9) : random.between(-9, -1)));
  }
  const Floats power = combined<float>(kPower, kFloat32, a, b), rest = combined<float>(kModulo, kFloat32, a, b);
  const Floats angle = combined<float>(kArcTangent2, kFloat32, a, b);
  const Ints whole = combined<int32_t>(kFloorDivide, kFloat32, a, b);
  const Floats leak = combined<float>(kLeak, kFloat32, a, b), step = combined<float>(kStep, kFloat32, a, b);
  const Floats gradient = combined<float>(kEluGradient, kFloat32, a, b);
  for (size_t at = 0; at < a.size(); at++) {
    const double l = a[at], r = b[at];
    const float raised = static_cast<float>(std::pow(l, r));
    CHECK(power[at] == raised || std::isnan(raised), say("%g to the %g", l, r));
    CHECK(whole[at] == static_cast<int32_t>(std::floor(l / r)), say("floor of %g / %g", l, r));
    CHECK(rest[at] == static_cast<float>(l - r * std::floor(l / r)), say("%g modulo %g: %g", l, r, rest[at]));
    CHECK(angle[at] == static_cast<float>(std::atan2(l, r)), say("atan2 of %g, %g", l, r));
    CHECK(leak[at] == (l < 0.0 ? a[at] * b[at] : a[at]) && step[at] == (l > 0.0 ? 1.0f : b[at]), say("%g, %g", l, r));
    CHECK(gradient[at] == (r < 0.0 ? a[at] * (b[at] + 1.0f) : a[at]), say("%g, %g", l, r));
  }
  for (const float exponent : {2.0f, 3.0f, 4.0f}) {
    const Floats raised = combined<float>(kPower, kFloat32, a, {exponent});
    for (size_t at = 0; at < a.size(); at++) CHECK(raised[at] == static_cast<float>(std::pow(double{a[at]}, double{exponent})));
  }
  CHECK(combined<float>(kPower, kFloat32, Floats{2.0f}, Floats{-1.0f, 0.5f, 10.0f}) == (Floats{0.5f, std::sqrt(2.0f), 1024.0f}));
  for (const auto& [left, right] : {std::pair<float, float>{1.0f, NAN}, {1.0f, INFINITY}, {-1.0f, -INFINITY}, {-2.0f, 0.5f}}) {
    CHECK(std::isnan(combined<float>(kPower, kFloat32, Floats{left}, Floats{right})[0]), say("%g to the %g", left, right));
  }
}

void pairs_of_whole_numbers_and_flags() {
  const Ints a = {7, -7, kMost, kLeast, 3, 6}, b = {2, 2, 1, -1, 4, 3};
  const auto of = [&](int operation) { return combined<int32_t>(operation, kInt32, a, b); };
  CHECK(of(kAdd) == (Ints{9, -5, kLeast, kMost, 7, 9}));
  CHECK(of(kSubtract) == (Ints{5, -9, kMost - 1, kLeast + 1, -1, 3}));
  CHECK(of(kMultiply) == (Ints{14, -14, kMost, kLeast, 12, 18}));
  CHECK(of(kMaximum) == (Ints{7, 2, kMost, -1, 4, 6}) && of(kMinimum) == (Ints{2, -7, 1, kLeast, 3, 3}));
  CHECK(of(kBitwiseAnd) == (Ints{2, 0, 1, kLeast, 0, 2}));
  CHECK(of(kDivide) == (Ints{3, -3, kMost, kLeast, 0, 2}), "towards 0, and 2^31 wraps around");
  CHECK(of(kFloorDivide) == (Ints{3, -4, kMost, kLeast, 0, 2}));
  CHECK(of(kModulo) == (Ints{1, 1, 0, 0, 3, 0}));
  CHECK(of(kSquaredDifference)[0] == 25 && of(kSquaredDifference)[5] == 9 && of(kPower)[4] == 81 && of(kPower)[1] == 49);
  CHECK(combined<int32_t>(kDivide, kInt32, Ints{5}, Ints{0}) == (Ints{0}), "what is infinite is 0");
  CHECK(combined<int32_t>(kSubtract, kInt32, a, {1})[0] == 6 && combined<int32_t>(kSubtract, kInt32, Ints{1}, b)[0] == -1);
  const Floats x = {1.0f, 2.0f, NAN}, y = {2.0f, 2.0f, 2.0f};
  const auto ask = [&](int operation) { return combined<uint8_t>(operation, kFloat32, x, y); };
  CHECK(ask(kEqual) == (Bytes{0, 1, 0}) && ask(kNotEqual) == (Bytes{1, 0, 1}));
  CHECK(ask(kLess) == (Bytes{1, 0, 0}) && ask(kLessEqual) == (Bytes{1, 1, 0}));
  CHECK(ask(kGreater) == (Bytes{0, 0, 0}) && ask(kGreaterEqual) == (Bytes{0, 1, 0}));
  CHECK(combined<uint8_t>(kLess, kInt32, a, b) == (Bytes{0, 1, 0, 1, 1, 0}));
  CHECK(combined<uint8_t>(kAnd, kBool, Bytes{0, 0, 1, 1}, Bytes{0, 1, 0, 1}) == (Bytes{0, 0, 0, 1}));
  CHECK(combined<uint8_t>(kOr, kBool, Bytes{0, 0, 1, 1}, Bytes{0, 1, 0, 1}) == (Bytes{0, 1, 1, 1}));
}

void types_of_results() {
  CHECK(unary_type(kSine, kFloat32) == kFloat32 && unary_type(kIsNan, kFloat32) == kBool && unary_type(kNot, kBool) == kBool);
  CHECK(unary_type(kSign, kInt32) == kInt32);
  CHECK(binary_type(kLess, kInt32) == kBool && binary_type(kFloorDivide, kFloat32) == kInt32 && binary_type(kModulo, kInt32) == kInt32);
  CHECK(binary_type(kArcTangent2, kFloat32) == kFloat32);
  CHECK_FAULT(unary_type(kSine, kInt32), "ENGINE_MISUSE");
  CHECK_FAULT(unary_type(kNot, kFloat32), "ENGINE_MISUSE");
  CHECK_FAULT(binary_type(kAdd, kBool), "ENGINE_MISUSE");
  CHECK_FAULT(binary_type(kBitwiseAnd, kFloat32), "ENGINE_MISUSE");
  CHECK(reduction_type(kMean, kInt32) == kFloat32 && reduction_type(kArgLargest, kFloat32) == kInt32);
  CHECK(reduction_type(kSum, kBool) == kInt32 && reduction_type(kSum, kFloat32) == kFloat32 && reduction_type(kLargest, kBool) == kBool);
}

void sums_bounds_and_changes_of_type() {
  Random random(1006);
  const Floats a = random.values(5003), b = random.values(5003), c = random.values(5003);
  const Floats sum = on_any_threads([&] {
    Floats y(a.size());
    add_all(kFloat32, {a.data(), b.data(), c.data()}, y.data(), static_cast<int64_t>(y.size()));
    return y;
  });
  for (size_t at = 0; at < a.size(); at++) CHECK(sum[at] == (a[at] + b[at]) + c[at]);
  const Ints whole = {kMost, 5, -9}, more = {1, -5, -1};
  Ints z(3);
  add_all(kInt32, {whole.data(), more.data()}, z.data(), 3);
  CHECK(z == (Ints{kLeast, 0, -10}));
  const Floats x = {-3.0f, 0.5f, 9.0f, NAN};
  Floats y(4);
  clip(kFloat32, x.data(), y.data(), 4, -2.5, 3.75);
  CHECK(y[0] == -2.5f && y[1] == 0.5f && y[2] == 3.75f && std::isnan(y[3]));
  clip(kInt32, whole.data(), z.data(), 3, -2.5, 6.75);
  CHECK(z == (Ints{6, 5, -2}), "bounds lose their fraction as any number does");
  const Floats odd = {1.75f, -1.75f, 3e9f, NAN};
  Ints cut(4);
  cast(kFloat32, kInt32, odd.data(), cut.data(), 4);
  CHECK(cut == (Ints{1, -1, static_cast<int32_t>(3000000000u), 0}));
  Bytes flags(4);
  cast(kFloat32, kBool, Floats{0.0f, -0.0f, 0.5f, NAN}.data(), flags.data(), 4);
  CHECK(flags == (Bytes{0, 0, 1, 1}));
  cast(kInt32, kFloat32, whole.data(), y.data(), 3);
  CHECK(y[0] == 2147483648.0f && y[1] == 5.0f && y[2] == -9.0f);
  cast(kBool, kInt32, flags.data(), cut.data(), 4);
  CHECK(cut == (Ints{0, 0, 1, 1}));
}

void what_is_filled_chosen_and_marked() {
  Floats x(5);
  Ints whole(5);
  Bytes flags(2);
  fill(kFloat32, x.data(), 5, 0.1);
  fill(kInt32, whole.data(), 5, -2.9);
  fill(kBool, flags.data(), 2, 1.0);
  CHECK(x == Floats(5, 0.1f) && whole == Ints(5, -2) && flags == (Bytes{1, 1}));
  ramp(kFloat32, x.data(), 5, 1.0, -0.25);
  ramp(kInt32, whole.data(), 5, 5.0, -2.0);
  ramp(kBool, flags.data(), 2, 0.0, 1.0);
  CHECK(x == (Floats{1.0f, 0.75f, 0.5f, 0.25f, 0.0f}) && whole == (Ints{5, 3, 1, -1, -3}) && flags == (Bytes{0, 1}));
  const Floats a = {1.0f, 2.0f, 3.0f, NAN}, b = {-1.0f, -2.0f, -3.0f, -4.0f};
  Floats y(4);
  choose(kFloat32, Bytes{1, 0, 255, 0}.data(), 1, a.data(), b.data(), y.data(), 4);
  CHECK(y == (Floats{1.0f, -2.0f, 3.0f, -4.0f}));
  choose(kFloat32, Bytes{0, 1}.data(), 2, a.data(), b.data(), y.data(), 4);
  CHECK(y[0] == -1.0f && y[1] == -2.0f && y[2] == 3.0f && std::isnan(y[3]));
  Bytes either(3);
  choose(kBool, Bytes{1, 0, 1}.data(), 1, Bytes{1, 1, 0}.data(), Bytes{0, 0, 1}.data(), either.data(), 3);
  CHECK(either == (Bytes{1, 0, 0}));
  const Floats table = {1, 2, 3, 4, 5, 6};
  take_rows(kFloat32, table.data(), {2, 0}, y.data(), 2);
  CHECK(y == (Floats{5, 6, 1, 2}));
  const Ints marks = {2, -1, 3, 0};
  Floats hot(12);
  one_hot(kFloat32, marks.data(), hot.data(), 4, 3, 0.75, -1.0);
  CHECK(hot == (Floats{-1, -1, 0.75f, -1, -1, -1, -1, -1, -1, 0.75f, -1, -1}));
  Ints ones(6);
  one_hot(kInt32, marks.data(), ones.data(), 2, 3, 1.0, 0.0);
  CHECK(ones == (Ints{0, 0, 1, 0, 0, 0}));
}

void tokens_are_drawn_by_their_shares() {
  // Shares of 1/4, 1/2, 1/4; at a temperature of a half, of 1/6, 4/6, 1/6.
  const Floats row = {0.0f, std::log(2.0f), 0.0f, -INFINITY};
  const std::vector<double> uniform = {0.0, 0.2, 0.3, 0.74, 0.76, 0.999999999999};
  Floats logits;
  for (size_t at = 0; at < uniform.size(); at++) logits.insert(logits.end(), row.begin(), row.end());
  const auto drawn = [&](float temperature) {
    Ints out(uniform.size(), -1);
    sample_rows(logits.data(), uniform.data(), temperature, out.data(), static_cast<int64_t>(out.size()), 4);
    return out;
  };
  CHECK(drawn(1.0f) == (Ints{0, 0, 1, 1, 2, 2}));
  CHECK(drawn(0.5f) == (Ints{0, 1, 1, 1, 1, 2}));
}

}  // namespace

void add_value_tests(std::vector<Test>& tests) {
  tests.push_back({"functions agree with the C library in double, NaN and infinities included", functions_agree_with_the_c_library});
  tests.push_back({"questions about values, and functions of whole numbers, are exact", questions_and_whole_numbers});
  tests.push_back({"powers, remainders, angles and gradients of two floats are exact", pairs_of_floats});
  tests.push_back({"whole numbers wrap around; comparisons know NaN", pairs_of_whole_numbers_and_flags});
  tests.push_back({"every operation has a type for its result, or refuses", types_of_results, false});
  tests.push_back({"tensors are added, bounded and change their type as JavaScript has it", sums_bounds_and_changes_of_type});
  tests.push_back({"values are filled in, chosen by flags and marked by index", what_is_filled_chosen_and_marked});
  tests.push_back({"tokens are drawn by their shares, never one that has none", tokens_are_drawn_by_their_shares});
}

}  // namespace foretoken
