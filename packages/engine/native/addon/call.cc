#include "call.h"

#include <chrono>
#include <cmath>
#include <new>

namespace foretoken {

namespace {

constexpr double kMostSize = 2147483647.0;
constexpr double kMostInteger = 9007199254740992.0;
constexpr int64_t kMostValues = int64_t{1} << 40;

void check(napi_status status) {
  if (status != napi_ok) throw Fault("ENGINE_MISUSE", "native: Node refused a value (" + std::to_string(status) + "). Report it.");
}

/// What belongs to one thread of Node: the class that errors are made of, set from JavaScript, the buffers that it owns, and the
/// time that its calls took.
struct Environment {
  napi_ref error_class = nullptr;
  std::chrono::steady_clock::duration in_calls{};
};

Environment* environment_of(napi_env env) {
  void* data = nullptr;
  napi_get_instance_data(env, &data);
  return static_cast<Environment*>(data);
}

/// Runs when a thread of Node ends, on request or in the middle of its work.
void end_environment(napi_env env, void* data, void*) {
  auto* environment = static_cast<Environment*>(data);
  const std::lock_guard<std::recursive_mutex> lock(library_mutex());
  Buffers::instance().free_all_of(environment);
  if (environment->error_class) napi_delete_reference(env, environment->error_class);
  delete environment;
}

void throw_in(napi_env env, const char* code, const std::string& message) {
  bool is_pending = false;
  napi_is_exception_pending(env, &is_pending);
  if (is_pending) return;
  const Environment* environment = environment_of(env);
  napi_value error_class = nullptr;
  if (environment && environment->error_class) napi_get_reference_value(env, environment->error_class, &error_class);
  napi_value arguments[2];
  napi_create_string_utf8(env, code, NAPI_AUTO_LENGTH, &arguments[0]);
  napi_create_string_utf8(env, message.c_str(), message.size(), &arguments[1]);
  napi_value error = nullptr;
  if (error_class && napi_new_instance(env, error_class, 2, arguments, &error) == napi_ok) {
    napi_throw(env, error);
  } else {
    napi_throw_error(env, code, message.c_str());
  }
}

/// Adds the time until its end to its thread's.
class CallClock {
 public:
  explicit CallClock(Environment* environment) : environment_(environment), start_(std::chrono::steady_clock::now()) {}
  ~CallClock() {
    if (environment_) environment_->in_calls += std::chrono::steady_clock::now() - start_;
  }
  CallClock(const CallClock&) = delete;
  CallClock& operator=(const CallClock&) = delete;

