// Attention of one attention head, sixteen queries at a time, one lane each.
//
// Scores are kept for one panel of queries and all its keys, [key][16], so the softmax needs no second rescaling and every
// value is one chain over keys in their order, hidden keys adding exact zeros. A query's bits therefore follow from itself
// and the keys that it sees, whatever lies between them: the same as `attend_cached` gives for the same keys.
#pragma once
#include "products.h"

namespace {

using foretoken::CachedQuery;
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

/// Scores of whole blocks of cached keys against one query: each a chain over d.
void block_scores(const CachedQuery& c, int first_block, int last_block, float* scores) {
  for (int block = first_block; block < last_block; block++) {
    const float* keys = c.keys + static_cast<ptrdiff_t>(block) * c.width * kQueryPanel;
    NoFetch nothing;
    tile<1, kPanelVectors>(c.query, 0, 1, keys, kQueryPanel, c.width, scores + (block - first_block) * kQueryPanel, kQueryPanel,
                           false, Epilogue{}, nothing);
  }
}

template <int kVectors>
int weigh_values(const CachedQuery& c, const float* weights, float inverse, int column) {
  for (; column + kVectors * kLanes <= c.width; column += kVectors * kLanes) {
    Vf sums[kVectors] = {};
    const auto add = [&](const float* value, float weight) {
      for (int j = 0; j < kVectors; j++) sums[j] = fma(splat(weight), load(value + j * kLanes), sums[j]);
    };
    for (int key = c.first; key < c.last; key++) add(c.values + static_cast<ptrdiff_t>(key) * c.width + column, weights[key - c.first]);
    for (int index = 0; index < c.num_more; index++) {
      add(c.values + static_cast<ptrdiff_t>(c.more[index]) * c.width + column, weights[c.last - c.first + index]);
    }
    for (int j = 0; j < kVectors; j++) store(c.out + column + j * kLanes, sums[j] * splat(inverse));
  }
  return column;
}

void attend_cached(const CachedQuery& c) {
  const int past = c.last - c.first;
  const int count = past + c.num_more;
  float* scores = c.scratch;
  // Whole blocks, of which the committed keys seen are a run.
  const int first_block = c.first / kQueryPanel;
  const int last_block = c.last > c.first ? (c.last - 1) / kQueryPanel + 1 : first_block;
  block_scores(c, first_block, last_block, scores);
  const int skip = c.first - first_block * kQueryPanel;
  if (skip > 0 && past > 0) std::memmove(scores, scores + skip, past * sizeof(float));
  float block[kQueryPanel];
  int known = -1;
  for (int index = 0; index < c.num_more; index++) {
    const int key = c.more[index];
    if (key / kQueryPanel != known) {
      known = key / kQueryPanel;
      block_scores(c, known, known + 1, block);
    }
    scores[past + index] = block[key % kQueryPanel];
  }
  float largest = -__builtin_inff();
  for (int key = 0; key < count; key++) largest = scores[key] > largest ? scores[key] : largest;
  const Vf most = splat(largest), scale = splat(c.scale);
  for (int key = 0; key < count; key += kLanes) store(scores + key, exponential_below_0((load(scores + key) - most) * scale));
  float sum = 0.0f;
  for (int key = 0; key < count; key++) sum += scores[key];
  const float inverse = 1.0f / sum;
  int column = weigh_values<8>(c, scores, inverse, 0);
  column = weigh_values<1>(c, scores, inverse, column);
  for (; column < c.width; column++) {
    float total = 0.0f;
    for (int key = 0; key < past; key++) total = fma(scores[key], c.values[static_cast<ptrdiff_t>(c.first + key) * c.width + column], total);
    for (int index = 0; index < c.num_more; index++) {
      total = fma(scores[past + index], c.values[static_cast<ptrdiff_t>(c.more[index]) * c.width + column], total);
    }
    c.out[column] = total * inverse;
  }
}

}  // namespace
