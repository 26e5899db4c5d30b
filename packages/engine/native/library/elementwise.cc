#include "elementwise.h"

#include <cmath>
#include <cstring>

#include "processor.h"
#include "rows.h"

namespace foretoken {

namespace {

/// Values of one task of an operation that a processor has no instruction for.
constexpr size_t kGrainCalls = 1 << 11;

int32_t wrapped(int64_t value) { return static_cast<int32_t>(static_cast<uint32_t>(value)); }

template <class Out, class In, class Apply>
void map(const void* from, void* to, int64_t count, size_t grain, Apply apply) {
  const In* x = static_cast<const In*>(from);
  Out* y = static_cast<Out*>(to);
  Pool::instance().run_ranges(count, grain, [&](size_t begin, size_t end) {
    for (size_t at = begin; at < end; at++) y[at] = apply(x[at]);
  });
}

/// A function of the C library, in double, so that its last bit seldom shows in float32.
void map_function(double (*function)(double), const void* x, void* y, int64_t count) {
  map<float, float>(x, y, count, kGrainCalls, [=](float v) { return static_cast<float>(function(v)); });
}

void unary_of_floats(int operation, const void* x, void* y, int64_t count) {
  const auto test = [&](auto apply) { map<uint8_t, float>(x, y, count, kGrainValues, apply); };
  switch (operation) {
    case kSine: return map_function(std::sin, x, y, count);
    case kCosine: return map_function(std::cos, x, y, count);
    case kTangent: return map_function(std::tan, x, y, count);
    case kArcSine: return map_function(std::asin, x, y, count);
    case kArcCosine: return map_function(std::acos, x, y, count);
    case kArcTangent: return map_function(std::atan, x, y, count);
    case kSineHyperbolic: return map_function(std::sinh, x, y, count);
    case kCosineHyperbolic: return map_function(std::cosh, x, y, count);
    case kArcSineHyperbolic: return map_function(std::asinh, x, y, count);
    case kArcCosineHyperbolic: return map_function(std::acosh, x, y, count);
    case kArcTangentHyperbolic: return map_function(std::atanh, x, y, count);
    case kIsNan: return test([](float v) { return v != v; });
    case kIsInfinite: return test([](float v) { return std::fabs(v) == HUGE_VALF; });
    case kIsFinite: return test([](float v) { return std::fabs(v) < HUGE_VALF; });
  }
  unary(operation, static_cast<const float*>(x), static_cast<float*>(y), count);
}

void unary_of_ints(int operation, const void* x, void* y, int64_t count) {
  const auto run = [&](auto apply) { map<int32_t, int32_t>(x, y, count, kGrainValues, apply); };
  switch (operation) {
    case kNegate: return run([](int32_t v) { return wrapped(-int64_t{v}); });
    case kAbsolute: return run([](int32_t v) { return wrapped(v < 0 ? -int64_t{v} : v); });
    case kSquare: return run([](int32_t v) { return wrapped(int64_t{v} * v); });
    case kRelu: return run([](int32_t v) { return std::max(v, 0); });
    case kRelu6: return run([](int32_t v) { return std::min(std::max(v, 0), 6); });
    case kSign: return run([](int32_t v) { return (v > 0) - (v < 0); });
  }
}

template <class Out, class In, class Apply>
void combine(const Strided<2>& axes, const void* a, const void* b, void* y, Apply apply) {
  const int64_t a_step = axes.inner_step(0), b_step = axes.inner_step(1);
  walk(axes, [&](const int64_t (&offsets)[2], int64_t place, int64_t length) {
    const In* left = static_cast<const In*>(a) + offsets[0];
    const In* right = static_cast<const In*>(b) + offsets[1];
    Out* to = static_cast<Out*>(y) + place;
    if (a_step == 1 && b_step == 1) {
      for (int64_t at = 0; at < length; at++) to[at] = apply(left[at], right[at]);
    } else if (a_step == 1) {
      const In value = *right;
      for (int64_t at = 0; at < length; at++) to[at] = apply(left[at], value);
    } else {
      for (int64_t at = 0; at < length; at++) to[at] = apply(left[at * a_step], right[at * b_step]);
    }
  });
}

/// JavaScript's a to the power of b, which is NaN where b is, and where b is infinite and |a| 1.
double power(double a, double b) {
  if (std::isnan(b) || (std::isinf(b) && std::fabs(a) == 1.0)) return NAN;
  return std::pow(a, b);
}

/// Squares and cubes, where one exponent says so: what `power` gives, without asking the C library.
bool small_power(const Strided<2>& axes, const float* a, float exponent, float* y) {
  const bool is_one = axes.rank == 1 && axes.inner_step(0) == 1 && axes.inner_step(1) == 0;
  if (!is_one || (exponent != 2.0f && exponent != 3.0f)) return false;
  const bool is_cube = exponent == 3.0f;
  map<float, float>(a, y, axes.count(), kGrainValues, [=](float v) {
    const double value = v;
    return static_cast<float>(value * value * (is_cube ? value : 1.0));
  });
  return true;
}

/// tfjs' remainder: with the sign of b where those of a and b differ.
double modulo(double a, double b) {
  const double rest = std::fmod(a, b);
  return (a < 0.0 && b < 0.0) || (a >= 0.0 && b >= 0.0) ? rest : std::fmod(rest + b, b);
}

/// An operation on JavaScript's numbers, stored as T.
template <class T, class Apply>
auto on_numbers(Apply apply) {
  return [=](auto a, auto b) { return stored<T>(apply(static_cast<double>(a), static_cast<double>(b))); };
}

void binary_of_vectors(int operation, const Strided<2>& axes, const float* a, const float* b, float* y) {
  const int a_step = static_cast<int>(axes.inner_step(0)), b_step = static_cast<int>(axes.inner_step(1));
  const SimdTable& table = simd();
  walk(axes, [&](const int64_t (&offsets)[2], int64_t place, int64_t length) {
    table.binary(operation, a + offsets[0], a_step, b + offsets[1], b_step, y + place, length);
  });
}

void binary_of_floats(int operation, const Strided<2>& axes, const void* a, const void* b, void* y) {
  const auto run = [&](auto apply) { combine<float, float>(axes, a, b, y, on_numbers<float>(apply)); };
  switch (operation) {
    case kPower:
      if (axes.count() > 0 && small_power(axes, static_cast<const float*>(a), *static_cast<const float*>(b), static_cast<float*>(y))) return;
      return run(power);
    case kModulo: return run(modulo);
    case kArcTangent2: return run([](double l, double r) { return std::atan2(l, r); });
    case kFloorDivide:
      return combine<int32_t, float>(axes, a, b, y, on_numbers<int32_t>([](double l, double r) { return std::floor(l / r); }));
  }
  binary_of_vectors(operation, axes, static_cast<const float*>(a), static_cast<const float*>(b), static_cast<float*>(y));
}

void binary_of_ints(int operation, const Strided<2>& axes, const void* a, const void* b, void* y) {
  const auto run = [&](auto apply) { combine<int32_t, int32_t>(axes, a, b, y, apply); };
  switch (operation) {
    case kAdd: return run([](int32_t l, int32_t r) { return wrapped(int64_t{l} + r); });
    case kSubtract: return run([](int32_t l, int32_t r) { return wrapped(int64_t{l} - r); });
    case kMultiply: return run([](int32_t l, int32_t r) { return wrapped(int64_t{l} * r); });
    case kMaximum: return run([](int32_t l, int32_t r) { return std::max(l, r); });
    case kMinimum: return run([](int32_t l, int32_t r) { return std::min(l, r); });
    case kBitwiseAnd: return run([](int32_t l, int32_t r) { return l & r; });
    case kDivide: return run(on_numbers<int32_t>([](double l, double r) { return l / r; }));
    case kSquaredDifference: return run(on_numbers<int32_t>([](double l, double r) { return (l - r) * (l - r); }));
    case kPower: return run(on_numbers<int32_t>(power));
    case kModulo: return run(on_numbers<int32_t>(modulo));
    case kFloorDivide: return run(on_numbers<int32_t>([](double l, double r) { return std::floor(l / r); }));
  }
}

template <class T>
void compare(int operation, const Strided<2>& axes, const void* a, const void* b, void* y) {
  const auto run = [&](auto apply) { combine<uint8_t, T>(axes, a, b, y, apply); };
  switch (operation) {
    case kEqual: return run([](T l, T r) { return l == r; });
    case kNotEqual: return run([](T l, T r) { return l != r; });
    case kLess: return run([](T l, T r) { return l < r; });
    case kLessEqual: return run([](T l, T r) { return l <= r; });
    case kGreater: return run([](T l, T r) { return l > r; });
    case kGreaterEqual: return run([](T l, T r) { return l >= r; });
    case kAnd: return run([](T l, T r) { return (l != 0) & (r != 0); });
    case kOr: return run([](T l, T r) { return (l != 0) | (r != 0); });
  }
}

/// By masks, as flags are seldom foreseen.
template <class Bits>
void choose_bits(const uint8_t* flags, int64_t run, const void* a, const void* b, void* y, int64_t count) {
  const Bits* left = static_cast<const Bits*>(a);
  const Bits* right = static_cast<const Bits*>(b);
  Bits* to = static_cast<Bits*>(y);
  const auto chosen = [=](int64_t at, uint8_t flag) {
    const Bits mask = static_cast<Bits>(-static_cast<Bits>(flag != 0));
    return static_cast<Bits>((left[at] & mask) | (right[at] & static_cast<Bits>(~mask)));
  };
  Pool::instance().run_ranges(count, kGrainValues, [&](size_t begin, size_t end) {
    if (run == 1) {
      for (size_t at = begin; at < end; at++) to[at] = chosen(at, flags[at]);
    } else {
      for (size_t at = begin; at < end; at++) to[at] = chosen(at, flags[at / run]);
    }
  });
}

[[noreturn]] void refuse(int operation, Type type) {
  throw Fault("ENGINE_MISUSE", "native: operation " + std::to_string(operation) + " is not defined on type " + std::to_string(type) + ". Mend the caller.");
}

}  // namespace

Type unary_type(int operation, Type operand) {
  if (operand == kFloat32 && operation < kIsNan) return kFloat32;
  if (operand == kFloat32 && operation < kNot) return kBool;
  if (operand == kBool && operation == kNot) return kBool;
  const bool is_whole = operation == kNegate || operation == kAbsolute || operation == kSquare || operation == kRelu ||
                        operation == kRelu6 || operation == kSign;
  if (operand == kInt32 && is_whole) return kInt32;
  refuse(operation, operand);
}

Type binary_type(int operation, Type operands) {
  if (operation >= kEqual) return kBool;
  if (operation == kFloorDivide && operands != kBool) return kInt32;
  const bool is_whole = operation <= kSquaredDifference || operation == kPower || operation == kModulo || operation == kBitwiseAnd;
  if (operands == kInt32 && is_whole) return kInt32;
  if (operands == kFloat32 && operation != kBitwiseAnd) return kFloat32;
  refuse(operation, operands);
}

void apply_unary(int operation, Type type, const void* x, void* y, int64_t count) {
  if (type == kFloat32) return unary_of_floats(operation, x, y, count);
  if (type == kInt32) return unary_of_ints(operation, x, y, count);
  map<uint8_t, uint8_t>(x, y, count, kGrainValues, [](uint8_t v) { return v == 0; });
}

void apply_binary(int operation, Type type, const Strided<2>& axes, const void* a, const void* b, void* y) {
  if (operation >= kEqual) {
    return with_type(type, [&](auto* zero) { compare<std::remove_pointer_t<decltype(zero)>>(operation, axes, a, b, y); });
  }
  if (type == kFloat32) return binary_of_floats(operation, axes, a, b, y);
  binary_of_ints(operation, axes, a, b, y);
}

void add_all(Type type, const std::vector<const void*>& tensors, void* y, int64_t count) {
  Pool::instance().run_ranges(count, kGrainValues, [&](size_t begin, size_t end) {
    const size_t length = end - begin;
    std::memcpy(static_cast<float*>(y) + begin, static_cast<const float*>(tensors[0]) + begin, length * sizeof(float));
    for (size_t index = 1; index < tensors.size(); index++) {
      if (type == kFloat32) {
        float* to = static_cast<float*>(y) + begin;
        simd().binary(kAdd, to, 1, static_cast<const float*>(tensors[index]) + begin, 1, to, length);
      } else {
        uint32_t* to = static_cast<uint32_t*>(y) + begin;
        const uint32_t* from = static_cast<const uint32_t*>(tensors[index]) + begin;
        for (size_t at = 0; at < length; at++) to[at] += from[at];
      }
    }
  });
}

void clip(Type type, const void* x, void* y, int64_t count, double low, double high) {
  if (type == kFloat32) {
    const float least = static_cast<float>(low), most = static_cast<float>(high);
    return map<float, float>(x, y, count, kGrainValues, [=](float v) { return v > most ? most : v < least ? least : v; });
  }
  map<int32_t, int32_t>(x, y, count, kGrainValues,
                        [=](int32_t v) { return v > high ? stored<int32_t>(high) : v < low ? stored<int32_t>(low) : v; });
}

void cast(Type from, Type to, const void* x, void* y, int64_t count) {
  with_type(from, [&](auto* source) {
    using In = std::remove_pointer_t<decltype(source)>;
    if (to == kFloat32) return map<float, In>(x, y, count, kGrainValues, [](In v) { return static_cast<float>(v); });
    if (to == kBool) return map<uint8_t, In>(x, y, count, kGrainValues, [](In v) { return v != 0; });
    map<int32_t, In>(x, y, count, kGrainValues, [](In v) { return stored<int32_t>(v); });
  });
}

void fill(Type type, void* y, int64_t count, double value) {
  with_type(type, [&](auto* target) {
    using Out = std::remove_pointer_t<decltype(target)>;
    const Out repeated = stored<Out>(value);
    Pool::instance().run_ranges(count, kGrainValues, [&](size_t begin, size_t end) {
      std::fill(static_cast<Out*>(y) + begin, static_cast<Out*>(y) + end, repeated);
    });
  });
}

void ramp(Type type, void* y, int64_t count, double start, double step) {
  with_type(type, [&](auto* target) {
    using Out = std::remove_pointer_t<decltype(target)>;
    Out* to = static_cast<Out*>(y);
    if (count > 0) to[0] = stored<Out>(start);
    for (int64_t at = 1; at < count; at++) to[at] = stored<Out>(static_cast<double>(to[at - 1]) + step);
  });
}

void choose(Type type, const uint8_t* flags, int64_t run, const void* a, const void* b, void* y, int64_t count) {
  if (type == kBool) return choose_bits<uint8_t>(flags, run, a, b, y, count);
  choose_bits<uint32_t>(flags, run, a, b, y, count);
}

}  // namespace foretoken
