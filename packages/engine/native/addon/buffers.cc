#include "buffers.h"

#include <cmath>

#include "errors.h"
#include "memory.h"

namespace foretoken {

namespace {

constexpr double kIndices = 4294967296.0;
/// A handle stays an exact integer of a double.
constexpr uint32_t kMostUses = 1u << 20;

}  // namespace

Buffers& Buffers::instance() {
  static Buffers* buffers = new Buffers;
  return *buffers;
}

double Buffers::create(size_t bytes) {
  if (idle_.empty()) {
    slots_.emplace_back();
    // Room to give every index back without a new allocation, which might fail.
    if (idle_.capacity() < slots_.size()) idle_.reserve(2 * slots_.size());
    idle_.push_back(static_cast<uint32_t>(slots_.size() - 1));
  }
  void* data = Memory::instance().allocate(bytes);
  const uint32_t index = idle_.back();
  idle_.pop_back();
  Slot& slot = slots_[index];
  slot.buffer = {data, bytes};
  slot.owner = owner_;
  slot.is_alive = true;
  slot.uses++;
  alive_++;
  return slot.uses * kIndices + index;
}

Buffers::Slot& Buffers::slot(double handle) {
  if (handle >= kIndices && handle == std::floor(handle)) {
    const double uses = std::floor(handle / kIndices);
    const double index = handle - uses * kIndices;
    if (index < static_cast<double>(slots_.size())) {
      Slot& found = slots_[static_cast<size_t>(index)];
      if (found.is_alive && found.uses == uses && found.owner == owner_) return found;
    }
  }
  throw Fault("ENGINE_MISUSE", "native: the buffer has been freed or never was. Mend the caller.");
}

Buffer& Buffers::at(double handle) { return slot(handle).buffer; }

void Buffers::free(double handle) { release(slot(handle)); }

void Buffers::free_all_of(const void* owner) {
  for (Slot& slot : slots_) {
    if (slot.is_alive && slot.owner == owner) release(slot);
  }
}

void Buffers::release(Slot& slot) {
  Memory::instance().release(slot.buffer.data, slot.buffer.bytes);
  slot.buffer = {};
  slot.is_alive = false;
  alive_--;
  // An index that was used too often stays unused.
  if (slot.uses < kMostUses) idle_.push_back(static_cast<uint32_t>(&slot - slots_.data()));
}

}  // namespace foretoken
