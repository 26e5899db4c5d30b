// Attention without a past, forward and backward, on all threads.
#pragma once
#include <cstddef>
#include <cstdint>

namespace foretoken {

/// Sizes and operands: q [B,T,H,d], k and v [B,T,G,d]. Parents are indices below their node, or negative for a root.
struct Attention {
  int64_t B, T, H, G, d;
  const float *q, *k, *v;
  const int32_t* parents_BT;
  const int32_t* lengths_B;
};

/// @param stats [B,H,T,2]: each query's largest score and the reciprocal of its sum, for the backward pass
void attend_nodes(const Attention& attention, float* out, float* stats);

void attend_nodes_backward(const Attention& attention, const float* out, const float* stats, const float* flow, float* dq,
                           float* dk, float* dv);

}  // namespace foretoken
