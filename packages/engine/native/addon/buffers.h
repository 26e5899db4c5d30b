// Buffers by handle: JavaScript holds numbers, never addresses, and a stale number is refused, as is one of another thread.
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

  /// Whose buffers the calls that follow make and use: each environment of Node, a thread, has its own.
  void act_for(const void* owner) { owner_ = owner; }
  /// Frees what an owner that ends has left.
  void free_all_of(const void* owner);

  /// @return a handle: an index with the number of times that it was used before, so that no handle comes twice
  double create(size_t bytes);
  /// @throws Fault ENGINE_MISUSE for a handle that is not alive or not this owner's
  Buffer& at(double handle);
  void free(double handle);
  /// Of all owners.
  size_t alive() const { return alive_; }

 private:
  struct Slot {
    Buffer buffer;
    const void* owner = nullptr;
    uint32_t uses = 0;
    bool is_alive = false;
  };
  Slot& slot(double handle);
  void release(Slot& slot);

  std::vector<Slot> slots_;
  std::vector<uint32_t> idle_;
  const void* owner_ = nullptr;
  size_t alive_ = 0;
};

}  // namespace foretoken
