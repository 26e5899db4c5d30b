#include "key_values.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>

#include "errors.h"
#include "pool.h"
#include "processor.h"

namespace foretoken {

KeyValueRow::~KeyValueRow() { drop(); }

void KeyValueRow::drop() noexcept {
  Memory::instance().release(keys_, floats_ * sizeof(float));
  Memory::instance().release(values_, floats_ * sizeof(float));
  keys_ = values_ = nullptr;
  capacity_ = floats_ = 0;
}

void KeyValueRow::reserve(int64_t nodes, int64_t G, int64_t d) {
  if (nodes == 0) return;
  // Room that a forward of other sizes made before it failed; no node lies in it.
  if (floats_ != capacity_ * G * d) drop();
  if (nodes <= capacity_) return;
  const int64_t grown = std::max({nodes, 2 * capacity_, int64_t{4 * kQueryPanel}});
  const int64_t capacity = (grown + kQueryPanel - 1) / kQueryPanel * kQueryPanel;
  const int64_t floats = capacity * G * d;
  Memory& memory = Memory::instance();
  float* keys = static_cast<float*>(memory.allocate(floats * sizeof(float)));
  float* values = nullptr;
  try {
    values = static_cast<float*>(memory.allocate(floats * sizeof(float)));
  } catch (...) {
    memory.release(keys, floats * sizeof(float));
    throw;
  }
  // Keys beyond the last node are read, in whole blocks, and not used.
  std::memset(keys, 0, floats * sizeof(float));
  for (int64_t group = 0; group < G && capacity_ > 0; group++) {
    std::memcpy(keys + group * capacity * d, keys_ + group * capacity_ * d, capacity_ * d * sizeof(float));
    std::memcpy(values + group * capacity * d, values_ + group * capacity_ * d, capacity_ * d * sizeof(float));
  }
  drop();
  keys_ = keys;
  values_ = values;
  capacity_ = capacity;
  floats_ = floats;
}

void KeyValueRow::put(int64_t node, int64_t group, const float* key, const float* value, int64_t d) {
  float* block = keys_ + group * capacity_ * d + node / kQueryPanel * d * kQueryPanel + node % kQueryPanel;
  for (int64_t at = 0; at < d; at++) block[at * kQueryPanel] = key[at];
  std::memcpy(values_ + (group * capacity_ + node) * d, value, d * sizeof(float));
}

void KeyValueRow::move(int64_t from, int64_t to, int64_t G, int64_t d) {
  if (from == to) return;
  for (int64_t group = 0; group < G; group++) {
    float* keys = keys_ + group * capacity_ * d;
    const float* source = keys + from / kQueryPanel * d * kQueryPanel + from % kQueryPanel;
    float* target = keys + to / kQueryPanel * d * kQueryPanel + to % kQueryPanel;
    for (int64_t at = 0; at < d; at++) target[at * kQueryPanel] = source[at * kQueryPanel];
    std::memcpy(values_ + (group * capacity_ + to) * d, values_ + (group * capacity_ + from) * d, d * sizeof(float));
  }
}

void KeyValueRow::copy_from(const KeyValueRow& other, int64_t nodes, int64_t G, int64_t d) {
  if (nodes == 0) return;
  reserve(nodes, G, d);
  const int64_t blocks = (nodes + kQueryPanel - 1) / kQueryPanel;
  for (int64_t group = 0; group < G; group++) {
    std::memcpy(keys_ + group * capacity_ * d, other.keys_ + group * other.capacity_ * d, blocks * kQueryPanel * d * sizeof(float));
    std::memcpy(values_ + group * capacity_ * d, other.values_ + group * other.capacity_ * d, nodes * d * sizeof(float));
  }
}

void KeyValueStore::misuse(const std::string& rule) const {
  throw Fault("SESSION_MISUSE", "key/value store \"" + slot_ + "\": " + rule + ". Mend the caller: open a row once, bind it, keep what it brought.");
}

KeyValueRow& KeyValueStore::at(int64_t row) {
  const auto found = rows_.find(row);
  if (found == rows_.end()) misuse("row " + std::to_string(row) + " is not open");
  return found->second;
}

void KeyValueStore::join(int64_t row) {
  if (rows_.count(row)) misuse("row " + std::to_string(row) + " is open already");
  rows_[row];
}

void KeyValueStore::leave(int64_t row) {
  at(row);
  rows_.erase(row);
}

void KeyValueStore::fork(int64_t from, int64_t to) {
  const KeyValueRow& source = at(from);
  join(to);
  KeyValueRow& copy = rows_[to];
  try {
    copy.copy_from(source, source.committed, G_, d_);
  } catch (...) {
    rows_.erase(to);
    throw;
  }
  copy.committed = source.committed;
  copy.visible_from = source.visible_from;
}

void KeyValueStore::bind(const std::vector<int64_t>& rows) {
  for (const int64_t row : rows) at(row);
  bound_ = rows;
}

KeyValueRow& KeyValueStore::checked_path(int64_t id, const std::vector<int32_t>& path) {
  KeyValueRow& row = at(id);
  const int64_t undecided = static_cast<int64_t>(row.parents.size());
  for (const int32_t node : path) {
    if (node >= 0 && node < undecided) continue;
    misuse("row " + std::to_string(id) + " has " + std::to_string(undecided) + " undecided nodes, so node " +
           std::to_string(node) + " cannot be kept");
  }
  return row;
}

void KeyValueStore::commit(int64_t row, const std::vector<int32_t>& path) { keep(checked_path(row, path), path); }

void KeyValueStore::commit_all(const std::vector<KeyValueStore*>& stores, const std::vector<int64_t>& rows,
                               const std::vector<std::vector<int32_t>>& paths) {
  for (KeyValueStore* store : stores) {
    for (size_t index = 0; index < rows.size(); index++) store->checked_path(rows[index], paths[index]);
  }
  for (KeyValueStore* store : stores) {
    for (size_t index = 0; index < rows.size(); index++) store->commit(rows[index], paths[index]);
  }
}

void KeyValueStore::keep(KeyValueRow& row, const std::vector<int32_t>& path) {
  const int64_t undecided = static_cast<int64_t>(row.parents.size());
  const bool is_ascending = std::adjacent_find(path.begin(), path.end(), std::greater_equal<>()) == path.end();
  if (is_ascending) {
    // Each node lies at or behind its new place, so moving in order overwrites nothing that is still needed.
    for (size_t index = 0; index < path.size(); index++) row.move(row.committed + path[index], row.committed + index, G_, d_);
  } else {
    // Behind all nodes first, then to their places.
    const int64_t spare = row.committed + undecided;
    row.reserve(spare + path.size(), G_, d_);
    for (size_t index = 0; index < path.size(); index++) row.move(row.committed + path[index], spare + index, G_, d_);
    for (size_t index = 0; index < path.size(); index++) row.move(spare + index, row.committed + index, G_, d_);
  }
  for (size_t index = 0; index < path.size(); index++) {
    if (row.parents[path[index]] == kRoot) row.visible_from = row.committed + index;
  }
  row.committed += path.size();
  row.parents.clear();
}

void KeyValueStore::clear() {
  rows_.clear();
  bound_.clear();
}

std::vector<KeyValueRow*> KeyValueStore::checked_rows(const CachedAttention& call) {
  if (static_cast<int64_t>(bound_.size()) != call.B) {
    misuse(std::to_string(bound_.size()) + " rows are bound, the forward has " + std::to_string(call.B));
  }
  if (G_ != 0 && (G_ != call.G || d_ != call.d)) {
    misuse("nodes have " + std::to_string(G_ * d_) + " values, this forward brings " + std::to_string(call.G * call.d));
  }
  std::vector<KeyValueRow*> rows;
  for (int64_t index = 0; index < call.B; index++) {
    KeyValueRow& row = at(bound_[index]);
    if (std::find(rows.begin(), rows.end(), &row) != rows.end()) misuse("row " + std::to_string(bound_[index]) + " is bound twice");
    const int64_t first = static_cast<int64_t>(row.parents.size());
    for (int64_t node = 0; node < call.lengths_B[index]; node++) {
      const int32_t parent = call.parents_BT[index * call.T + node];
      if (parent >= kRoot && parent < first + node) continue;
      throw Fault("SHAPE_MISMATCH", "attention takes parents before their children, in [-2, " + std::to_string(first + node) +
                                        "), got " + std::to_string(parent) + " for node " + std::to_string(node) + ".");
    }
    rows.push_back(&row);
  }
  return rows;
}

namespace {

/// What one undecided node sees: a run of keys [first, last), then further ones.
struct Visible {
  int64_t first, last;
  std::vector<int32_t> more;
};

Visible visible_of(const KeyValueRow& row, int64_t node) {
  Visible seen{row.committed, row.committed, {}};
  int64_t at = node;
  while (at >= 0) {
    seen.more.push_back(static_cast<int32_t>(row.committed + at));
    at = row.parents[at];
  }
  if (at == kLastCommitted) seen.first = row.visible_from;
  else seen.first = seen.last = seen.more.back();
  // The oldest ancestors that follow each other without a gap are part of the run.
  while (!seen.more.empty() && seen.more.back() == seen.last) {
    seen.last++;
    seen.more.pop_back();
  }
  std::reverse(seen.more.begin(), seen.more.end());
  return seen;
}

/// The same for a node at `key` that sees what its parent sees, and itself.
Visible below(const Visible& parent, int64_t key) {
  Visible seen = parent;
  if (seen.more.empty() && seen.last == key) seen.last++;
  else seen.more.push_back(static_cast<int32_t>(key));
  return seen;
}

/// Queries over one row's keys that are taken together: they all see [first, last).
struct Panel {
  int64_t first, last;
  int count;
  struct {
    int64_t node, member;     // of the forward, of the attention heads that share keys
    size_t more, num_more;    // where its further keys stand
  } queries[kCachedQueries];
};

/// One row of a forward.
struct RowQueries {
  KeyValueRow* row;
  int64_t index, num_nodes;
  int64_t first_node;  // key of the forward's first node
  std::vector<Panel> panels;
  std::vector<int32_t> more;
};

/// Room in every row for its nodes, so that appending them cannot fail for want of it. @return nodes of the longest row
int64_t make_room(const CachedAttention& call, const std::vector<KeyValueRow*>& rows) {
  int64_t longest = 0;
  for (int64_t index = 0; index < call.B; index++) {
    std::vector<int32_t>& parents = rows[index]->parents;
    const size_t undecided = parents.size() + static_cast<size_t>(call.lengths_B[index]);
    const int64_t nodes = rows[index]->committed + static_cast<int64_t>(undecided);
    rows[index]->reserve(nodes, call.G, call.d);
    if (undecided > parents.capacity()) parents.reserve(std::max(undecided, 2 * parents.capacity()));
    longest = std::max(longest, nodes);
  }
  return longest;
}

/// Adds a query to a panel; its keys behind the panel's run are further ones.
void add_query(RowQueries& queries, Panel& panel, const Visible& seen, int64_t node, int64_t member) {
  auto& query = panel.queries[panel.count++];
  query.node = node;
  query.member = member;
  query.more = queries.more.size();
  for (int64_t key = panel.last; key < seen.last; key++) queries.more.push_back(static_cast<int32_t>(key));
  queries.more.insert(queries.more.end(), seen.more.begin(), seen.more.end());
  query.num_more = queries.more.size() - query.more;
}

/// Shares nodes [begin, end), whose keys begin at one place, out to panels of almost equal size.
void add_panels(RowQueries& queries, const std::vector<Visible>& seen, int64_t begin, int64_t end, int64_t members) {
  const int64_t count = (end - begin) * members, panels = (count + kCachedQueries - 1) / kCachedQueries;
  for (int64_t index = 0; index < panels; index++) {
    const int64_t from = count * index / panels, to = count * (index + 1) / panels;
    Panel panel{};
    panel.first = seen[begin].first;
    panel.last = seen[begin + from / members].last;
    for (int64_t query = from; query < to; query++) panel.last = std::min(panel.last, seen[begin + query / members].last);
    for (int64_t query = from; query < to; query++) {
      const int64_t node = begin + query / members;
      add_query(queries, panel, seen[node], node, query % members);
    }
    queries.panels.push_back(panel);
  }
}

/// Notes the parents of a row's nodes and shares its queries out to panels. The keys are not there yet.
RowQueries announce(const CachedAttention& call, KeyValueRow& row, int64_t index) {
  const int64_t undecided = static_cast<int64_t>(row.parents.size()), T = call.lengths_B[index];
  RowQueries queries{&row, index, T, row.committed + undecided, {}, {}};
  std::vector<Visible> seen;
  for (int64_t node = 0; node < T; node++) {
    const int32_t parent = call.parents_BT[index * call.T + node];
    row.parents.push_back(parent);
    seen.push_back(parent >= undecided ? below(seen[parent - undecided], queries.first_node + node) : visible_of(row, undecided + node));
  }
  for (int64_t begin = 0, end = 0; begin < T; begin = end) {
    while (end < T && seen[end].first == seen[begin].first) end++;
    add_panels(queries, seen, begin, end, call.H / call.G);
  }
  return queries;
}

/// Zeros for the nodes behind each row's length.
void clear_padding(const CachedAttention& call, float* out) {
  const int64_t width = call.H * call.d;
  for (int64_t index = 0; index < call.B; index++) {
    const int64_t length = call.lengths_B[index];
    std::memset(out + (index * call.T + length) * width, 0, (call.T - length) * width * sizeof(float));
  }
}

/// Puts the keys and values of a row's nodes, those of one group of attention heads, into the row.
void append(const CachedAttention& call, const RowQueries& queries, int64_t group) {
  for (int64_t node = 0; node < queries.num_nodes; node++) {
    const int64_t from = ((queries.index * call.T + node) * call.G + group) * call.d;
    queries.row->put(queries.first_node + node, group, call.k + from, call.v + from, call.d);
  }
}

/// Panels [begin, end) of a row, for one group of attention heads. `scratch`: kCachedQueries * stride floats.
void attend_panels(const CachedAttention& call, const RowQueries& queries, int64_t group, size_t begin, size_t end, float* scratch,
                   int64_t stride, float* out) {
  for (size_t index = begin; index < end; index++) {
    const Panel& panel = queries.panels[index];
    CachedQueries some{};
    some.count = panel.count;
    for (int i = 0; i < panel.count; i++) {
      const auto& query = panel.queries[i];
      const int64_t head = group * (call.H / call.G) + query.member;
      const int64_t at = ((queries.index * call.T + query.node) * call.H + head) * call.d;
      some.query[i] = call.q + at;
      some.out[i] = out + at;
      some.more[i] = queries.more.data() + query.more;
      some.num_more[i] = static_cast<int>(query.num_more);
    }
    some.keys = queries.row->keys(group, call.d);
    some.values = queries.row->values(group, call.d);
    some.width = static_cast<int>(call.d);
    some.first = static_cast<int>(panel.first);
    some.last = static_cast<int>(panel.last);
    some.scale = 1.0f / std::sqrt(static_cast<float>(call.d));
    some.scratch = scratch;
    some.stride = stride;
    simd().attend_cached(some);
  }
}

}  // namespace

void KeyValueStore::attend(const CachedAttention& call, float* out) {
  const std::vector<KeyValueRow*> rows = checked_rows(call);
  Pool& pool = Pool::instance();
  const int64_t stride = (make_room(call, rows) + 3 * kQueryPanel) / kQueryPanel * kQueryPanel;
  pool.reserve_scratch(static_cast<size_t>(kCachedQueries * stride));
  clear_padding(call, out);
  std::vector<RowQueries> queries;
  size_t most = 0;  // panels of a row
  for (int64_t index = 0; index < call.B; index++) {
    if (call.lengths_B[index] == 0) continue;
    queries.push_back(announce(call, *rows[index], index));
    most = std::max(most, queries.back().panels.size());
  }
  if (queries.empty()) return;
  G_ = call.G;
  d_ = call.d;
  if (call.d == 0) return;
  // Where rows and groups are too few for the threads, their panels are shared out too, once all keys are there.
  const int64_t pairs = static_cast<int64_t>(queries.size()) * call.G;
  const int64_t parts = pairs >= 2 * pool.threads() ? 1 : std::min<int64_t>(most, 2 * pool.threads() / pairs + 1);
  if (parts > 1) {
    pool.run(static_cast<int>(pairs), [&](int task, int) { append(call, queries[task / call.G], task % call.G); });
  }
  pool.run(static_cast<int>(pairs * parts), [&](int task, int worker) {
    const int64_t pair = task / parts, part = task % parts;
    const RowQueries& row = queries[pair / call.G];
    const int64_t panels = static_cast<int64_t>(row.panels.size());
    if (parts == 1) append(call, row, pair % call.G);
    attend_panels(call, row, pair % call.G, panels * part / parts, panels * (part + 1) / parts, pool.scratch(worker), stride, out);
  });
}

}  // namespace foretoken
