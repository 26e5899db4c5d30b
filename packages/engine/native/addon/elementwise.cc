#include "elementwise.h"

#include "call.h"
#include "processor.h"
#include "typed.h"

namespace foretoken {

namespace {

/// unary(operation, type, x, count).
napi_value map_values(Call& call) {
  const int64_t operation = call.size(0), count = call.size(3);
  if (operation >= kNumUnaries) call.refuse(0, "a known operation");
  const Type type = type_of(call, 1);
  const Type result = unary_type(static_cast<int>(operation), type);
  const void* x = values_of(call, 2, type, count);
  TypedOutput y(result, count);
  apply_unary(static_cast<int>(operation), type, x, y.data(), count);
  return call.result(y.take());
}

napi_value combine(Call& call, int64_t operation, Type type, const Strided<2>& axes, const void* a, const void* b) {
  TypedOutput y(binary_type(static_cast<int>(operation), type), axes.count());
  apply_binary(static_cast<int>(operation), type, axes, a, b, y.data());
  return call.result(y.take());
}

int64_t binary_operation(Call& call) {
  const int64_t operation = call.size(0);
  if (operation >= kNumBinaries) call.refuse(0, "a known operation");
  return operation;
}

/// binary(operation, type, a, count of a, b, count of b): of equal counts, or one of them 1.
napi_value combine_values(Call& call) {
  const int64_t operation = binary_operation(call), a_count = call.size(3), b_count = call.size(5);
  const Type type = type_of(call, 1);
  if (a_count != b_count && a_count != 1 && b_count != 1) call.refuse(5, "the first count, or either 1");
  Strided<2> axes;
  axes.add(a_count == 1 ? b_count : a_count, {a_count == 1 ? 0 : 1, b_count == 1 ? 0 : 1});
  return combine(call, operation, type, axes, values_of(call, 2, type, a_count), values_of(call, 4, type, b_count));
}

/// binaryOver(operation, type, a, b, sizes and steps of a and b): with broadcasting.
napi_value combine_over(Call& call) {
  const int64_t operation = binary_operation(call);
  const Type type = type_of(call, 1);
  const Strided<2> axes = axes_of<2>(call, 4);
  const int64_t a_count = count_of(call, 2, type), b_count = count_of(call, 3, type);
  check_reach(call, 4, axes, 0, 0, a_count);
  check_reach(call, 4, axes, 1, 0, b_count);
  for (const int operand : {0, 1}) {
    if (axes.inner_step(operand) < 0 || axes.inner_step(operand) > 1) call.refuse(4, "a step of 0 or 1 along the innermost axis");
  }
  return combine(call, operation, type, axes, values_of(call, 2, type, a_count), values_of(call, 3, type, b_count));
}

/// binaryWith(operation, x, count, number): float32 against one number.
napi_value combine_with(Call& call) {
  const int64_t operation = binary_operation(call), count = call.size(2);
  const void* x = values_of(call, 1, kFloat32, count);
  const float number = static_cast<float>(call.number(3));
  Strided<2> axes;
  axes.add(count, {1, 0});
  return combine(call, operation, kFloat32, axes, x, &number);
}

/// addAll(handles, type, count).
napi_value sum_tensors(Call& call) {
  const View<double> handles = call.doubles(0);
  const Type type = type_of(call, 1);
  const int64_t count = call.size(2);
  if (handles.size == 0) call.refuse(0, "one handle or more");
  if (type == kBool) call.refuse(1, "float32 or int32");
  std::vector<const void*> tensors;
  for (size_t at = 0; at < handles.size; at++) {
    const Buffer& buffer = Buffers::instance().at(handles.data[at]);
    if (buffer.bytes != static_cast<size_t>(count) * 4) call.refuse(0, "tensors of " + std::to_string(count) + " values");
    tensors.push_back(buffer.data);
  }
  TypedOutput y(type, count);
  add_all(type, tensors, y.data(), count);
  return call.result(y.take());
}

/// clip(type, x, count, low, high).
napi_value clip_values(Call& call) {
  const Type type = type_of(call, 0);
  const int64_t count = call.size(2);
  if (type == kBool) call.refuse(0, "float32 or int32");
  const void* x = values_of(call, 1, type, count);
  TypedOutput y(type, count);
  clip(type, x, y.data(), count, call.number(3), call.number(4));
  return call.result(y.take());
}

/// cast(from, to, x, count).
napi_value cast_values(Call& call) {
  const Type from = type_of(call, 0), to = type_of(call, 1);
  const int64_t count = call.size(3);
  const void* x = values_of(call, 2, from, count);
  TypedOutput y(to, count);
  cast(from, to, x, y.data(), count);
  return call.result(y.take());
}

/// fill(type, count, value).
napi_value fill_values(Call& call) {
  const Type type = type_of(call, 0);
  const int64_t count = call.size(1);
  TypedOutput y(type, count);
  fill(type, y.data(), count, call.number(2));
  return call.result(y.take());
}

/// ramp(type, count, start, step).
napi_value ramp_values(Call& call) {
  const Type type = type_of(call, 0);
  const int64_t count = call.size(1);
  TypedOutput y(type, count);
  ramp(type, y.data(), count, call.number(2), call.number(3));
  return call.result(y.take());
}

/// select(flags, values that each flag stands for, type, a, b, count).
napi_value select_values(Call& call) {
  const int64_t run = call.size(1), count = call.size(5);
  const Type type = type_of(call, 2);
  if (run < 1 || count % run != 0) call.refuse(1, "a divisor of the count");
  const void* flags = values_of(call, 0, kBool, count / run);
  const void* a = values_of(call, 3, type, count);
  const void* b = values_of(call, 4, type, count);
  TypedOutput y(type, count);
  choose(type, static_cast<const uint8_t*>(flags), run, a, b, y.data(), count);
  return call.result(y.take());
}

}  // namespace

void register_elementwise(napi_env env, napi_value exports) {
  export_functions(env, exports,
                   {{"unary", map_values},
                    {"binary", combine_values},
                    {"binaryOver", combine_over},
                    {"binaryWith", combine_with},
                    {"addAll", sum_tensors},
                    {"clip", clip_values},
                    {"cast", cast_values},
                    {"fill", fill_values},
                    {"ramp", ramp_values},
                    {"select", select_values}});
}

}  // namespace foretoken
