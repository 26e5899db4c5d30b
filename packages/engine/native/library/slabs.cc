#include "slabs.h"

#include <cstdint>
#include <cstdlib>
#include <new>

#if defined(__linux__)
#include <sys/mman.h>
#include <unistd.h>
#endif

namespace foretoken {

namespace {

constexpr size_t kLargePage = size_t{2} << 20;
/// A slab is aligned to its size, so that a buffer's address says which one it lies in. What was never written takes no memory.
constexpr size_t kSlab = size_t{16} << 20;
/// Below, the system's own allocator keeps buffers together; above, a buffer fills large pages by itself.
constexpr size_t kLeast = size_t{32} << 10;
constexpr size_t kMost = kLargePage;

uintptr_t round_up(uintptr_t value, size_t step) { return (value + step - 1) / step * step; }

}  // namespace

void ask_for_large_pages(void* buffer, size_t bytes) noexcept {
#if defined(MADV_HUGEPAGE)
  // Whole large pages only. What comes of it does not matter.
  const uintptr_t begin = round_up(reinterpret_cast<uintptr_t>(buffer), kLargePage);
  const uintptr_t end = (reinterpret_cast<uintptr_t>(buffer) + bytes) / kLargePage * kLargePage;
  if (begin < end) (void)madvise(reinterpret_cast<void*>(begin), end - begin, MADV_HUGEPAGE);
#else
  (void)buffer, (void)bytes;
#endif
}

bool Slabs::serves(size_t capacity) { return capacity >= kLeast && capacity <= kMost; }

void* Slabs::take(size_t capacity) {
  if (!current_ || kSlab - used_ < capacity) {
    char* slab = static_cast<char*>(std::aligned_alloc(kSlab, kSlab));
    if (!slab) return nullptr;
    try {
      taken_[slab] = 0;
    } catch (const std::bad_alloc&) {
      std::free(slab);
      return nullptr;
    }
    ask_for_large_pages(slab, kSlab);
    current_ = slab;
    used_ = 0;
  }
  char* buffer = current_ + used_;
  used_ += capacity;
  taken_[current_] += capacity;
  return buffer;
}

void Slabs::give_back(void* buffer, size_t capacity) noexcept {
  const uintptr_t address = reinterpret_cast<uintptr_t>(buffer);
  const auto slab = taken_.find(reinterpret_cast<char*>(address / kSlab * kSlab));
  slab->second -= capacity;
  if (slab->second == 0) {
    if (current_ == slab->first) current_ = nullptr;
    std::free(slab->first);
    taken_.erase(slab);
    return;
  }
#if defined(__linux__)
  // Whole pages only, whatever the system's are: it would take what is left of the last one, which is a neighbour's.
  static const size_t page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  const uintptr_t begin = round_up(address, page), end = (address + capacity) / page * page;
  if (begin < end) (void)madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);
#endif
}

}  // namespace foretoken
