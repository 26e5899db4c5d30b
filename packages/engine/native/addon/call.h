// The boundary: what JavaScript passes is checked here, so that no call, however wrong, reaches memory it may not.
#pragma once
#define NAPI_VERSION 8
#include <node_api.h>

#include <cstdint>
#include <initializer_list>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "buffers.h"
#include "errors.h"

namespace foretoken {

/// Typed values on loan from JavaScript.
template <class T>
struct View {
  const T* data;
  size_t size;
};

/// The product of sizes. @throws Fault ENGINE_MISUSE beyond 2^40
int64_t product_of(std::initializer_list<int64_t> sizes);

/// One call from JavaScript. Everything it gives is checked; @throws Fault ENGINE_MISUSE where it is not what was asked for
class Call {
 public:
  Call(napi_env env, napi_callback_info info);

  napi_env env() const { return env_; }
  bool has(int index) const;
  double number(int index) const;
  /// An integer in [0, 2^31).
  int64_t size(int index) const;
  /// An integer in [-2^53, 2^53].
  int64_t integer(int index) const;
  bool flag(int index) const;
  std::string text(int index) const;
  View<int32_t> ints(int index) const;
  View<double> doubles(int index) const;
  napi_value value(int index) const;
  /// A Float32Array of exactly `count` values, which the call fills.
  float* floats_to_fill(int index, int64_t count) const;
  /// A live buffer of exactly `count` float32 (or int32) values.
  const float* floats(int index, int64_t count) const;
  const int32_t* int32s(int index, int64_t count) const;
  /// Like `floats`, null where the argument is missing, null or 0.
  const float* optional_floats(int index, int64_t count) const;
  Buffer& buffer(int index) const;

  napi_value undefined() const;
  napi_value result(double value) const;
  napi_value result(const std::string& value) const;
  napi_value result(const std::vector<double>& values) const;
  napi_value object(std::initializer_list<std::pair<const char*, napi_value>> entries) const;

  [[noreturn]] void refuse(int index, const std::string& expected) const;

 private:
  static constexpr size_t kMostArguments = 16;
  napi_env env_;
  size_t count_ = kMostArguments;
  napi_value values_[kMostArguments];
};

/// @throws Fault ENGINE_MISUSE unless each index of an argument is in [0, limit)
void check_indices(const Call& call, int index, const View<int32_t>& indices, int64_t limit);

/// A new buffer that is freed unless it is handed to JavaScript.
class Output {
 public:
  explicit Output(int64_t count, size_t value_bytes = 4);
  ~Output();
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;
  float* floats() const { return static_cast<float*>(Buffers::instance().at(handle_).data); }
  int32_t* int32s() const { return static_cast<int32_t*>(Buffers::instance().at(handle_).data); }
  /// The handle, which now belongs to JavaScript.
  double take();

 private:
  double handle_;
  bool is_taken_ = false;
};

/// Calls run one at a time in the whole process: threads of Node share the pool, its scratch and the buffers. It may be taken
/// again by the thread that has it, as Node may collect garbage, and so end a store, in the middle of a call.
std::recursive_mutex& library_mutex();

using Function = napi_value (*)(Call&);

/// Adds functions to the addon's exports. Each runs under one lock, and what it throws becomes the project's own error.
void export_functions(napi_env env, napi_value exports, std::initializer_list<std::pair<const char*, Function>> functions);

void register_memory(napi_env env, napi_value exports);
void register_products(napi_env env, napi_value exports);
void register_attention(napi_env env, napi_value exports);
void register_stores(napi_env env, napi_value exports);
void register_layers(napi_env env, napi_value exports);
void register_rows(napi_env env, napi_value exports);
void register_elementwise(napi_env env, napi_value exports);
void register_reduce(napi_env env, napi_value exports);
void register_shape(napi_env env, napi_value exports);
void register_indexing(napi_env env, napi_value exports);

}  // namespace foretoken
