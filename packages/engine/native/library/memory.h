// Buffers of tensors and of scratch: 64-byte aligned, recycled by size class, counted to the byte.
#pragma once
#include <cstddef>
#include <map>
#include <vector>

#include "slabs.h"

namespace foretoken {

constexpr size_t kAlignment = 64;

/// The capacity that a request is served with: eight classes from one power of two to the next, so at most an eighth is unused.
size_t size_class(size_t bytes);

class Memory {
 public:
  static Memory& instance();

  /// At least `bytes`. What lies behind them is not to be touched: builds with AddressSanitizer watch it. @throws Fault OUT_OF_MEMORY
  void* allocate(size_t bytes);
  void release(void* buffer, size_t bytes) noexcept;

  /// Bytes asked for and not released.
  size_t bytes() const { return bytes_; }
  /// Largest `bytes()` since the last `reset_peak()`.
  size_t peak_bytes() const { return peak_bytes_; }
  void reset_peak() { peak_bytes_ = bytes_; }
  /// Bytes held for reuse.
  size_t idle_bytes() const { return idle_bytes_; }
  /// Slabs that hold buffers, those held for reuse among them.
  size_t slabs() const { return slabs_.count(); }
  /// Gives what is held for reuse back to the system.
  void trim() noexcept;

 private:
  void* from_system(size_t capacity) noexcept;
  void to_system(void* buffer, size_t capacity) noexcept;

  Slabs slabs_;
  std::map<size_t, std::vector<void*>> idle_;
  size_t bytes_ = 0, peak_bytes_ = 0, idle_bytes_ = 0;
};

/// A buffer that frees itself.
class Scratch {
 public:
  explicit Scratch(size_t floats) : bytes_(floats * sizeof(float)), data_(Memory::instance().allocate(bytes_)) {}
  ~Scratch() { Memory::instance().release(data_, bytes_); }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  float* data() const { return static_cast<float*>(data_); }

 private:
  size_t bytes_;
  void* data_;
};

}  // namespace foretoken
