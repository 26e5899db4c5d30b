// Attention with a past gives the very bits of attention without one, for the same visible keys, in any chunks and trees.
#include "key_values.h"
#include "nodes.h"

namespace foretoken {

namespace {

/// A piece of a row as one forward: nodes [first, first + count) of a single-row case.
struct Piece {
  std::vector<float> q, k, v;
  std::vector<int32_t> parents;

  void add(const Heads& heads, int64_t row, int64_t node, int32_t parent) {
    const int64_t Q = heads.H * heads.d, C = heads.G * heads.d, place = row * heads.T + node;
    q.insert(q.end(), heads.q.begin() + place * Q, heads.q.begin() + (place + 1) * Q);
    k.insert(k.end(), heads.k.begin() + place * C, heads.k.begin() + (place + 1) * C);
    v.insert(v.end(), heads.v.begin() + place * C, heads.v.begin() + (place + 1) * C);
    parents.push_back(parent);
  }

  void add_random(const Heads& heads, int32_t parent, Random& random) {
    for (int64_t at = 0; at < heads.H * heads.d; at++) q.push_back(random.value());
    for (int64_t at = 0; at < heads.G * heads.d; at++) k.push_back(random.value());
    for (int64_t at = 0; at < heads.G * heads.d; at++) v.push_back(random.value());
    parents.push_back(parent);
  }

