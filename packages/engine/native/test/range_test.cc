// Operations on flat ranges: the exponential to the last place, and everything built on it.
#include <cmath>

#include "check.h"
#include "rows.h"

namespace foretoken {

namespace {

float float_of(uint32_t bits) {
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

std::vector<float> applied(int operation, const std::vector<float>& x) {
  std::vector<float> y(x.size(), NAN);
  unary(operation, x.data(), y.data(), static_cast<int64_t>(x.size()));
  return y;
}

/// Distance in units of the expected value's last place.
double units(float got, double expected) {
  int exponent;
  std::frexp(expected, &exponent);
  return std::fabs(got - expected) / std::ldexp(1.0, exponent - 24);
}

void exponentials_are_right_to_two_units() {
  std::vector<float> x;
  // Every sign and exponent, with fractions on a fine grid and at random.
  const uint32_t step = static_cast<uint32_t>(65536 / rounds(64));
  Random random(701);
  for (uint64_t bits = 0; bits < (uint64_t{1} << 32); bits += step * 16) x.push_back(float_of(static_cast<uint32_t>(bits + random.below(step * 16))));
  for (int at = 0; at < rounds(400000); at++) x.push_back(random.value() * 90.0f);
  for (int n = -126; n <= 128; n++) {
    for (const float near : {-1e-5f, 0.0f, 1e-5f}) x.push_back(static_cast<float>(n * 0.69314718055994530942 + near));
  }
  const std::vector<float> y = applied(kExponential, x);
  double worst = 0.0;
  for (size_t at = 0; at < x.size(); at++) {
    const double exact = std::exp(static_cast<double>(x[at]));
    if (std::isnan(x[at])) CHECK(std::isnan(y[at]));
    else if (x[at] > 88.72284f) CHECK(y[at] == INFINITY, say("%.9g", x[at]));
    else if (x[at] < -87.33655f) CHECK(y[at] == 0.0f && !std::signbit(y[at]), say("%.9g gave %.9g", x[at], y[at]));
    else if (x[at] > -87.33654f && x[at] < 88.72283f) worst = std::max(worst, units(y[at], exact));
    if (worst > 2.0) fail(__FILE__, __LINE__, "2 units", say("exp(%.9g) gave %.9g, exactly %.9g", x[at], y[at], exact));
  }
  for (const auto& [from, to] : {std::pair<float, float>{0.0f, 1.0f}, {-0.0f, 1.0f}, {INFINITY, INFINITY}, {-INFINITY, 0.0f}, {1e-45f, 1.0f}, {3e38f, INFINITY}, {-3e38f, 0.0f}}) {
    CHECK(applied(kExponential, {from})[0] == to, say("%g", from));
  }
  CHECK(std::isnan(applied(kExponential, {NAN})[0]));
}

double exactly(int operation, double x) {
  switch (operation) {
    case kNegate: return -x;
    case kExponential: return std::exp(x);
    case kSigmoid: return 1.0 / (1.0 + std::exp(-x));
    case kSilu: return x / (1.0 + std::exp(-x));
    case kSquare: return x * x;
    case kSquareRoot: return std::sqrt(x);
    case kReciprocalRoot: return 1.0 / std::sqrt(x);
    case kReciprocal: return 1.0 / x;
    case kAbsolute: return std::fabs(x);
    case kRelu: return x > 0.0 ? x : 0.0;
    default: return NAN;
  }
}

/// The operations that this test knows; others have tests of their own.
constexpr int kKnownUnaries = kRelu + 1;

void unaries_agree_with_loops() {
  Random random(702);
  for (int operation = 0; operation < kKnownUnaries; operation++) {
    for (const int64_t count : {1, 2, 7, 8, 9, 17, 70001}) {
      std::vector<float> x = random.values(count);
      for (float& value : x) value *= 5.0f;
      const std::vector<float> y = on_any_threads([&] { return applied(operation, x); });
      for (int64_t at = 0; at < count; at++) {
        const double expected = exactly(operation, x[at]);
        if (std::isnan(expected)) CHECK(std::isnan(y[at]), say("operation %d of %.9g", operation, x[at]));
        else CHECK(std::fabs(y[at] - expected) <= 4e-7 * (std::fabs(expected) + 1e-30), say("operation %d of %.9g: %.9g", operation, x[at], y[at]));
      }
      // In place.
      std::vector<float> same = x;
      unary(operation, same.data(), same.data(), count);
      CHECK(same_bits(same, y), say("operation %d in place", operation));
    }
    CHECK(std::isnan(applied(operation, {NAN})[0]), say("operation %d of NaN", operation));
  }
}

double exactly(int operation, double a, double b) {
  switch (operation) {
    case kAdd: return a + b;
    case kSubtract: return a - b;
    case kMultiply: return a * b;
    case kDivide: return a / b;
    case kMaximum: return a > b ? a : b;
    case kMinimum: return a < b ? a : b;
    case kSquaredDifference: return (a - b) * (a - b);
    default: return NAN;
  }
}

constexpr int kKnownBinaries = kSquaredDifference + 1;

void binaries_agree_with_loops() {
  Random random(703);
  for (int operation = 0; operation < kKnownBinaries; operation++) {
    for (const int64_t count : {1, 2, 7, 8, 9, 17, 70001}) {
      for (const auto& [a_step, b_step] : {std::pair<int, int>{1, 1}, {1, 0}, {0, 1}, {0, 0}}) {
        const std::vector<float> a = random.values(a_step ? count : 1), b = random.values(b_step ? count : 1);
        const std::vector<float> y = on_any_threads([&] {
          std::vector<float> y(static_cast<size_t>(count), NAN);
          binary(operation, a.data(), a_step, b.data(), b_step, y.data(), count);
          return y;
        });
        for (int64_t at = 0; at < count; at++) {
          const float left = a[at * a_step], right = b[at * b_step];
          const double expected = exactly(operation, left, right);
          CHECK(std::fabs(y[at] - expected) <= 4e-7 * (std::fabs(expected) + 1e-9), say("operation %d of %.9g, %.9g: %.9g", operation, left, right, y[at]));
        }
      }
    }
    for (const auto& [left, right] : {std::pair<float, float>{NAN, 1.0f}, {1.0f, NAN}, {NAN, NAN}}) {
      float y = 0.0f;
      binary(operation, &left, 1, &right, 1, &y, 1);
      CHECK(std::isnan(y), say("operation %d of %g, %g", operation, left, right));
    }
  }
}

void bfloat16_rounds_to_nearest_even() {
  Random random(704);
  std::vector<float> x = {0.0f, -0.0f, 1.0f, INFINITY, -INFINITY, 3.4e38f, 1e-45f, float_of(0x3f808000u), float_of(0x3f818000u), float_of(0x3f808001u)};
  for (int at = 0; at < rounds(200000); at++) x.push_back(float_of(static_cast<uint32_t>(random.bits())));
  std::vector<float> y(x.size());
  round_bfloat16(x.data(), y.data(), static_cast<int64_t>(x.size()));
  for (size_t at = 0; at < x.size(); at++) {
    uint32_t from, to;
    std::memcpy(&from, &x[at], 4);
    std::memcpy(&to, &y[at], 4);
    CHECK((to & 0xffffu) == 0, say("%08x", from));
    if (std::isnan(x[at])) {
      CHECK(std::isnan(y[at]), say("%08x", from));
      continue;
    }
    const uint32_t below = from & 0xffff0000u, above = below + 0x10000u, rest = from & 0xffffu;
    const bool is_up = rest > 0x8000u || (rest == 0x8000u && (below & 0x10000u) != 0);
    CHECK(to == (is_up ? above : below), say("%08x gave %08x", from, to));
  }
}

}  // namespace

void add_range_tests(std::vector<Test>& tests) {
  tests.push_back({"exponentials are right to two units in the last place over the whole range", exponentials_are_right_to_two_units});
  tests.push_back({"operations on one range agree with loops, NaN included", unaries_agree_with_loops});
  tests.push_back({"operations on two ranges or a range and a value agree with loops", binaries_agree_with_loops});
  tests.push_back({"bfloat16 rounds to the nearest, ties to even", bfloat16_rounds_to_nearest_even});
}

}  // namespace foretoken
