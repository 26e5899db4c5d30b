// The key/value store against a model that keeps every row as plain lists.
#include "key_values.h"

#include <map>

#include "memory.h"
#include "nodes.h"

namespace foretoken {

namespace {

/// A node as the model keeps it.
struct Kept {
  std::vector<float> key, value;
  int32_t parent;
};

/// A row as the model keeps it.
struct ModelRow {
  std::vector<Kept> committed;
  std::vector<Kept> undecided;
  size_t visible_from = 0;

  /// What an undecided node sees, oldest first.
  std::vector<const Kept*> seen_by(size_t node) const {
    std::vector<const Kept*> seen;
    int32_t at = static_cast<int32_t>(node);
    for (; at >= 0; at = undecided[at].parent) seen.push_back(&undecided[at]);
    if (at == kLastCommitted) {
      for (size_t before = committed.size(); before > visible_from; before--) seen.push_back(&committed[before - 1]);
    }
    std::reverse(seen.begin(), seen.end());
    return seen;
  }

  void commit(const std::vector<int32_t>& path) {
    for (const int32_t node : path) {
      if (undecided[node].parent == kRoot) visible_from = committed.size();
      committed.push_back(undecided[node]);
    }
    undecided.clear();
  }
};

/// The store and its model, which are always asked the same.
class Twins {
 public:
  Twins(int64_t H, int64_t G, int64_t d, uint64_t seed) : H_(H), G_(G), d_(d), random_(seed), store_("twin") {}

  void step() {
    switch (random_.below(8)) {
      case 0: return join();
      case 1: return leave();
      case 2: return fork();
      case 3:
      case 4: return commit();
      default: return attend();
    }
  }

  void check() {
    for (int64_t row = 0; row < kRows; row++) {
      const auto found = model_.find(row);
      if (found == model_.end()) {
        CHECK_FAULT(store_.length(row), std::string("SESSION_MISUSE"));
        continue;
      }
      CHECK(store_.length(row) == static_cast<int64_t>(found->second.committed.size()));
      CHECK(store_.undecided(row) == static_cast<int64_t>(found->second.undecided.size()));
    }
  }

 private:
  static constexpr int64_t kRows = 5;

  void join() {
    const int64_t row = random_.below(kRows);
    if (model_.count(row)) CHECK_FAULT(store_.join(row), std::string("SESSION_MISUSE"));
    else store_.join(row), model_[row];
  }

  void leave() {
    if (random_.chance(0.5)) return;
    const int64_t row = random_.below(kRows);
    if (model_.erase(row)) store_.leave(row);
    else CHECK_FAULT(store_.leave(row), std::string("SESSION_MISUSE"));
  }

  void fork() {
    const int64_t from = random_.below(kRows), to = random_.below(kRows);
    if (!model_.count(from) || model_.count(to)) {
      CHECK_FAULT(store_.fork(from, to), std::string("SESSION_MISUSE"));
      return;
    }
    store_.fork(from, to);
    model_[to] = model_[from];
    model_[to].undecided.clear();
  }

  /// A path that follows parents, or any choice of nodes in any order.
  void commit() {
    if (model_.empty()) return;
    auto found = model_.begin();
    std::advance(found, random_.below(static_cast<int64_t>(model_.size())));
    ModelRow& row = found->second;
    const int32_t count = static_cast<int32_t>(row.undecided.size());
    std::vector<int32_t> path;
    if (count > 0 && random_.chance(0.7)) {
      for (int32_t node = static_cast<int32_t>(random_.below(count)); node >= 0; node = row.undecided[node].parent) path.push_back(node);
      std::reverse(path.begin(), path.end());
    } else {
      for (int32_t node = 0; node < count; node++) {
        if (random_.chance(0.5)) path.insert(path.begin() + random_.below(static_cast<int64_t>(path.size()) + 1), node);
      }
    }
    std::vector<int32_t> wrong = path;
    wrong.push_back(random_.chance(0.5) ? count : -1);
    CHECK_FAULT(store_.commit(found->first, wrong), std::string("SESSION_MISUSE"));
    store_.commit(found->first, path);
    row.commit(path);
  }