 private:
  Environment* environment_;
  std::chrono::steady_clock::time_point start_;
};

napi_value enter(napi_env env, napi_callback_info info) {
  void* data = nullptr;
  napi_get_cb_info(env, info, nullptr, nullptr, nullptr, &data);
  Environment* environment = environment_of(env);
  const CallClock clock(environment);
  try {
    const std::lock_guard<std::recursive_mutex> lock(library_mutex());
    Buffers::instance().act_for(environment);
    Call call(env, info);
    return reinterpret_cast<Function>(data)(call);
  } catch (const Fault& fault) {
    throw_in(env, fault.code(), fault.what());
  } catch (const std::bad_alloc&) {
    throw_in(env, "OUT_OF_MEMORY", "native: the system has no memory left. Use a smaller batch, context or model.");
  } catch (const std::exception& error) {
    throw_in(env, "ENGINE_MISUSE", "native: " + std::string(error.what()) + ". Report it.");
  }
  return nullptr;
}

}  // namespace

std::recursive_mutex& library_mutex() {
  static auto* mutex = new std::recursive_mutex;  // never destroyed: threads of Node may end after static objects
  return *mutex;
}

int64_t product_of(std::initializer_list<int64_t> sizes) {
  int64_t product = 1;
  for (const int64_t size : sizes) {
    if (size != 0 && product > kMostValues / size) throw Fault("ENGINE_MISUSE", "native: a shape holds more than 2^40 values. Use smaller tensors.");
    product *= size;
  }
  return product;
}

Call::Call(napi_env env, napi_callback_info info) : env_(env) {
  check(napi_get_cb_info(env, info, &count_, values_, nullptr, nullptr));
  if (count_ > kMostArguments) count_ = kMostArguments;
}

void check_indices(const Call& call, int index, const View<int32_t>& indices, int64_t limit) {
  for (size_t at = 0; at < indices.size; at++) {
    if (indices.data[at] < 0 || indices.data[at] >= limit) call.refuse(index, "indices in [0, " + std::to_string(limit) + ")");
  }
}

void Call::refuse(int index, const std::string& expected) const {
  throw Fault("ENGINE_MISUSE", "native: argument " + std::to_string(index + 1) + " must be " + expected + ". Mend the caller.");
}

bool Call::has(int index) const {
  if (static_cast<size_t>(index) >= count_) return false;
  napi_valuetype type;
  check(napi_typeof(env_, values_[index], &type));
  return type != napi_undefined && type != napi_null;
}

napi_value Call::value(int index) const {
  if (static_cast<size_t>(index) >= count_) refuse(index, "given");
  return values_[index];
}

double Call::number(int index) const {
  double result;
  if (static_cast<size_t>(index) >= count_ || napi_get_value_double(env_, values_[index], &result) != napi_ok) refuse(index, "a number");
  return result;
}

int64_t Call::size(int index) const {
  const double value = number(index);
  if (!(value >= 0 && value <= kMostSize && value == std::floor(value))) refuse(index, "an integer in [0, 2^31)");
  return static_cast<int64_t>(value);
}

int64_t Call::integer(int index) const {
  const double value = number(index);
  if (!(std::fabs(value) <= kMostInteger && value == std::floor(value))) refuse(index, "an integer");
  return static_cast<int64_t>(value);
}

bool Call::flag(int index) const {
  bool result;
  if (!has(index)) return false;
  if (napi_get_value_bool(env_, values_[index], &result) != napi_ok) refuse(index, "true or false");
  return result;
}

std::string Call::text(int index) const {
  size_t length = 0;
  if (static_cast<size_t>(index) >= count_ || napi_get_value_string_utf8(env_, values_[index], nullptr, 0, &length) != napi_ok) {
    refuse(index, "a string");
  }
  if (length > 4096) refuse(index, "a string of 4096 bytes at most");
  std::string result(length + 1, '\0');
  check(napi_get_value_string_utf8(env_, values_[index], result.data(), length + 1, &length));
  result.resize(length);
  return result;
}

template <class T>
static View<T> typed_view(const Call& call, int index, napi_typedarray_type wanted, const char* expected) {
  bool is_typed = false;
  const napi_value value = call.value(index);
  napi_is_typedarray(call.env(), value, &is_typed);
  if (!is_typed) call.refuse(index, expected);
  napi_typedarray_type type;
  size_t length = 0;
  void* data = nullptr;
  napi_value memory;
  bool is_own = false;
  check(napi_get_typedarray_info(call.env(), value, &type, &length, &data, &memory, nullptr));
  check(napi_is_arraybuffer(call.env(), memory, &is_own));
  // Shared memory could change between the check of what it holds and its use.
  if (type != wanted || !is_own || (length > 0 && !data)) call.refuse(index, std::string(expected) + " over unshared memory");
  return {static_cast<const T*>(data), length};
}

View<int32_t> Call::ints(int index) const { return typed_view<int32_t>(*this, index, napi_int32_array, "an Int32Array"); }

View<double> Call::doubles(int index) const { return typed_view<double>(*this, index, napi_float64_array, "a Float64Array"); }

float* Call::floats_to_fill(int index, int64_t count) const {
  const std::string expected = "a Float32Array of " + std::to_string(count) + " values";
  const View<float> found = typed_view<float>(*this, index, napi_float32_array, expected.c_str());
  if (static_cast<int64_t>(found.size) != count) refuse(index, expected);
  return const_cast<float*>(found.data);
}

Buffer& Call::buffer(int index) const { return Buffers::instance().at(number(index)); }

const float* Call::floats(int index, int64_t count) const {
  const Buffer& found = buffer(index);
  if (found.bytes != static_cast<size_t>(count) * 4) {
    refuse(index, "a buffer of " + std::to_string(count) + " values, has " + std::to_string(found.bytes / 4));
  }
  return static_cast<const float*>(found.data);
}

const int32_t* Call::int32s(int index, int64_t count) const { return reinterpret_cast<const int32_t*>(floats(index, count)); }

const float* Call::optional_floats(int index, int64_t count) const {
  if (!has(index) || number(index) == 0) return nullptr;
  return floats(index, count);
}

napi_value Call::undefined() const {
  napi_value result;
  check(napi_get_undefined(env_, &result));
  return result;
}

napi_value Call::result(double value) const {
  napi_value result;
  check(napi_create_double(env_, value, &result));
  return result;
}

napi_value Call::result(const std::string& value) const {
  napi_value result;
  check(napi_create_string_utf8(env_, value.c_str(), value.size(), &result));
  return result;
}

napi_value Call::result(const std::vector<double>& values) const {
  napi_value array;
  check(napi_create_array_with_length(env_, values.size(), &array));
  for (size_t index = 0; index < values.size(); index++) check(napi_set_element(env_, array, index, result(values[index])));
  return array;
}

napi_value Call::object(std::initializer_list<std::pair<const char*, napi_value>> entries) const {
  napi_value object;
  check(napi_create_object(env_, &object));
  for (const auto& [name, value] : entries) check(napi_set_named_property(env_, object, name, value));
  return object;
}

Output::Output(int64_t count, size_t value_bytes)
    : handle_(Buffers::instance().create(static_cast<size_t>(product_of({count, 1})) * value_bytes)) {}

Output::~Output() {
  if (!is_taken_) Buffers::instance().free(handle_);
}

double Output::take() {
  is_taken_ = true;
  return handle_;
}

void export_functions(napi_env env, napi_value exports, std::initializer_list<std::pair<const char*, Function>> functions) {
  for (const auto& [name, function] : functions) {
    napi_value exported;
    napi_create_function(env, name, NAPI_AUTO_LENGTH, enter, reinterpret_cast<void*>(function), &exported);
    napi_set_named_property(env, exports, name, exported);
  }
}

static napi_value set_error_class(Call& call) {
  napi_valuetype type;
  check(napi_typeof(call.env(), call.value(0), &type));
  if (type != napi_function) call.refuse(0, "a class");
  Environment* environment = environment_of(call.env());
  if (environment->error_class) napi_delete_reference(call.env(), environment->error_class);
  environment->error_class = nullptr;
  check(napi_create_reference(call.env(), call.value(0), 1, &environment->error_class));
  return call.undefined();
}

/// secondsInCalls(): what the calls of this thread of Node have taken, this one left out.
static napi_value seconds_in_calls(Call& call) {
  return call.result(std::chrono::duration<double>(environment_of(call.env())->in_calls).count());
}

static napi_value start(napi_env env, napi_value exports) {
  napi_set_instance_data(env, new Environment, end_environment, nullptr);
  export_functions(env, exports, {{"setErrorClass", set_error_class}, {"secondsInCalls", seconds_in_calls}});
  register_memory(env, exports);
  register_products(env, exports);
  register_attention(env, exports);
  register_stores(env, exports);
  register_layers(env, exports);
  register_rows(env, exports);
  register_elementwise(env, exports);
  register_reduce(env, exports);
  register_shape(env, exports);
  register_indexing(env, exports);
  return exports;
}

}  // namespace foretoken

NAPI_MODULE_INIT() { return foretoken::start(env, exports); }
