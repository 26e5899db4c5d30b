// The allocator: alignment, accounting, reuse, exhaustion.
#include "memory.h"

#include <cstring>
#include <map>
#include <vector>

#include "check.h"

namespace foretoken {

namespace {

void size_classes_waste_an_eighth_at_most() {
  size_t last = 0;
  for (size_t bytes = 0; bytes < 300000; bytes += bytes < 5000 ? 1 : 97) {
    const size_t capacity = size_class(bytes);
    CHECK(capacity >= bytes, say("%zu", bytes));
    CHECK(capacity >= last, say("%zu", bytes));
    CHECK(capacity % kAlignment == 0, say("%zu bytes are served with %zu", bytes, capacity));
    CHECK(bytes <= 512 || capacity - bytes <= bytes / 8 + kAlignment, say("%zu bytes are served with %zu", bytes, capacity));
    CHECK(size_class(capacity) == capacity, say("%zu", capacity));
    last = capacity;
  }
}

void buffers_are_aligned_and_apart() {
  Memory& memory = Memory::instance();
  Random random(11);
  std::map<char*, size_t> live;
  for (int round = 0; round < rounds(3000); round++) {
    if (live.size() > 40 || (!live.empty() && random.chance(0.45))) {
      auto found = live.begin();
      std::advance(found, random.below(static_cast<int64_t>(live.size())));
      for (size_t at = 0; at < found->second; at++) CHECK(found->first[at] == static_cast<char>(found->second * 31 + at));
      memory.release(found->first, found->second);
      live.erase(found);
      continue;
    }
    const size_t bytes = static_cast<size_t>(random.below(random.chance(0.1) ? 300000 : 2000));
    char* made = static_cast<char*>(memory.allocate(bytes));
    CHECK(reinterpret_cast<uintptr_t>(made) % kAlignment == 0);
    const auto next = live.lower_bound(made);
    CHECK(next == live.end() || made + bytes <= next->first);
    CHECK(next == live.begin() || std::prev(next)->first + std::prev(next)->second <= made);
    for (size_t at = 0; at < bytes; at++) made[at] = static_cast<char>(bytes * 31 + at);
    live[made] = bytes;
  }
  for (const auto& [data, bytes] : live) memory.release(data, bytes);
}

void every_byte_is_counted() {
  Memory& memory = Memory::instance();
  const size_t before = memory.bytes();
  memory.reset_peak();
  CHECK(memory.peak_bytes() == before);
  void* one = memory.allocate(1000);
  void* two = memory.allocate(3);
  CHECK(memory.bytes() == before + 1003);
  memory.release(one, 1000);
  CHECK(memory.bytes() == before + 3);
  CHECK(memory.peak_bytes() == before + 1003);
  memory.release(two, 3);
  memory.release(nullptr, 0);
  CHECK(memory.bytes() == before);
  {
    const Scratch scratch(25);
    CHECK(memory.bytes() == before + 100);
  }
  CHECK(memory.bytes() == before);
  memory.reset_peak();
  CHECK(memory.peak_bytes() == before);
}

void freed_buffers_serve_again() {
  Memory& memory = Memory::instance();
  memory.trim();
  CHECK(memory.idle_bytes() == 0);
  void* one = memory.allocate(5000);
  memory.release(one, 5000);
  CHECK(memory.idle_bytes() == size_class(5000 + kAlignment));
  void* again = memory.allocate(5001);
  CHECK(again == one, "a size of the same class");
  CHECK(memory.idle_bytes() == 0);
  memory.release(again, 5001);
  memory.trim();
  CHECK(memory.idle_bytes() == 0);
}

/// Buffers of middle size lie side by side, and a slab goes when the last of its buffers does.
void buffers_of_middle_size_share_slabs() {
  Memory& memory = Memory::instance();
  memory.trim();
  const size_t slabs = memory.slabs();
  constexpr size_t kBytes = 200000, kTooSmall = 20000, kTooLarge = size_t{3} << 20;
  void* small = memory.allocate(kTooSmall);
  void* large = memory.allocate(kTooLarge);
  CHECK(memory.slabs() == slabs, "other sizes have none");
  std::vector<char*> buffers;
  for (int index = 0; index < 200; index++) {
    buffers.push_back(static_cast<char*>(memory.allocate(kBytes)));
    std::memset(buffers.back(), index, kBytes);
  }
  const size_t capacity = size_class(kBytes + kAlignment), most = (size_t{16} << 20) / capacity;
  int side_by_side = 0;
  for (size_t index = 1; index < buffers.size(); index++) side_by_side += buffers[index] == buffers[index - 1] + capacity;
  CHECK(side_by_side >= static_cast<int>(buffers.size() - 2 - buffers.size() / most), say("%d", side_by_side));
  CHECK(memory.slabs() > slabs);
  // Every other one: no slab is empty, and what is given back has not taken its neighbours along.
  for (size_t index = 0; index < buffers.size(); index += 2) memory.release(buffers[index], kBytes);
  memory.trim();
  for (size_t index = 1; index < buffers.size(); index += 2) {
    for (size_t at = 0; at < kBytes; at++) CHECK(buffers[index][at] == static_cast<char>(index), say("%zu", index));
    memory.release(buffers[index], kBytes);
  }
  memory.trim();
  CHECK(memory.slabs() == slabs);
  memory.release(small, kTooSmall);
  memory.release(large, kTooLarge);
  memory.trim();
}

void exhaustion_is_an_error_that_changes_nothing() {
  Memory& memory = Memory::instance();
  void* kept = memory.allocate(10000);
  memory.release(kept, 10000);
  const size_t before = memory.bytes();
  for (const size_t bytes : {size_t{1} << 47, (size_t{1} << 47) + 1, size_t{1} << 62, ~size_t{0}, ~size_t{0} - 63}) {
    CHECK_FAULT(memory.allocate(bytes), "OUT_OF_MEMORY");
    CHECK(memory.bytes() == before);
  }
  void* after = memory.allocate(10000);
  memory.release(after, 10000);
}

}  // namespace

void add_memory_tests(std::vector<Test>& tests) {
  tests.push_back({"a size class holds what is asked for and an eighth more at most", size_classes_waste_an_eighth_at_most, false});
  tests.push_back({"buffers are aligned and never overlap", buffers_are_aligned_and_apart, false});
  tests.push_back({"every byte in use is counted", every_byte_is_counted, false});
  tests.push_back({"a freed buffer serves the next request of its class", freed_buffers_serve_again, false});
  tests.push_back({"buffers of middle size lie side by side in slabs, which go with the last of them", buffers_of_middle_size_share_slabs, false});
  tests.push_back({"a request beyond all memory fails and changes nothing", exhaustion_is_an_error_that_changes_nothing, false});
}

}  // namespace foretoken
