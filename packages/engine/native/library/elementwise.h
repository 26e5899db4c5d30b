// Operations value by value, with NumPy's broadcasting, on all threads.
#pragma once
#include <vector>

#include "simd/table.h"
#include "strided.h"
#include "types.h"

namespace foretoken {

/// Unary operations after those of `UnaryOperation`; the order is that of the JavaScript side.
enum PlainUnaryOperation {
  kSine = kNumVectorUnaries, kCosine, kTangent, kArcSine, kArcCosine, kArcTangent, kSineHyperbolic, kCosineHyperbolic,
  kArcSineHyperbolic, kArcCosineHyperbolic, kArcTangentHyperbolic,
  kIsNan, kIsInfinite, kIsFinite, kNot, kNumUnaries  // these give a bool
};

/// Binary operations after those of `BinaryOperation`, likewise.
enum PlainBinaryOperation {
  kPower = kNumVectorBinaries, kModulo, kFloorDivide, kArcTangent2, kBitwiseAnd,
  kEqual, kNotEqual, kLess, kLessEqual, kGreater, kGreaterEqual, kAnd, kOr, kNumBinaries  // these give a bool
};

/// The type of a result. @throws Fault ENGINE_MISUSE for an operation that is not defined on the type
Type unary_type(int operation, Type operand);
Type binary_type(int operation, Type operands);

void apply_unary(int operation, Type type, const void* x, void* y, int64_t count);
/// `axes` has the steps of a and of b; y is whole.
void apply_binary(int operation, Type type, const Strided<2>& axes, const void* a, const void* b, void* y);

/// The sum of tensors of one size, float32 or int32.
void add_all(Type type, const std::vector<const void*>& tensors, void* y, int64_t count);
/// Values kept within [low, high]; NaN stays.
void clip(Type type, const void* x, void* y, int64_t count, double low, double high);
void cast(Type from, Type to, const void* x, void* y, int64_t count);
void fill(Type type, void* y, int64_t count, double value);
/// start, start + step, ...: each is the one before plus the step, rounded.
void ramp(Type type, void* y, int64_t count, double start, double step);
/// a where a flag is set and b where not; each flag stands for `run` values that follow each other.
void choose(Type type, const uint8_t* flags, int64_t run, const void* a, const void* b, void* y, int64_t count);

}  // namespace foretoken