  std::vector<float> attend(const Heads& heads, KeyValueStore& store) const {
    const int64_t T = static_cast<int64_t>(parents.size());
    const int32_t length = static_cast<int32_t>(T);
    std::vector<float> out(q.size(), NAN);
    store.attend({1, T, heads.H, heads.G, heads.d, q.data(), k.data(), v.data(), parents.data(), &length}, out.data());
    return out;
  }
};

std::vector<float> uncached(const Heads& heads) {
  std::vector<float> out(heads.q.size()), stats(static_cast<size_t>(heads.B * heads.H * heads.T * 2));
  attend_nodes(heads.attention(), out.data(), stats.data());
  return out;
}

void check_nodes(const Heads& heads, const std::vector<float>& whole, const std::vector<float>& got, int64_t got_node, int64_t node) {
  const int64_t Q = heads.H * heads.d;
  CHECK(same_bits(got.data() + got_node * Q, whole.data() + node * Q, Q), heads.name() + say(" node %lld", (long long)node));
}

Heads one_row(Random& random, Plan plan) {
  const int64_t G = random.between(1, 2), H = G * random.between(1, 3);
  const int64_t d = random.pick<int64_t>({1, 2, 3, 8, 12, 16, 17, 33, 64, 65});
  return random_heads(1, random.between(1, 70), H, G, d, plan, false, random);
}

/// Text in chunks of any size, each committed whole, piece by piece, or left undecided.
void chunks_of_text_have_the_bits_of_the_whole() {
  Random random(301);
  for (int round = 0; round < rounds(150); round++) {
    use_threads(static_cast<int>(random.between(1, 4)));
    const Heads heads = one_row(random, random.chance(0.5) ? Plan::kChain : Plan::kDocuments);
    const std::vector<float> whole = uncached(heads);
    KeyValueStore store("test");
    store.join(4);
    store.bind({4});
    const int64_t chunk = random.pick<int64_t>({1, 2, 7, 16, 40, 70});
    int64_t committed = 0;
    for (int64_t first = 0; first < heads.T;) {
      const int64_t count = std::min(heads.T - first, random.between(1, chunk));
      Piece piece;
      for (int64_t node = first; node < first + count; node++) {
        const bool is_root = heads.parents[node] < 0;
        piece.add(heads, 0, node, is_root ? kRoot : node == committed ? kLastCommitted : static_cast<int32_t>(node - committed - 1));
      }
      const std::vector<float> out = piece.attend(heads, store);
      for (int64_t node = 0; node < count; node++) check_nodes(heads, whole, out, node, first + node);
      first += count;
      if (random.chance(0.6)) {
        std::vector<int32_t> path;
        for (int64_t node = committed; node < first; node++) path.push_back(static_cast<int32_t>(node - committed));
        store.commit(4, path);
        committed = first;
      }
    }
  }
}

/// A tree whose levels come in several forwards, nothing committed.
void trees_have_the_bits_of_the_whole() {
  Random random(302);
  for (int round = 0; round < rounds(150); round++) {
    const Heads heads = one_row(random, Plan::kTree);
    const std::vector<float> whole = uncached(heads);
    KeyValueStore store("test");
    store.join(0);
    store.bind({0});
    for (int64_t first = 0; first < heads.T;) {
      const int64_t count = random.between(1, heads.T - first);
      Piece piece;
      for (int64_t node = first; node < first + count; node++) {
        // Nothing is committed: a child of the last committed node sees what a root sees.
        const int32_t parent = heads.parents[node];
        piece.add(heads, 0, node, parent >= 0 ? parent : random.chance(0.5) ? kRoot : kLastCommitted);
      }
      const std::vector<float> out = piece.attend(heads, store);
      for (int64_t node = 0; node < count; node++) check_nodes(heads, whole, out, node, first + node);
      first += count;
    }
  }
}

/// Adds to a tree the next nodes of the text, a random number of them, hidden among nodes of wrong guesses.
std::vector<int32_t> draft(const Heads& heads, int64_t committed, Piece& tree, Random& random) {
  std::vector<int32_t> path;
  const int64_t right = random.between(1, std::min<int64_t>(6, heads.T - committed)), wrong = random.below(8);
  for (int64_t left = right + wrong; left > 0; left--) {
    const bool is_right = static_cast<int64_t>(path.size()) < right && (random.chance(0.5) || left == right - static_cast<int64_t>(path.size()));
    const int32_t size = static_cast<int32_t>(tree.parents.size());
    if (is_right) {
      const int64_t node = committed + static_cast<int64_t>(path.size());
      tree.add(heads, 0, node, heads.parents[node] < 0 ? kRoot : path.empty() ? kLastCommitted : path.back());
      path.push_back(size);
    } else {
      tree.add_random(heads, static_cast<int32_t>(random.between(-2, size - 1)), random);
    }
  }
  return path;
}

/// Speculative decoding: trees of guesses, one path of each is kept.
void accepted_paths_have_the_bits_of_the_whole() {
  Random random(303);
  for (int round = 0; round < rounds(120); round++) {
    use_threads(static_cast<int>(random.between(1, 4)));
    const Heads heads = one_row(random, random.chance(0.5) ? Plan::kChain : Plan::kDocuments);
    const std::vector<float> whole = uncached(heads);
    KeyValueStore store("test");
    store.join(0);
    store.bind({0});
    for (int64_t committed = 0; committed < heads.T;) {
      Piece tree;
      const std::vector<int32_t> path = draft(heads, committed, tree, random);
      const std::vector<float> out = tree.attend(heads, store);
      for (size_t at = 0; at < path.size(); at++) check_nodes(heads, whole, out, path[at], committed + static_cast<int64_t>(at));
      // Part of it may be kept only; what was not comes again.
      const size_t kept = static_cast<size_t>(random.between(0, static_cast<int64_t>(path.size())));
      store.commit(0, {path.begin(), path.begin() + kept});
      committed += static_cast<int64_t>(kept);
      CHECK(store.length(0) == committed && store.undecided(0) == 0);
    }
  }
}

/// Rows of a batch, each at another place of its text: as if alone. Padding gets zeros.
void ragged_batches_have_the_bits_of_the_whole() {
  Random random(304);
  for (int round = 0; round < rounds(80); round++) {
    use_threads(static_cast<int>(random.between(1, 4)));
    const int64_t B = random.between(1, 5), G = random.between(1, 2), H = G * random.between(1, 2), d = random.pick<int64_t>({3, 16, 17});
    const Heads heads = random_heads(B, random.between(1, 50), H, G, d, Plan::kChain, false, random);
    const std::vector<float> whole = uncached(heads);
    KeyValueStore store("test");
    std::vector<int64_t> ids, done(static_cast<size_t>(B), 0);
    for (int64_t row = 0; row < B; row++) {
      ids.push_back(row * 7 + 3);
      store.join(ids.back());
    }
    store.bind(ids);
    const int64_t T = random.between(1, 9), Q = H * d, C = G * d;
    for (int step = 0; step < 8; step++) {
      std::vector<float> q(static_cast<size_t>(B * T * Q), NAN), k(static_cast<size_t>(B * T * C), NAN), v = k, out(q.size(), NAN);
      std::vector<int32_t> parents(static_cast<size_t>(B * T), -99), lengths;
      for (int64_t row = 0; row < B; row++) {
        lengths.push_back(static_cast<int32_t>(random.between(0, std::min(T, heads.T - done[row]))));
        for (int32_t node = 0; node < lengths[row]; node++) {
          const int64_t from = row * heads.T + done[row] + node, to = row * T + node;
          std::copy_n(heads.q.begin() + from * Q, Q, q.begin() + to * Q);
          std::copy_n(heads.k.begin() + from * C, C, k.begin() + to * C);
          std::copy_n(heads.v.begin() + from * C, C, v.begin() + to * C);
          parents[to] = node - 1;
        }
      }
      store.attend({B, T, H, G, d, q.data(), k.data(), v.data(), parents.data(), lengths.data()}, out.data());
      for (int64_t row = 0; row < B; row++) {
        std::vector<int32_t> path;
        for (int64_t node = 0; node < T; node++) {
          const float* got = out.data() + (row * T + node) * Q;
          if (node < lengths[row]) {
            CHECK(same_bits(got, whole.data() + (row * heads.T + done[row] + node) * Q, Q), heads.name());
            path.push_back(static_cast<int32_t>(node));
          } else {
            for (int64_t at = 0; at < Q; at++) CHECK(got[at] == 0.0f, "padding");
          }
        }
        store.commit(ids[row], path);
        done[row] += lengths[row];
      }
    }
  }
}

}  // namespace

void add_cached_attention_tests(std::vector<Test>& tests) {
  tests.push_back({"text in any chunks has the bits of attention over the whole", chunks_of_text_have_the_bits_of_the_whole});
  tests.push_back({"a tree in any pieces has the bits of attention over the whole", trees_have_the_bits_of_the_whole});
  tests.push_back({"accepted paths of draft trees have the bits of attention over the text", accepted_paths_have_the_bits_of_the_whole});
  tests.push_back({"rows of a ragged batch have the bits of rows alone", ragged_batches_have_the_bits_of_the_whole});
}

}  // namespace foretoken
