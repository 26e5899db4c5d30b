#include "attention.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "pool.h"
#include "processor.h"

namespace foretoken {

namespace {

int64_t round_up(int64_t value, int64_t step) { return (value + step - 1) / step * step; }

/// What the queries of each row see: the start of their document in text, masks in trees. Nodes behind a row's length see themselves.
class Sights {
 public:
  explicit Sights(const Attention& a) : T_(a.T), padded_(round_up(a.T, kQueryPanel)) {
    first_.resize(static_cast<size_t>(a.B * padded_), 0);
    masks_.resize(static_cast<size_t>(a.B));
    for (int64_t row = 0; row < a.B; row++) {
      if (!read_text(a, row)) read_tree(a, row);
    }
  }

  Sight of(int64_t row) const {
    const std::vector<uint16_t>& masks = masks_[row];
    return {masks.empty() ? first_.data() + row * padded_ : nullptr, masks.data(), static_cast<int>(T_)};
  }

 private:
  static int32_t parent_of(const Attention& a, int64_t row, int64_t node) {
    return node < a.lengths_B[row] ? a.parents_BT[row * a.T + node] : -1;
  }

  bool read_text(const Attention& a, int64_t row) {
    int32_t* first = first_.data() + row * padded_;
    for (int64_t node = 0; node < padded_; node++) {
      const int32_t parent = node < T_ ? parent_of(a, row, node) : -1;
      if (parent >= 0 && parent != node - 1) return false;
      first[node] = parent < 0 ? static_cast<int32_t>(node) : first[node - 1];
    }
    return true;
  }

  void read_tree(const Attention& a, int64_t row) {
    std::vector<std::vector<bool>> sees(static_cast<size_t>(T_));
    std::vector<uint16_t>& masks = masks_[row];
    masks.assign(static_cast<size_t>(padded_ / kQueryPanel * T_), 0);
    for (int64_t node = 0; node < T_; node++) {
      const int32_t parent = parent_of(a, row, node);
      sees[node] = parent >= 0 ? sees[parent] : std::vector<bool>(static_cast<size_t>(T_), false);
      sees[node][node] = true;
      uint16_t* panel = masks.data() + node / kQueryPanel * T_;
      for (int64_t key = 0; key <= node; key++) {
        if (sees[node][key]) panel[key] |= static_cast<uint16_t>(1u << (node % kQueryPanel));
      }
    }
  }

  int64_t T_, padded_;
  std::vector<int32_t> first_;
  std::vector<std::vector<uint16_t>> masks_;
};

/// The keys and values of one attention head, as wide as whole panels of columns.
class PaddedKeys {
 public:
  PaddedKeys(const Attention& a, int64_t padded) : a_(a), padded_(padded) {}
  int64_t floats() const { return 2 * a_.T * padded_; }

  /// @param scratch `floats()` long
  void put(HeadAttention& head, int64_t row, int64_t group, float* scratch) const {
    const ptrdiff_t from = row * a_.T * a_.G * a_.d + group * a_.d;
    head.k = a_.k + from;
    head.v = a_.v + from;
    head.kv_stride = a_.G * a_.d;
    for (const float** side : {&head.k, &head.v}) {
      for (int64_t node = 0; node < a_.T; node++) {
        std::memcpy(scratch + node * padded_, *side + node * head.kv_stride, a_.d * sizeof(float));
        std::memset(scratch + node * padded_ + a_.d, 0, (padded_ - a_.d) * sizeof(float));
      }
      *side = scratch;
      scratch += a_.T * padded_;
    }
    head.kv_stride = padded_;
  }

