#include "memory.h"

#include <cstdlib>
#include <new>

#include "errors.h"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#endif

namespace foretoken {

namespace {

/// Larger than any address space, so that sizes can be added without overflow.
constexpr size_t kMostBytes = size_t{1} << 47;

/// Buffers from this size on are mapped by large pages of their own.
constexpr size_t kLargeBuffer = size_t{2} << 20;

/// Tells AddressSanitizer, where it is built in, that only the first `bytes` of a buffer are in use.
inline void allow_only(void* buffer, size_t bytes, size_t capacity) {
#if defined(__SANITIZE_ADDRESS__)
  ASAN_POISON_MEMORY_REGION(buffer, capacity);
  ASAN_UNPOISON_MEMORY_REGION(buffer, bytes);
#else
  (void)buffer, (void)bytes, (void)capacity;
#endif
}

}  // namespace

size_t size_class(size_t bytes) {
  // Eight steps of at least one alignment each: the system wants whole multiples of it.
  size_t power = 8 * kAlignment;
  if (bytes <= power) return (bytes + kAlignment - 1) / kAlignment * kAlignment;
  while (power * 2 < bytes) power *= 2;
  const size_t step = power / 8;
  return power + (bytes - power + step - 1) / step * step;
}

Memory& Memory::instance() {
  static Memory* memory = new Memory;  // never destroyed: buffers may outlive static objects
  return *memory;
}

void* Memory::from_system(size_t capacity) noexcept {
  if (Slabs::serves(capacity)) return slabs_.take(capacity);
  const bool is_large = capacity >= kLargeBuffer;
  // Whole alignments, as the standard asks; what is not written takes no memory.
  const size_t alignment = is_large ? kLargeBuffer : kAlignment;
  void* buffer = std::aligned_alloc(alignment, (capacity + alignment - 1) / alignment * alignment);
  if (buffer && is_large) ask_for_large_pages(buffer, capacity);
  return buffer;
}

void Memory::to_system(void* buffer, size_t capacity) noexcept {
  allow_only(buffer, capacity, capacity);
  if (Slabs::serves(capacity)) slabs_.give_back(buffer, capacity);
  else std::free(buffer);
}

void* Memory::allocate(size_t bytes) {
  if (bytes > kMostBytes) throw Fault("OUT_OF_MEMORY", "native: a tensor of " + std::to_string(bytes) + " bytes does not fit into memory. Use a smaller batch, context or model.");
  const size_t capacity = size_class(bytes + kAlignment);
  void* buffer = nullptr;
  auto& idle = idle_[capacity];
  if (!idle.empty()) {
    buffer = idle.back();
    idle.pop_back();
    idle_bytes_ -= capacity;
  } else {
    buffer = from_system(capacity);
    if (!buffer) {
      trim();
      buffer = from_system(capacity);
    }
    if (!buffer) throw Fault("OUT_OF_MEMORY", "native: the system has no room for " + std::to_string(bytes) + " bytes more. Use a smaller batch, context or model.");
  }
  allow_only(buffer, bytes, capacity);
  bytes_ += bytes;
  if (bytes_ > peak_bytes_) peak_bytes_ = bytes_;
  return buffer;
}

void Memory::release(void* buffer, size_t bytes) noexcept {
  if (!buffer) return;
  const size_t capacity = size_class(bytes + kAlignment);
  bytes_ -= bytes;
  try {
    idle_[capacity].push_back(buffer);
  } catch (const std::bad_alloc&) {
    to_system(buffer, capacity);
    return;
  }
  allow_only(buffer, 0, capacity);
  idle_bytes_ += capacity;
}

void Memory::trim() noexcept {
  for (auto& [capacity, buffers] : idle_) {
    for (void* buffer : buffers) to_system(buffer, capacity);
    buffers.clear();
  }
  idle_bytes_ = 0;
}

}  // namespace foretoken
