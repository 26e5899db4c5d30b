// A softmax over text, widened by a few keys of each node's own, forward and backward, on all threads.
#pragma once
#include <cstdint>
#include <vector>

namespace foretoken {

/// Sizes, and the keys and values [B,T,G,d] of each call, of which a node sees the one in its column.
struct OwnKeys {
  int64_t B, T, H, G, d;
  std::vector<const float*> k, v;
};

/**
 * From attention over text alone, `text_out` [B,T,H,d] and `text_stats` as `attend_nodes` gives them, to attention over text
 * and own keys. The new statistics keep text's largest score, and the reciprocal sum goes down: exp(score - largest) times it
 * stays the weight of a key of text, so `attend_nodes_backward` takes them as they are.
 *
 * @param weights [J,B,H,T]: the weight of each own key in the result
 */
void widen_attention(const OwnKeys& own, const float* q, const float* text_out, const float* text_stats, float* out, float* stats,
                     float* weights);

/// Gradients by way of own keys. @param dq_of_text is added to that part of dq; dk and dv as `own` has k and v
void own_key_gradients(const OwnKeys& own, const float* dq_of_text, const float* dy, const float* q, const float* out,
                       const float* weights, float* dq, const std::vector<float*>& dk, const std::vector<float*>& dv);

}  // namespace foretoken
