// Types of a tensor's values, and how JavaScript's numbers become them.
#pragma once
#include <cmath>
#include <cstddef>
#include <cstdint>

#include "errors.h"

namespace foretoken {

/// In the order of the JavaScript side. `kBool` is one byte, 0 or 1.
enum Type { kFloat32, kInt32, kBool, kNumTypes };

inline size_t width_of(Type type) { return type == kBool ? 1 : 4; }

/// What JavaScript makes of a number that it stores in a typed array of T: integers wrap around, NaN is 0.
template <class T>
inline T stored(double value);

template <>
inline float stored<float>(double value) {
  return static_cast<float>(value);
}

template <>
inline int32_t stored<int32_t>(double value) {
  if (std::fabs(value) < 2147483648.0) return static_cast<int32_t>(value);
  if (!std::isfinite(value)) return 0;
  return static_cast<int32_t>(static_cast<uint32_t>(static_cast<int64_t>(std::fmod(value, 4294967296.0))));
}

template <>
inline uint8_t stored<uint8_t>(double value) {
  return static_cast<uint8_t>(stored<int32_t>(value));
}

/// Calls `work` with a null pointer to the C++ type of `type`.
template <class Work>
void with_type(Type type, const Work& work) {
  if (type == kFloat32) work(static_cast<float*>(nullptr));
  else if (type == kInt32) work(static_cast<int32_t*>(nullptr));
  else work(static_cast<uint8_t*>(nullptr));
}

}  // namespace foretoken
