// Matrix products of any shape and layout, on all threads.
#pragma once
#include <cstddef>
#include <cstdint>

namespace foretoken {

/// C = A B (+ bias) (+ residual). Strides count floats; a transposed operand is one with its strides exchanged.
struct Product {
  const float* a;
  ptrdiff_t a_row, a_depth;
  const float* b;
  ptrdiff_t b_depth, b_column;
  float* c;
  ptrdiff_t c_row;
  int64_t rows, columns, depth;
  const float* bias = nullptr;
  const float* residual = nullptr;
  ptrdiff_t residual_row = 0;
  /// Rounds A and B to bfloat16 and multiplies pairs of them; only where there are `bfloat16_products()` (processor.h).
  bool takes_bfloat16 = false;
};

/// Each value of C is one chain of multiplications and additions over the inner axis in its order, with bfloat16 over its pairs.
void multiply(const Product& product);

/// silu(A Bgate) * (A Bup) into C of `gate`; C of `up` is overwritten. Of equal shapes, rows without gaps. With few rows each
/// thread gates the columns that it has multiplied, so that threads meet once instead of three times.
void multiply_gated(const Product& gate, const Product& up);

/// `count` products that lie behind each other in A, B and C.
void multiply_batch(const Product& first, int64_t count, ptrdiff_t a_step, ptrdiff_t b_step, ptrdiff_t c_step);

}  // namespace foretoken
