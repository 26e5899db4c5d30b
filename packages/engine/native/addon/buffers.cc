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
  void* data = Memory::instance().allocate(bytes);
  if (idle_.empty()) {
    slots_.emplace_back();
    idle_.push_back(static_cast<uint32_t>(slots_.size() - 1));
  }
  const uint32_t index = idle_.back();
  idle_.pop_back();
  Slot& slot = slots_[index];
  slot.buffer = {data, bytes};
  slot.is_alive = true;
  slot.uses++;
  return slot.uses * kIndices + index;
}

Buffers::Slot& Buffers::slot(double handle) {
  if (handle >= kIndices && handle == std::floor(handle)) {
    const double uses = std::floor(handle / kIndices);
    const double index = handle - uses * kIndices;
    if (index < static_cast<double>(slots_.size())) {
      Slot& found = slots_[static_cast<size_t>(index)];
      if (found.is_alive && found.uses == uses) return found;
    }
  }
  throw Fault("ENGINE_MISUSE", "native: the buffer has been freed or never was.");
}

Buffer& Buffers::at(double handle) { return slot(handle).buffer; }

void Buffers::free(double handle) {
  Slot& found = slot(handle);
  Memory::instance().release(found.buffer.data, found.buffer.bytes);
  found.buffer = {};
  found.is_alive = false;
  // An index that was used too often stays unused.
  if (found.uses < kMostUses) idle_.push_back(static_cast<uint32_t>(&found - slots_.data()));
}

}  // namespace foretoken
