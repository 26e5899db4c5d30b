// Products of rows with weights, their inputs rounded where that is asked for: what more than one call is made of.
#pragma once
#include <cstdint>

namespace foretoken {

/// How inputs of a product become bfloat16.
enum class Rounding {
  kNone,
  kCopies,  // beforehand, as float32 that are multiplied as such
  kPairs,   // by the loops of the product itself
};

Rounding rounding_of(bool is_rounded);

/// y [N,O] = x [N,I] W [I,O] (+ residual).
void linear_rows(const float* x, const float* weight, const float* residual, float* y, int64_t N, int64_t O, int64_t I,
                 Rounding rounding);

/// y [N,D] = (silu(x Wgate) * (x Wup)) Wdown (+ residual), of inner width F.
void gated_mlp_rows(const float* x, const float* gate, const float* up, const float* down, const float* residual, float* y,
                    int64_t N, int64_t D, int64_t F, Rounding rounding);

}  // namespace foretoken
