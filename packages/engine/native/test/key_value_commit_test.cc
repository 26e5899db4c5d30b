// What commits and forks of the key/value store keep, by values worked out beside it.
#include <cmath>

#include "key_values.h"
#include "nodes.h"

namespace foretoken {

namespace {

/// One forward of `values.size()` nodes of one attention head each of width 1, over keys that weigh all alike: means of values.
std::vector<float> means(KeyValueStore& store, const std::vector<float>& values, const std::vector<int32_t>& parents) {
  const int64_t T = static_cast<int64_t>(values.size());
  const std::vector<float> zeros(values.size(), 0.0f);
  std::vector<float> out(values.size());
  const int32_t length = static_cast<int32_t>(T);
  store.attend({1, T, 1, 1, 1, zeros.data(), zeros.data(), values.data(), parents.data(), &length}, out.data());
  return out;
}

/// Rows that grow several times over, as text does; then a copy and its source go their own ways.
void a_fork_of_a_row_that_has_grown_has_all_of_it() {
  KeyValueStore store("slot");
  store.join(1);
  store.bind({1});
  double sum = 0.0;
  for (int node = 0; node < 300; node++) {
    means(store, {static_cast<float>(node)}, {kLastCommitted});
    store.commit(1, {0});
    sum += node;
  }
  store.fork(1, 2);
  // More than the source has room for, and less than the copy has.
  std::vector<float> values(400, 1000.0f);
  std::vector<int32_t> parents;
  for (int32_t node = 0; node < 400; node++) parents.push_back(node - 1);
  const std::vector<float> grown = means(store, values, parents);
  CHECK(std::fabs(grown[399] - (sum + 400000.0) / 700.0) < 1e-2, say("%f", grown[399]));
  store.bind({2});
  const std::vector<float> copy = means(store, {600.0f}, {kLastCommitted});
  CHECK(std::fabs(copy[0] - (sum + 600.0) / 301.0) < 1e-2, say("%f", copy[0]));
}

/// Nodes 3, 17, 18 and 40 of 50, out of four blocks of keys, move behind 30 that were there.
void a_path_with_gaps_moves_keys_and_values_of_every_group() {
  constexpr int64_t G = 2, H = 4, d = 3, T = 50;
  Random random(411);
  KeyValueStore store("slot");
  store.join(0);
  store.bind({0});
  const auto forward = [&](const Heads& heads) {
    std::vector<float> out(heads.q.size());
    store.attend({1, heads.T, H, G, d, heads.q.data(), heads.k.data(), heads.v.data(), heads.parents.data(), heads.lengths.data()}, out.data());
    return out;
  };
  Heads before = random_heads(1, 30, H, G, d, Plan::kChain, false, random);
  forward(before);
  std::vector<int32_t> whole;
  for (int32_t node = 0; node < 30; node++) whole.push_back(node);
  store.commit(0, whole);
  Heads tree = random_heads(1, T, H, G, d, Plan::kTree, false, random);
  for (int32_t& parent : tree.parents) parent = kLastCommitted;
  forward(tree);
  const std::vector<int32_t> path = {3, 17, 18, 40};
  store.commit(0, path);
  CHECK(store.length(0) == 34);
  Heads last = random_heads(1, 1, H, G, d, Plan::kChain, false, random);
  last.parents[0] = kLastCommitted;
  const std::vector<float> out = forward(last);
  for (int64_t head = 0; head < H; head++) {
    const int64_t from = head * G / H * d;
    std::vector<const float*> keys, values;
    const auto see = [&](const Heads& heads, int64_t node) {
      keys.push_back(heads.k.data() + node * G * d + from);
      values.push_back(heads.v.data() + node * G * d + from);
    };
    for (int64_t node = 0; node < 30; node++) see(before, node);
    for (const int32_t node : path) see(tree, node);
    see(last, 0);
    const Weighed expected = attend_one(last.q.data() + head * d, keys, values, d);
    check_close({out.begin() + head * d, out.begin() + (head + 1) * d}, expected.out, 3e-6, say("head %lld", (long long)head));
  }
}

/// Several stores and rows at once do as each by itself; a path that one of them refuses leaves all as they were.
void commits_of_several_stores_are_one() {
  KeyValueStore first("first"), second("second");
  for (KeyValueStore* store : {&first, &second}) {
    for (const int64_t row : {4, 7}) {
      store->join(row);
      store->bind({row});
      means(*store, {1.0f, 2.0f, static_cast<float>(row)}, {kLastCommitted, 0, 0});
    }
  }
  second.commit(7, {0});
  CHECK_FAULT(KeyValueStore::commit_all({&first, &second}, {4, 7}, {{0, 2}, {0}}), std::string("SESSION_MISUSE"));
  CHECK_FAULT(KeyValueStore::commit_all({&first, &second}, {4, 9}, {{0, 2}, {0}}), std::string("SESSION_MISUSE"));
  for (KeyValueStore* store : {&first, &second}) CHECK(store->length(4) == 0 && store->undecided(4) == 3);
  KeyValueStore::commit_all({&first, &second}, {4, 7}, {{0, 2}, {}});
  for (KeyValueStore* store : {&first, &second}) {
    CHECK(store->length(4) == 2 && store->undecided(4) == 0 && store->undecided(7) == 0);
    store->bind({4});
    // The mean of 1, 4 and 7.
    CHECK(std::fabs(means(*store, {7.0f}, {kLastCommitted})[0] - 4.0f) < 1e-5f);
  }
  CHECK(first.length(7) == 0 && second.length(7) == 1);
}

}  // namespace

void add_key_value_commit_tests(std::vector<Test>& tests) {
  tests.push_back({"a fork of a row that has grown has all of it", a_fork_of_a_row_that_has_grown_has_all_of_it});
  tests.push_back({"a path with gaps moves keys and values of every group", a_path_with_gaps_moves_keys_and_values_of_every_group});
  tests.push_back({"several stores keep paths of several rows at once, or none does", commits_of_several_stores_are_one});
}

}  // namespace foretoken