  void attend() {
    std::vector<int64_t> ids;
    for (const auto& [id, row] : model_) {
      if (random_.chance(0.6)) ids.insert(ids.begin() + random_.below(static_cast<int64_t>(ids.size()) + 1), id);
    }
    if (ids.empty()) return;
    const int64_t B = static_cast<int64_t>(ids.size()), T = random_.between(1, 20);
    Heads heads = random_heads(B, T, H_, G_, d_, Plan::kTree, true, random_);
    for (int64_t row = 0; row < B; row++) {
      const int64_t first = static_cast<int64_t>(model_[ids[row]].undecided.size());
      for (int64_t node = 0; node < T; node++) {
        const bool is_next = first + node > 0 && random_.chance(0.4);
        heads.parents[row * T + node] = static_cast<int32_t>(is_next ? first + node - 1 : random_.between(-2, first + node - 1));
      }
    }
    store_.bind(ids);
    std::vector<float> out(heads.q.size(), NAN);
    const CachedAttention call{B, T, H_, G_, d_, heads.q.data(), heads.k.data(), heads.v.data(), heads.parents.data(), heads.lengths.data()};
    refuse_later_parents(heads, call, ids);
    store_.attend(call, out.data());
    for (int64_t row = 0; row < B; row++) {
      for (int64_t node = 0; node < T; node++) check_node(heads, ids, row, node, out.data() + (row * T + node) * H_ * d_);
    }
  }

  /// A parent that does not come before its child: an error, after which nothing has changed.
  void refuse_later_parents(const Heads& heads, const CachedAttention& call, const std::vector<int64_t>& ids) {
    for (int64_t row = 0; row < heads.B; row++) {
      if (heads.lengths[row] == 0) continue;
      std::vector<int32_t> parents = heads.parents;
      const int32_t node = heads.lengths[row] - 1;
      parents[row * heads.T + node] = static_cast<int32_t>(model_[ids[row]].undecided.size()) + node;
      CachedAttention wrong = call;
      wrong.parents_BT = parents.data();
      std::vector<float> out(heads.q.size());
      CHECK_FAULT(store_.attend(wrong, out.data()), std::string("SHAPE_MISMATCH"));
      parents[row * heads.T + node] = -3;
      CHECK_FAULT(store_.attend(wrong, out.data()), std::string("SHAPE_MISMATCH"));
      check();
    }
  }

  void check_node(const Heads& heads, const std::vector<int64_t>& ids, int64_t row, int64_t node, const float* out) {
    if (node >= heads.lengths[row]) {
      for (int64_t at = 0; at < H_ * d_; at++) CHECK(out[at] == 0.0f, "padding");
      return;
    }
    ModelRow& model = model_[ids[row]];
    const int64_t place = row * heads.T + node, C = G_ * d_;
    model.undecided.push_back({{heads.k.begin() + place * C, heads.k.begin() + (place + 1) * C},
                               {heads.v.begin() + place * C, heads.v.begin() + (place + 1) * C},
                               heads.parents[place]});
    const std::vector<const Kept*> seen = model.seen_by(model.undecided.size() - 1);
    for (int64_t head = 0; head < H_; head++) {
      const int64_t from = head * G_ / H_ * d_;
      std::vector<const float*> keys, values;
      for (const Kept* kept : seen) {
        keys.push_back(kept->key.data() + from);
        values.push_back(kept->value.data() + from);
      }
      const Weighed expected = attend_one(heads.q.data() + (place * H_ + head) * d_, keys, values, d_);
      check_close({out + head * d_, out + (head + 1) * d_}, expected.out, 3e-6, heads.name() + say(" sees %zu", seen.size()));
    }
    check_as_text(heads, place, seen, out);
  }

