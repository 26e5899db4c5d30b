// Buffers, threads, instruction sets.
#include "memory.h"

#include <cstring>

#include "call.h"
#include "pool.h"
#include "processor.h"

namespace foretoken {

namespace {

napi_value create_buffer(Call& call) {
  const int64_t bytes = call.integer(0);
  if (bytes < 0) call.refuse(0, "a number of bytes");
  return call.result(Buffers::instance().create(static_cast<size_t>(bytes)));
}

napi_value free_buffer(Call& call) {
  Buffers::instance().free(call.number(0));
  return call.undefined();
}

/// The bytes of a typed array that must be as long as a buffer.
void* typed_bytes(Call& call, int index, size_t bytes) {
  bool is_typed = false;
  napi_is_typedarray(call.env(), call.value(index), &is_typed);
  if (!is_typed) call.refuse(index, "a typed array");
  napi_typedarray_type type;
  size_t length = 0;
  void* data = nullptr;
  napi_get_typedarray_info(call.env(), call.value(index), &type, &length, &data, nullptr, nullptr);
  size_t width = 0;
  if (type == napi_float32_array || type == napi_int32_array) width = 4;
  if (type == napi_uint8_array) width = 1;
  if (width == 0 || length * width != bytes || (bytes > 0 && !data)) {
    call.refuse(index, "a Float32Array, Int32Array or Uint8Array of " + std::to_string(bytes) + " bytes");
  }
  return data;
}

napi_value write_buffer(Call& call) {
  Buffer& buffer = call.buffer(0);
  const void* from = typed_bytes(call, 1, buffer.bytes);
  if (buffer.bytes > 0) std::memcpy(buffer.data, from, buffer.bytes);
  return call.undefined();
}

napi_value read_buffer(Call& call) {
  const Buffer& buffer = call.buffer(0);
  void* to = typed_bytes(call, 1, buffer.bytes);
  if (buffer.bytes > 0) std::memcpy(to, buffer.data, buffer.bytes);
  return call.undefined();
}

napi_value memory(Call& call) {
  const Memory& memory = Memory::instance();
  return call.object({{"bytes", call.result(static_cast<double>(memory.bytes()))},
                      {"peakBytes", call.result(static_cast<double>(memory.peak_bytes()))},
                      {"idleBytes", call.result(static_cast<double>(memory.idle_bytes()))},
                      {"buffers", call.result(static_cast<double>(Buffers::instance().alive()))}});
}

napi_value reset_peak(Call& call) {
  Memory::instance().reset_peak();
  return call.undefined();
}

napi_value trim(Call& call) {
  Memory::instance().trim();
  return call.undefined();
}

napi_value threads(Call& call) { return call.result(Pool::instance().threads()); }

napi_value set_threads(Call& call) {
  const int64_t threads = call.size(0);
  if (threads < 1) call.refuse(0, "1 thread or more");
  Pool::instance().set_threads(static_cast<int>(threads > 256 ? 256 : threads));
  return call.undefined();
}

napi_value instruction_set(Call& call) { return call.result(std::string(simd().name)); }

napi_value list_instruction_sets(Call& call) {
  std::string names;
  for (const std::string& name : instruction_sets()) names += (names.empty() ? "" : " ") + name;
  return call.result(names);
}

napi_value select_instruction_set(Call& call) {
  if (!use_instruction_set(call.text(0))) call.refuse(0, "an instruction set that this processor has");
  return call.undefined();
}

/// What multiplies inputs in bfloat16: an instruction of the processor, or nothing but float32 loops.
napi_value bfloat16_instruction(Call& call) { return call.result(std::string(bfloat16_products() ? "vdpbf16ps" : "")); }

napi_value default_number_of_threads(Call& call) { return call.result(default_threads()); }

}  // namespace

void register_memory(napi_env env, napi_value exports) {
  export_functions(env, exports,
                   {{"create", create_buffer},
                    {"free", free_buffer},
                    {"write", write_buffer},
                    {"read", read_buffer},
                    {"memory", memory},
                    {"resetPeak", reset_peak},
                    {"trim", trim},
                    {"threads", threads},
                    {"defaultThreads", default_number_of_threads},
                    {"setThreads", set_threads},
                    {"instructionSet", instruction_set},
                    {"instructionSets", list_instruction_sets},
                    {"useInstructionSet", select_instruction_set},
                    {"bfloat16Instruction", bfloat16_instruction}});
}

}  // namespace foretoken
