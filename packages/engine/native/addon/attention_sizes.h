// Sizes of attention as calls name them, and the nodes it runs over.
#pragma once
#include "call.h"

namespace foretoken {

/// Each query of each attention head is a task.
constexpr int64_t kMostTasks = 2147483647;

/// Sizes B, T, H, G, d at `first`; @throws Fault where they do not fit each other
struct Sizes {
  int64_t B, T, H, G, d;

  Sizes(const Call& call, int first) {
    B = call.size(first);
    T = call.size(first + 1);
    H = call.size(first + 2);
    G = call.size(first + 3);
    d = call.size(first + 4);
    if (G == 0 || H % G != 0) call.refuse(first + 2, "a multiple of the number of key/value heads");
    if (product_of({B, T, H}) > kMostTasks) call.refuse(first + 2, "few enough for 2^31 queries in all");
  }

  int64_t queries() const { return product_of({B, T, H, d}); }
  int64_t keys() const { return product_of({B, T, G, d}); }
  int64_t stats() const { return product_of({B, H, T, 2}); }
};

/// Parents and lengths of B rows of T nodes. @throws Fault but for one parent a node and one length a row
struct NodeView {
  const int32_t* parents;
  const int32_t* lengths;

  NodeView(const Call& call, int index, int64_t B, int64_t T) {
    const View<int32_t> all = call.ints(index), some = call.ints(index + 1);
    if (static_cast<int64_t>(all.size) != product_of({B, T})) call.refuse(index, "one parent a node");
    if (static_cast<int64_t>(some.size) != B) call.refuse(index + 1, "one length a row");
    for (int64_t row = 0; row < B; row++) {
      if (some.data[row] < 0 || some.data[row] > T) call.refuse(index + 1, "lengths in [0, T]");
    }
    parents = all.data;
    lengths = some.data;
  }
};

/// Sizes with parents and lengths behind them.
struct Shape : Sizes, NodeView {
  Shape(const Call& call, int first) : Sizes(call, first), NodeView(call, first + 5, B, T) {}
};

}  // namespace foretoken
