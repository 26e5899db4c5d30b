// Buffers by handle: JavaScript holds numbers, never addresses, and a stale number is refused.
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

namespace foretoken {

struct Buffer {
  void* data = nullptr;
  size_t bytes = 0;
};

class Buffers {
 public:
  static Buffers& instance();

  /// @return a handle: an index with the number of times that it was used before, so that no handle comes twice
  double create(size_t bytes);
  /// @throws Fault ENGINE_MISUSE for a handle that is not alive
  Buffer& at(double handle);
  void free(double handle);
  size_t alive() const { return slots_.size() - idle_.size(); }

 private:
  struct Slot {
    Buffer buffer;
    uint32_t uses = 0;
    bool is_alive = false;
  };
  Slot& slot(double handle);

  std::vector<Slot> slots_;
  std::vector<uint32_t> idle_;
};

}  // namespace foretoken