 private:
  const Attention& a_;
  int64_t padded_;
};

HeadAttention head_of(const Attention& a, int64_t padded, const Sights& sights, int64_t row, int64_t head) {
  HeadAttention one{};
  one.q = a.q + row * a.T * a.H * a.d + head * a.d;
  one.q_stride = a.H * a.d;
  one.width = static_cast<int>(a.d);
  one.padded_width = static_cast<int>(padded);
  one.scale = 1.0f / std::sqrt(static_cast<float>(a.d));
  one.sight = sights.of(row);
  return one;
}

}  // namespace

void attend_nodes(const Attention& a, float* out, float* stats) {
  if (a.B * a.T * a.H * a.d == 0) return;
  Pool& pool = Pool::instance();
  const int64_t padded = round_up(a.d, simd().panel_columns);
  const Sights sights(a);
  const PaddedKeys keys(a, padded);
  const int64_t pairs = a.B * a.H;
  // With few attention heads, their queries are shared out too.
  const int64_t parts = std::max<int64_t>(1, std::min(4 * pool.threads() / pairs, a.T / (2 * kQueryPanel)));
  const int64_t queries = round_up((a.T + parts - 1) / parts, kQueryPanel);
  const int64_t own = a.d * kQueryPanel + kQueryPanel * padded + round_up(a.T, kQueryPanel) * kQueryPanel;
  pool.reserve_scratch(static_cast<size_t>(own + keys.floats()));
  const int64_t chunks = (a.T + queries - 1) / queries;
  pool.run(static_cast<int>(pairs * chunks), [&](int task, int worker) {
    const int64_t pair = task / chunks, chunk = task % chunks;
    const int64_t row = pair / a.H, head = pair % a.H;
    float* scratch = pool.scratch(worker);
    HeadForward forward{};
    forward.head = head_of(a, padded, sights, row, head);
    keys.put(forward.head, row, head * a.G / a.H, scratch + own);
    forward.first_query = static_cast<int>(chunk * queries);
    forward.last_query = static_cast<int>(std::min(a.T, (chunk + 1) * queries));
    forward.out = out + row * a.T * a.H * a.d + head * a.d;
    forward.out_stride = a.H * a.d;
    forward.stats = stats + pair * a.T * 2;
    forward.scratch = scratch;
    simd().attend(forward);
  });
}

void attend_nodes_backward(const Attention& a, const float* out, const float* stats, const float* flow, float* dq, float* dk,
                           float* dv) {
  if (a.B * a.T * a.H * a.d == 0) return;
  Pool& pool = Pool::instance();
  const int64_t padded = round_up(a.d, simd().panel_columns);
  const Sights sights(a);
  const PaddedKeys keys(a, padded);
  const int64_t heads = a.H / a.G;
  const int64_t rows = round_up(a.T, kQueryPanel) + kQueryPanel;
  const int64_t sums = 2 * a.T * padded;
  const int64_t own = sums + 2 * a.d * kQueryPanel + 3 * kQueryPanel * padded + 2 * rows * kQueryPanel;
  pool.reserve_scratch(static_cast<size_t>(own + keys.floats()));
  pool.run(static_cast<int>(a.B * a.G), [&](int task, int worker) {
    const int64_t row = task / a.G, group = task % a.G;
    float* scratch = pool.scratch(worker);
    std::memset(scratch, 0, sums * sizeof(float));
    for (int64_t member = 0; member < heads; member++) {
      const int64_t head = group * heads + member;
      const ptrdiff_t start = row * a.T * a.H * a.d + head * a.d;
      HeadBackward backward{};
      backward.head = head_of(a, padded, sights, row, head);
      keys.put(backward.head, row, group, scratch + own);
      backward.queries = static_cast<int>(a.T);
      backward.out = out + start;
      backward.flow = flow + start;
      backward.stats = stats + (row * a.H + head) * a.T * 2;
      backward.dq = dq + start;
      backward.dk = scratch;
      backward.dv = scratch + a.T * padded;
      backward.scratch = scratch + sums;
      simd().attend_backward(backward);
    }
    const ptrdiff_t to = row * a.T * a.G * a.d + group * a.d;
    for (int64_t node = 0; node < a.T; node++) {
      std::memcpy(dk + to + node * a.G * a.d, scratch + node * padded, a.d * sizeof(float));
      std::memcpy(dv + to + node * a.G * a.d, scratch + (a.T + node) * padded, a.d * sizeof(float));
    }
  });
}

}  // namespace foretoken