  /// What a node sees, as a text of its own: attention without a past gives its last node the same bits.
  void check_as_text(const Heads& heads, int64_t place, const std::vector<const Kept*>& seen, const float* out) {
    const int64_t T = static_cast<int64_t>(seen.size());
    Heads text = random_heads(1, T, H_, G_, d_, Plan::kChain, false, random_);
    std::copy_n(heads.q.begin() + place * H_ * d_, H_ * d_, text.q.begin() + (T - 1) * H_ * d_);
    for (int64_t node = 0; node < T; node++) {
      std::copy(seen[node]->key.begin(), seen[node]->key.end(), text.k.begin() + node * G_ * d_);
      std::copy(seen[node]->value.begin(), seen[node]->value.end(), text.v.begin() + node * G_ * d_);
    }
    std::vector<float> whole(text.q.size()), stats(static_cast<size_t>(H_ * T * 2));
    attend_nodes(text.attention(), whole.data(), stats.data());
    CHECK(same_bits(whole.data() + (T - 1) * H_ * d_, out, H_ * d_), heads.name() + say(" sees %zu", seen.size()));
  }

  int64_t H_, G_, d_;
  Random random_;
  KeyValueStore store_;
  std::map<int64_t, ModelRow> model_;
};

void random_operations_agree_with_the_model() {
  Random random(401);
  for (int round = 0; round < rounds(40); round++) {
    use_threads(static_cast<int>(random.between(1, 4)));
    const int64_t G = random.between(1, 2), H = G * random.between(1, 2);
    Twins twins(H, G, random.pick<int64_t>({1, 3, 8, 17}), random.bits());
    for (int step = 0; step < 80; step++) {
      twins.step();
      twins.check();
    }
  }
}

/// One node with ones for values.
void append(KeyValueStore& store, int64_t G, int64_t d) {
  const std::vector<float> ones(static_cast<size_t>(G * d), 1.0f);
  std::vector<float> out(ones.size());
  const int32_t parent = kLastCommitted, length = 1;
  store.attend({1, 1, G, G, d, ones.data(), ones.data(), ones.data(), &parent, &length}, out.data());
  for (const float value : out) CHECK(value == 1.0f);
}

void misuse_is_refused_and_changes_nothing() {
  KeyValueStore store("slot");
  store.join(1);
  CHECK_FAULT(store.bind({1, 2}), std::string("SESSION_MISUSE"));
  CHECK_FAULT(append(store, 1, 4), std::string("SESSION_MISUSE"));
  store.bind({1});
  append(store, 1, 4);
  CHECK_FAULT(append(store, 1, 8), std::string("SESSION_MISUSE"));
  CHECK_FAULT(append(store, 2, 2), std::string("SESSION_MISUSE"));
  CHECK_FAULT(store.fork(1, 1), std::string("SESSION_MISUSE"));
  CHECK_FAULT(store.fork(9, 2), std::string("SESSION_MISUSE"));
  CHECK(store.undecided(1) == 1 && store.length(1) == 0);
  store.bind({1});
  store.commit(1, {0});
  append(store, 1, 4);
  store.leave(1);
  CHECK_FAULT(append(store, 1, 4), std::string("SESSION_MISUSE"));
  store.clear();
  CHECK_FAULT(store.length(1), std::string("SESSION_MISUSE"));
  store.join(1);
  store.join(2);
  store.bind({1, 1});
  const float values[8] = {};
  float out[8];
  const int32_t parents[2] = {-1, -1}, lengths[2] = {1, 1};
  CHECK_FAULT(store.attend({2, 1, 1, 1, 4, values, values, values, parents, lengths}, out), std::string("SESSION_MISUSE"));
}

/// A copy sees what its source sees: nothing before the start of the last document.
void forks_see_the_same_document() {
  KeyValueStore store("slot");
  store.join(1);
  store.bind({1});
  const float zero[1] = {0.0f};
  float out[1];
  const int32_t length = 1;
  const auto put = [&](float value, int32_t parent) {
    store.attend({1, 1, 1, 1, 1, zero, zero, &value, &parent, &length}, out);
    return out[0];
  };
  for (const auto& [value, parent] : {std::pair<float, int32_t>{100.0f, kLastCommitted}, {4.0f, kRoot}, {8.0f, kLastCommitted}}) {
    put(value, parent);
    store.commit(1, {0});
  }
  store.fork(1, 2);
  store.leave(1);
  store.bind({2});
  // The mean of what is seen: 4, 8 and 12, not the 100 of the document before.
  CHECK(std::fabs(put(12.0f, kLastCommitted) - 8.0f) < 1e-5f);
  CHECK(put(3.0f, kRoot) == 3.0f);
}

/// The first row gets room, the second does not: the next forward may be of other sizes.
void room_of_a_forward_that_failed_is_given_back() {
  KeyValueStore store("slot");
  store.join(1);
  store.join(2);
  store.bind({1, 2});
  constexpr int64_t T = int64_t{1} << 22, d = int64_t{1} << 16;
  std::vector<int32_t> parents(2 * T, -1);
  const int32_t lengths[2] = {1, T};
  const float none = 0.0f;
  float out = 0.0f;
  CHECK_FAULT(store.attend({2, T, 1, 1, d, &none, &none, &none, parents.data(), lengths}, &out), std::string("OUT_OF_MEMORY"));
  CHECK(store.undecided(1) == 0 && store.undecided(2) == 0);
  store.bind({1});
  append(store, 2, d);
  CHECK(store.undecided(1) == 1);
}

/// A forward of no nodes, of other sizes or without room settles nothing that the next one could trip over.
void forwards_that_store_nothing_settle_nothing() {
  KeyValueStore store("slot");
  store.join(1);
  store.join(2);
  store.bind({1});
  const int32_t parent = kLastCommitted, one = 1, none = 0;
  const float few[4] = {};
  float out[4];
  CHECK_FAULT(store.attend({1, 1, 1, 1, int64_t{1} << 40, few, few, few, &parent, &one}, out), std::string("OUT_OF_MEMORY"));
  store.attend({1, 1, 1, 1, 4, few, few, few, &parent, &none}, out);
  for (int node = 0; node < 100; node++) append(store, 3, 40);
  CHECK(store.undecided(1) == 100);
}

void every_row_gives_its_memory_back() {
  const size_t before = Memory::instance().bytes();
  {
    KeyValueStore store("slot");
    for (int64_t row = 0; row < 4; row++) store.join(row);
    store.bind({2});
    for (int node = 0; node < 200; node++) append(store, 2, 8);
    store.commit(2, {0, 1, 2, 150, 3});
    store.fork(2, 9);
    store.leave(0);
    CHECK(store.length(9) == 5 && store.undecided(9) == 0);
  }
  // The pool keeps scratch of its own.
  const size_t scratch = Memory::instance().bytes() - before;
  {
    KeyValueStore store("slot");
    store.join(2);
    store.bind({2});
    for (int node = 0; node < 200; node++) append(store, 2, 8);
    store.clear();
    CHECK(Memory::instance().bytes() == before + scratch);
  }
  CHECK(Memory::instance().bytes() == before + scratch);
}

}  // namespace

void add_key_value_tests(std::vector<Test>& tests) {
  tests.push_back({"a store does as its model through random operations", random_operations_agree_with_the_model});
  tests.push_back({"a store refuses misuse and is as before", misuse_is_refused_and_changes_nothing});
  tests.push_back({"a forward that stores nothing settles no sizes", forwards_that_store_nothing_settle_nothing});
  tests.push_back({"a fork sees the same document", forks_see_the_same_document});
  tests.push_back({"room that a forward made before it failed is given back", room_of_a_forward_that_failed_is_given_back});
  tests.push_back({"rows give their memory back when they leave", every_row_gives_its_memory_back});
}

}  // namespace foretoken
