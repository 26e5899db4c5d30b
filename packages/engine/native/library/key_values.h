// Keys and values of one attention layer: ragged rows, each committed nodes and then undecided ones.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "memory.h"

namespace foretoken {

constexpr int32_t kLastCommitted = -1;
constexpr int32_t kRoot = -2;

/// A row's keys in blocks of sixteen, [G][block][d][16], and values, [G][node][d].
class KeyValueRow {
 public:
  ~KeyValueRow();
  KeyValueRow() = default;
  KeyValueRow(const KeyValueRow&) = delete;
  KeyValueRow& operator=(const KeyValueRow&) = delete;

  int64_t committed = 0;
  /// First committed node that later nodes see: where the last document starts.
  int64_t visible_from = 0;
  std::vector<int32_t> parents;  // of the undecided nodes

  void reserve(int64_t nodes, int64_t G, int64_t d);
  /// A node's key and value of one group of attention heads.
  void put(int64_t node, int64_t group, const float* key, const float* value, int64_t d);
  void move(int64_t from, int64_t to, int64_t G, int64_t d);
  void copy_from(const KeyValueRow& other, int64_t nodes, int64_t G, int64_t d);
  const float* keys(int64_t group, int64_t d) const { return keys_ + group * capacity_ * d; }
  const float* values(int64_t group, int64_t d) const { return values_ + group * capacity_ * d; }

 private:
  void drop() noexcept;

  float* keys_ = nullptr;
  float* values_ = nullptr;
  int64_t capacity_ = 0;  // nodes, a multiple of 16
  int64_t floats_ = 0;
};

/// One forward's nodes for the rows that are bound.
struct CachedAttention {
  int64_t B, T, H, G, d;
  const float *q, *k, *v;
  const int32_t* parents_BT;
  const int32_t* lengths_B;
};

class KeyValueStore {
 public:
  explicit KeyValueStore(std::string slot) : slot_(std::move(slot)) {}

  void join(int64_t row);
  void leave(int64_t row);
  void fork(int64_t from, int64_t to);
  void bind(const std::vector<int64_t>& rows);
  void commit(int64_t row, const std::vector<int32_t>& path);
  /// Keeps a path of each row in every store, or throws before any has kept one, but for want of memory.
  static void commit_all(const std::vector<KeyValueStore*>& stores, const std::vector<int64_t>& rows,
                         const std::vector<std::vector<int32_t>>& paths);
  int64_t length(int64_t row) { return at(row).committed; }
  int64_t undecided(int64_t row) { return static_cast<int64_t>(at(row).parents.size()); }
  void clear();

  /// Appends the nodes, then attends each over what it sees. Padding gets zeros. Throws before anything is changed.
  void attend(const CachedAttention& call, float* out);

 private:
  KeyValueRow& at(int64_t row);
  [[noreturn]] void misuse(const std::string& rule) const;
  KeyValueRow& checked_path(int64_t row, const std::vector<int32_t>& path);
  void keep(KeyValueRow& row, const std::vector<int32_t>& path);
  std::vector<KeyValueRow*> checked_rows(const CachedAttention& call);

  std::string slot_;
  std::map<int64_t, KeyValueRow> rows_;
  std::vector<int64_t> bound_;
  int64_t G_ = 0, d_ = 0;  // of the nodes stored; 0 before the first
};

}  // namespace foretoken
