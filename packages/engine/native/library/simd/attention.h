// Attention of one attention head, sixteen queries at a time, one lane each.
//
// Scores are kept for one panel of queries and all its keys, [key][16], so the softmax needs no second rescaling and every
// value is one chain over keys in their order, hidden keys adding exact zeros. A query's bits therefore follow from itself
// and the keys that it sees, whatever lies between them: the same as `attend_cached` gives for the same keys.
#pragma once
#include "products.h"
#include "rows.h"

namespace {

using foretoken::CachedQueries;
using foretoken::HeadAttention;
using foretoken::HeadBackward;
using foretoken::HeadForward;
using foretoken::kQueryPanel;

constexpr int kPanelVectors = kQueryPanel / kLanes;

/// [count][width] rows to [width][16], zeros behind the last one.
void transpose_panel(const float* rows, ptrdiff_t stride, int count, int width, float* out) {
  for (int at = 0; at < width; at++) {
    for (int row = 0; row < count; row++) out[at * kQueryPanel + row] = rows[row * stride + at];
    for (int row = count; row < kQueryPanel; row++) out[at * kQueryPanel + row] = 0.0f;
  }
}

/// Products of keys (rows) with a transposed panel of queries: [keys][16].
void panel_scores(const float* keys, ptrdiff_t stride, int num_keys, const float* panel, int width, float* scores) {
  for (int key = 0; key < num_keys; key += kTileRows) {
    const int rows = num_keys - key < kTileRows ? num_keys - key : kTileRows;
    tile_rows<kPanelVectors>(rows, keys + key * stride, stride, 1, panel, kQueryPanel, width, scores + key * kQueryPanel,
                             kQueryPanel, false, Epilogue{});
  }
}

/// All ones in the lanes of the queries that see a key.
inline Vi seen_lanes(const HeadAttention& head, int first_query, int key, int vector) {
  Vi lanes;
  for (int lane = 0; lane < kLanes; lane++) lanes[lane] = vector * kLanes + lane;
  if (head.sight.first) {
    Vi first;
    std::memcpy(&first, head.sight.first + first_query + vector * kLanes, sizeof first);
    return (splat_int(key) <= lanes + first_query) & (splat_int(key) >= first);
  }
  const int mask = head.sight.masks[(first_query / kQueryPanel) * static_cast<ptrdiff_t>(head.sight.keys) + key];
  Vi bits;
  for (int lane = 0; lane < kLanes; lane++) bits[lane] = (mask >> (vector * kLanes + lane)) & 1;
  return bits != 0;
}

/// Hides what a panel's queries do not see; gives each query's largest score.
void hide_and_find_largest(const HeadAttention& head, int first_query, int num_keys, float* scores, Vf* largest) {
  const Vf nothing = splat(-__builtin_inff());
  for (int vector = 0; vector < kPanelVectors; vector++) largest[vector] = nothing;
  // In text, all queries of a panel see the keys between the latest start of a document and the panel's first query.
  int plain_from = num_keys, plain_to = 0;
  if (head.sight.first) {
    plain_from = 0;
    for (int lane = 0; lane < kQueryPanel; lane++) {
      const int first = head.sight.first[first_query + lane];
      if (first > plain_from) plain_from = first;
    }
    plain_to = first_query + 1;
  }
  for (int key = 0; key < num_keys; key++) {
    const bool is_plain = key >= plain_from && key < plain_to;
    for (int vector = 0; vector < kPanelVectors; vector++) {
      float* at = scores + key * kQueryPanel + vector * kLanes;
      Vf score = load(at);
      if (!is_plain) {
        score = select(seen_lanes(head, first_query, key, vector), score, nothing);
        store(at, score);
      }
      largest[vector] = larger(score, largest[vector]);
    }
  }
}

/// A panel's exponentials in place of its scores, and their sums.
void exponentiate(float scale, int num_keys, float* scores, const Vf* largest, Vf* sums) {
  for (int vector = 0; vector < kPanelVectors; vector++) sums[vector] = splat(0.0f);
  for (int key = 0; key < num_keys; key++) {
    for (int vector = 0; vector < kPanelVectors; vector++) {
      float* at = scores + key * kQueryPanel + vector * kLanes;
      const Vf p = exponential_below_0((load(at) - largest[vector]) * splat(scale));
      store(at, p);
      sums[vector] = sums[vector] + p;
    }
  }
}

/// [16][columns] (+)= the panel transposed, times rows of keys or values; columns a multiple of the panel's.
void panel_times_rows(const float* panel, int num_keys, const float* rows, ptrdiff_t stride, int columns, float* out, int queries) {
  for (int column = 0; column < columns; column += kPanelColumns) {
    for (int query = 0; query < queries; query += kTileRows) {
      const int count = queries - query < kTileRows ? queries - query : kTileRows;
      tile_rows<kTileVectors>(count, panel + query, 1, kQueryPanel, rows + column, stride, num_keys, out + query * columns + column,
                              columns, false, Epilogue{});
    }
  }
}

/// One more than the last key that any query of a panel sees.
inline int keys_of_panel(const HeadAttention&, int first_query, int queries) { return first_query + queries; }

// Scratch: transposed queries [d][16], scores [keys][16], outputs [16][padded d].
void attend(const HeadForward& f) {
  const HeadAttention& head = f.head;
  float* panel = f.scratch;
  float* out = panel + head.width * kQueryPanel;
  float* scores = out + kQueryPanel * head.padded_width;
  for (int query = f.first_query; query < f.last_query; query += kQueryPanel) {
    const int queries = f.last_query - query < kQueryPanel ? f.last_query - query : kQueryPanel;
    const int keys = keys_of_panel(head, query, queries);
    transpose_panel(head.q + query * head.q_stride, head.q_stride, queries, head.width, panel);
    panel_scores(head.k, head.kv_stride, keys, panel, head.width, scores);
    Vf largest[kPanelVectors], sums[kPanelVectors];
    hide_and_find_largest(head, query, keys, scores, largest);
    exponentiate(head.scale, keys, scores, largest, sums);
    panel_times_rows(scores, keys, head.v, head.kv_stride, head.padded_width, out, queries);
    float inverse[kQueryPanel], most[kQueryPanel];
    for (int vector = 0; vector < kPanelVectors; vector++) {
      store(inverse + vector * kLanes, splat(1.0f) / sums[vector]);
      store(most + vector * kLanes, largest[vector]);
    }
    for (int row = 0; row < queries; row++) {
      f.stats[2 * (query + row)] = most[row];
      f.stats[2 * (query + row) + 1] = inverse[row];
      float* to = f.out + (query + row) * f.out_stride;
      for (int at = 0; at < head.width; at++) to[at] = out[row * head.padded_width + at] * inverse[row];
    }
  }
}

/// Rows of keys or values += a panel [keys][16] times rows of queries.
void add_panel_times_queries(const float* panel, int keys, const float* rows, ptrdiff_t stride, int queries, int columns, float* out) {
  for (int column = 0; column < columns; column += kPanelColumns) {
    for (int key = 0; key < keys; key += kTileRows) {
      const int count = keys - key < kTileRows ? keys - key : kTileRows;
      tile_rows<kTileVectors>(count, panel + key * kQueryPanel, kQueryPanel, 1, rows + column, stride, queries,
                              out + static_cast<ptrdiff_t>(key) * columns + column, columns, true, Epilogue{});
    }
  }
}

/// Rows as wide as whole panels of columns: as they lie, or copied with zeros behind them.
const float* widened(const float* rows, const HeadAttention& head, int count, float* copy) {
  if (head.padded_width == head.width) return rows;
  for (int row = 0; row < count; row++) {
    for (int at = 0; at < head.padded_width; at++) copy[row * head.padded_width + at] = at < head.width ? rows[row * head.q_stride + at] : 0.0f;
  }
  return copy;
}

// Scratch: transposed queries and flows [d][16] each, dQ [16][padded d], padded queries and flows [16][padded d] each,
// probabilities and score gradients [keys][16] each.
void attend_backward(const HeadBackward& b) {
  const HeadAttention& head = b.head;
  const int padded = head.padded_width;
  float* panel = b.scratch;
  float* flow_panel = panel + head.width * kQueryPanel;
  float* dq = flow_panel + head.width * kQueryPanel;
  float* queries_padded = dq + kQueryPanel * padded;
  float* flows_padded = queries_padded + kQueryPanel * padded;
  float* p = flows_padded + kQueryPanel * padded;
  float* ds = p + static_cast<ptrdiff_t>(b.queries + kQueryPanel) * kQueryPanel;
  for (int query = 0; query < b.queries; query += kQueryPanel) {
    const int queries = b.queries - query < kQueryPanel ? b.queries - query : kQueryPanel;
    const int keys = keys_of_panel(head, query, queries);
    const float* q = head.q + query * head.q_stride;
    const float* flow = b.flow + query * head.q_stride;
    const float* out = b.out + query * head.q_stride;
    transpose_panel(q, head.q_stride, queries, head.width, panel);
    transpose_panel(flow, head.q_stride, queries, head.width, flow_panel);
    float along[kQueryPanel] = {}, most[kQueryPanel] = {}, inverse[kQueryPanel] = {};
    for (int row = 0; row < queries; row++) {
      for (int at = 0; at < head.width; at++) {
        along[row] = fma(flow[row * head.q_stride + at], out[row * head.q_stride + at], along[row]);
      }
      most[row] = b.stats[2 * (query + row)];
      inverse[row] = b.stats[2 * (query + row) + 1];
    }
    const float* wide_q = widened(q, head, queries, queries_padded);
    const float* wide_flow = widened(flow, head, queries, flows_padded);
    const ptrdiff_t wide_stride = padded == head.width ? head.q_stride : padded;
    panel_scores(head.k, head.kv_stride, keys, panel, head.width, p);
    Vf unused[kPanelVectors];
    hide_and_find_largest(head, query, keys, p, unused);
    panel_scores(head.v, head.kv_stride, keys, flow_panel, head.width, ds);
    for (int key = 0; key < keys; key++) {
      for (int vector = 0; vector < kPanelVectors; vector++) {
        const int at = key * kQueryPanel + vector * kLanes;
        const int lane = vector * kLanes;
        const Vf e = exponential_below_0((load(p + at) - load(most + lane)) * splat(head.scale)) * load(inverse + lane);
        store(p + at, e);
        store(ds + at, e * (load(ds + at) - load(along + lane)) * splat(head.scale));
      }
    }
    panel_times_rows(ds, keys, head.k, head.kv_stride, padded, dq, queries);
    for (int row = 0; row < queries; row++) {
      float* to = b.dq + (query + row) * head.q_stride;
      for (int at = 0; at < head.width; at++) to[at] = dq[row * padded + at];
    }
    add_panel_times_queries(ds, keys, wide_q, wide_stride, queries, padded, b.dk);
    add_panel_times_queries(p, keys, wide_flow, wide_stride, queries, padded, b.dv);
  }
}

/// Sums that are kept in registers while cached values are gone through.
constexpr int kCachedSums = kLanes == 8 ? 8 : 16;

/// Scores of one block of cached keys: each a chain over d. One block at a time, as it lies: several at once are several streams
/// of two kilobytes each, which a processor does not fetch ahead, and their chains overlap without that.
template <int kQueries>
void score_block(const CachedQueries& c, int block, float* scores, ptrdiff_t stride) {
  const float* keys = c.keys + block * static_cast<ptrdiff_t>(c.width) * kQueryPanel;
  Vf sums[kQueries][kPanelVectors] = {};
  for (int at = 0; at < c.width; at++, keys += kQueryPanel) {
    Vf query[kQueries];
#pragma GCC unroll 4
    for (int i = 0; i < kQueries; i++) query[i] = splat(c.query[i][at]);
#pragma GCC unroll 4
    for (int vector = 0; vector < kPanelVectors; vector++) {
      const Vf key = load(keys + vector * kLanes);
#pragma GCC unroll 4
      for (int i = 0; i < kQueries; i++) sums[i][vector] = fma(query[i], key, sums[i][vector]);
    }
  }
#pragma GCC unroll 4
  for (int i = 0; i < kQueries; i++) {
#pragma GCC unroll 4
    for (int vector = 0; vector < kPanelVectors; vector++) store(scores + i * stride + vector * kLanes, sums[i][vector]);
  }
}

/// Scores of the keys that each query sees, in their order, from where the first one stands in its block on.
template <int kQueries>
void score_keys(const CachedQueries& c) {
  const int past = c.last - c.first, skip = c.first % kQueryPanel;
  int block = c.first / kQueryPanel;
  const int end = past > 0 ? (c.last - 1) / kQueryPanel + 1 : block;
  float* scores = c.scratch;
  for (; block < end; block++, scores += kQueryPanel) score_block<kQueries>(c, block, scores, c.stride);
  // Further keys: block by block for all queries, each of which takes its own.
  float found[kQueries * kQueryPanel];
  int taken[kQueries] = {};
  for (;;) {
    int next = -1;
    for (int i = 0; i < kQueries; i++) {
      if (taken[i] == c.num_more[i]) continue;
      const int at = c.more[i][taken[i]] / kQueryPanel;
      if (next < 0 || at < next) next = at;
    }
    if (next < 0) return;
    score_block<kQueries>(c, next, found, kQueryPanel);
    for (int i = 0; i < kQueries; i++) {
      for (; taken[i] < c.num_more[i] && c.more[i][taken[i]] / kQueryPanel == next; taken[i]++) {
        c.scratch[i * c.stride + skip + past + taken[i]] = found[i * kQueryPanel + c.more[i][taken[i]] % kQueryPanel];
      }
    }
  }
}

/// Exponentials in place of a query's scores.
void exponentiate_row(float* scores, int count, float scale) {
  const Vf most = splat(largest_of(scores, count)), factor = splat(scale);
  for (int key = 0; key < count; key += kLanes) store(scores + key, exponential_below_0((load(scores + key) - most) * factor));
}

/// Values weighed and divided by the sum of their weights, from `column` on in steps of kVectors; each sum one chain over keys in
/// their order. Gives the first column that is left.
template <int kQueries, int kVectors>
int weigh_vectors(const CachedQueries& c, const float* weights, int column) {
  const int past = c.last - c.first;
  for (; column + kVectors * kLanes <= c.width; column += kVectors * kLanes) {
    Vf sums[kQueries][kVectors] = {}, totals[kQueries] = {};
    const float* value = c.values + static_cast<ptrdiff_t>(c.first) * c.width + column;
    for (int key = 0; key < past; key++, value += c.width) {
      Vf columns[kVectors];
#pragma GCC unroll 16
      for (int j = 0; j < kVectors; j++) columns[j] = load(value + j * kLanes);
#pragma GCC unroll 4
      for (int i = 0; i < kQueries; i++) {
        const Vf weight = splat(weights[i * c.stride + key]);
        totals[i] = totals[i] + weight;
#pragma GCC unroll 16
        for (int j = 0; j < kVectors; j++) sums[i][j] = fma(weight, columns[j], sums[i][j]);
      }
    }
#pragma GCC unroll 4
    for (int i = 0; i < kQueries; i++) {
      for (int index = 0; index < c.num_more[i]; index++) {
        const Vf weight = splat(weights[i * c.stride + past + index]);
        const float* one = c.values + static_cast<ptrdiff_t>(c.more[i][index]) * c.width + column;
        totals[i] = totals[i] + weight;
#pragma GCC unroll 16
        for (int j = 0; j < kVectors; j++) sums[i][j] = fma(weight, load(one + j * kLanes), sums[i][j]);
      }
      const Vf inverse = splat(1.0f) / totals[i];
#pragma GCC unroll 16
      for (int j = 0; j < kVectors; j++) store(c.out[i] + column + j * kLanes, sums[i][j] * inverse);
    }
  }
  if constexpr (kVectors > 1) return weigh_vectors<kQueries, kVectors / 2>(c, weights, column);
  return column;
}

/// The same for a column that is no part of a whole vector.
void weigh_column(const CachedQueries& c, const float* weights, int query, int column) {
  float sum = 0.0f, total = 0.0f;
  for (int key = c.first; key < c.last; key++, weights++) {
    total += *weights;
    sum = fma(*weights, c.values[static_cast<ptrdiff_t>(key) * c.width + column], sum);
  }
  for (int index = 0; index < c.num_more[query]; index++, weights++) {
    total += *weights;
    sum = fma(*weights, c.values[static_cast<ptrdiff_t>(c.more[query][index]) * c.width + column], sum);
  }
  c.out[query][column] = sum * (1.0f / total);
}

/// Asks for the first kilobyte of a stream.
inline void fetch_ahead(const float* stream) {
  for (int line = 0; line < 16; line++) __builtin_prefetch(stream + line * 16);
}

template <int kQueries>
void attend_queries(const CachedQueries& c) {
  constexpr int kVectors = kQueries == 1 ? 8 : kCachedSums / (kQueries == 2 ? 2 : 4);
  score_keys<kQueries>(c);
  float* weights = c.scratch + c.first % kQueryPanel;
  // While there is something to compute: where a new stream begins, the processor has nothing to go by.
  fetch_ahead(c.values + static_cast<ptrdiff_t>(c.first) * c.width);
  for (int i = 0; i < kQueries; i++) exponentiate_row(weights + i * c.stride, c.last - c.first + c.num_more[i], c.scale);
  const int rest = weigh_vectors<kQueries, kVectors>(c, weights, 0);
  for (int i = 0; i < kQueries; i++) {
    for (int column = rest; column < c.width; column++) weigh_column(c, weights + i * c.stride, i, column);
  }
}

void attend_cached(const CachedQueries& c) {
  static_assert(foretoken::kCachedQueries == 4, "one case for each number of queries");
  switch (c.count) {
    case 1: return attend_queries<1>(c);
    case 2: return attend_queries<2>(c);
    case 3: return attend_queries<3>(c);
    default: return attend_queries<4>(c);
  }
}

}  // namespace
