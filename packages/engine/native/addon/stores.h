// Key/value stores as arguments of a call.
#pragma once
#include <memory>

#include "call.h"
#include "key_values.h"

namespace foretoken {

/// Stores that a call names by their numbers, each once; they live until the call ends, whatever JavaScript lets go meanwhile.
class StoreList {
 public:
  StoreList(const Call& call, int index);
  const std::vector<KeyValueStore*>& all() const { return all_; }

 private:
  std::vector<KeyValueStore*> all_;
  std::vector<std::shared_ptr<KeyValueStore>> held_;
};

}  // namespace foretoken
