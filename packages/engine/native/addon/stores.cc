#include "stores.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "attention_sizes.h"

namespace foretoken {

namespace {

constexpr napi_type_tag kStoreTag = {0x6f7265746f6b656eull, 0x6b76735f73746f72ull};

/// A store as JavaScript holds it.
struct NumberedStore {
  std::shared_ptr<KeyValueStore> store;
  napi_env owner;
  double number;
};

/// Stores that JavaScript has not let go, by their numbers, which are not used again.
std::map<double, NumberedStore*>& stores_by_number() {
  static auto* stores = new std::map<double, NumberedStore*>;
  return *stores;
}

NumberedStore& numbered_store_of(const Call& call) {
  napi_valuetype type;
  napi_typeof(call.env(), call.value(0), &type);
  bool is_store = false;
  if (type == napi_external) napi_check_object_type_tag(call.env(), call.value(0), &kStoreTag, &is_store);
  void* data = nullptr;
  if (!is_store || napi_get_value_external(call.env(), call.value(0), &data) != napi_ok || !data) call.refuse(0, "a key/value store");
  return *static_cast<NumberedStore*>(data);
}

KeyValueStore& store_of(const Call& call) { return *numbered_store_of(call).store; }

void forget(NumberedStore* store) {
  stores_by_number().erase(store->number);
  delete store;
}

napi_value create_store(Call& call) {
  static double last = 0;
  auto owned = std::make_unique<NumberedStore>(NumberedStore{std::make_shared<KeyValueStore>(call.text(0)), call.env(), ++last});
  stores_by_number()[owned->number] = owned.get();
  NumberedStore* store = owned.release();
  napi_value external;
  const auto destroy = [](napi_env, void* data, void*) {
    const std::lock_guard<std::recursive_mutex> lock(library_mutex());
    forget(static_cast<NumberedStore*>(data));
  };
  if (napi_create_external(call.env(), store, destroy, nullptr, &external) != napi_ok) {
    forget(store);
    throw Fault("ENGINE_MISUSE", "native: Node made no store. Report it.");
  }
  if (napi_type_tag_object(call.env(), external, &kStoreTag) != napi_ok) throw Fault("ENGINE_MISUSE", "native: Node tagged no store. Report it.");
  return external;
}

/// storeNumber(store): what calls on several stores name it by; never an address.
napi_value store_number(Call& call) { return call.result(numbered_store_of(call).number); }

napi_value store_join(Call& call) {
  store_of(call).join(call.integer(1));
  return call.undefined();
}

napi_value store_leave(Call& call) {
  store_of(call).leave(call.integer(1));
  return call.undefined();
}

napi_value store_fork(Call& call) {
  store_of(call).fork(call.integer(1), call.integer(2));
  return call.undefined();
}

std::vector<int64_t> rows_of(const Call& call, int index) {
  const View<double> given = call.doubles(index);
  std::vector<int64_t> rows;
  for (size_t at = 0; at < given.size; at++) {
    const double row = given.data[at];
    if (!(std::fabs(row) <= 9007199254740992.0 && row == std::floor(row))) call.refuse(index, "row numbers");
    rows.push_back(static_cast<int64_t>(row));
  }
  return rows;
}

napi_value store_bind(Call& call) {
  store_of(call).bind(rows_of(call, 1));
  return call.undefined();
}

napi_value store_commit(Call& call) {
  const View<int32_t> path = call.ints(2);
  store_of(call).commit(call.integer(1), std::vector<int32_t>(path.data, path.data + path.size));
  return call.undefined();
}

/// storesCommit(stores, rows, nodes, ends): of each row the path that ends there among all nodes, in every store.
napi_value stores_commit(Call& call) {
  const StoreList stores(call, 0);
  const std::vector<int64_t> rows = rows_of(call, 1);
  const View<int32_t> nodes = call.ints(2), ends = call.ints(3);
  if (ends.size != rows.size()) call.refuse(3, "an end for each row");
  std::vector<std::vector<int32_t>> paths;
  int32_t begin = 0;
  for (size_t index = 0; index < rows.size(); index++) {
    if (std::count(rows.begin(), rows.end(), rows[index]) != 1) call.refuse(1, "rows, each once");
    const int32_t end = ends.data[index];
    if (end < begin || static_cast<size_t>(end) > nodes.size) call.refuse(3, "ends in order, none behind the nodes");
    paths.emplace_back(nodes.data + begin, nodes.data + end);
    begin = end;
  }
  KeyValueStore::commit_all(stores.all(), rows, paths);
  return call.undefined();
}

napi_value store_length(Call& call) { return call.result(static_cast<double>(store_of(call).length(call.integer(1)))); }

napi_value store_undecided(Call& call) { return call.result(static_cast<double>(store_of(call).undecided(call.integer(1)))); }

napi_value store_clear(Call& call) {
  store_of(call).clear();
  return call.undefined();
}

/// storeAttend(store, q, k, v, B, T, H, G, d, parents, lengths): out.
napi_value store_attend(Call& call) {
  const Shape s(call, 4);
  const CachedAttention one{s.B, s.T, s.H, s.G, s.d, call.floats(1, s.queries()), call.floats(2, s.keys()), call.floats(3, s.keys()), s.parents, s.lengths};
  Output out(s.queries());
  store_of(call).attend(one, out.floats());
  return call.result(out.take());
}

}  // namespace

StoreList::StoreList(const Call& call, int index) {
  const View<double> numbers = call.doubles(index);
  for (size_t at = 0; at < numbers.size; at++) {
    const auto found = stores_by_number().find(numbers.data[at]);
    if (found == stores_by_number().end() || found->second->owner != call.env()) call.refuse(index, "numbers of key/value stores");
    KeyValueStore* store = found->second->store.get();
    if (std::find(all_.begin(), all_.end(), store) != all_.end()) call.refuse(index, "numbers of stores, each once");
    all_.push_back(store);
    held_.push_back(found->second->store);
  }
}

void register_stores(napi_env env, napi_value exports) {
  export_functions(env, exports,
                   {{"createStore", create_store},
                    {"storeNumber", store_number},
                    {"storeJoin", store_join},
                    {"storeLeave", store_leave},
                    {"storeFork", store_fork},
                    {"storeBind", store_bind},
                    {"storeCommit", store_commit},
                    {"storesCommit", stores_commit},
                    {"storeLength", store_length},
                    {"storeUndecided", store_undecided},
                    {"storeClear", store_clear},
                    {"storeAttend", store_attend}});
}

}  // namespace foretoken
