// Stretches of memory that buffers of middle size are cut from, so that the system can map many of them by one large page.
#pragma once
#include <cstddef>
#include <map>

namespace foretoken {

/// Asks the system to map a buffer by pages of two megabytes, whose addresses a processor finds without a walk through its
/// tables; without such pages, all is as it was.
void ask_for_large_pages(void* buffer, size_t bytes) noexcept;

/// Keys and values of a row, the weights of a narrow layer: smaller than a large page, and streamed by one after the other.
class Slabs {
 public:
  /// Whether buffers of this capacity are cut from slabs.
  static bool serves(size_t capacity);

  /// The next buffer of a slab. @return null where the system has no room
  void* take(size_t capacity);

  /// Gives the memory of a buffer from `take` back to the system, and its slab's place once nothing of it is left.
  void give_back(void* buffer, size_t capacity) noexcept;

  /// Slabs that hold a buffer.
  size_t count() const { return taken_.size(); }

 private:
  char* current_ = nullptr;
  size_t used_ = 0;                 // of the current slab
  std::map<char*, size_t> taken_;  // bytes of each slab that buffers hold
};

}  // namespace foretoken
