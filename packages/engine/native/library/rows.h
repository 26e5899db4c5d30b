// Operations on rows and flat ranges, on all threads.
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

#include "simd/table.h"

namespace foretoken {

void rms_norm(const float* x, const float* gain, float epsilon, float* y, int64_t rows, int64_t width);
void rms_norm_backward(const float* dy, const float* x, const float* gain, float epsilon, float scale, float* dx, float* dgain,
                       int64_t rows, int64_t width);
void rotate(const float* x, const float* cosines, const float* sines, float* y, int64_t nodes, int64_t heads, int64_t width,
            float direction);
void gated(const float* gate, const float* up, float* y, int64_t count);
void gated_backward(const float* dy, const float* gate, const float* up, float* dgate, float* dup, float* y, int64_t count);
void cross_entropy(const float* logits, const int32_t* targets, float* loss, float* dlogits, int64_t rows, int64_t width);
void softmax(const float* x, float* y, int64_t rows, int64_t width, bool is_log);
void adamw(const std::vector<AdamWRange>& slots);
/// Tensor after tensor, each in blocks of one size, so that the sum has the same bits on any number of threads.
double sum_of_squares(const std::vector<std::pair<const float*, size_t>>& tensors);
void round_bfloat16(const float* x, float* y, int64_t count);
void unary(int operation, const float* x, float* y, int64_t count);
void binary(int operation, const float* a, int a_step, const float* b, int b_step, float* y, int64_t count);

/// Rows of a table; any may repeat. Indices are checked by the caller.
void gather_rows(const float* table, const int32_t* rows, float* out, int64_t count, int64_t width);
/// The transpose of `gather_rows`: adds rows to a zeroed table, repeats in their order.
void scatter_rows(const float* values, const int32_t* rows, float* out, int64_t count, int64_t table_rows, int64_t width);
void transpose(const float* x, float* y, int64_t rows, int64_t columns);
/// Runs of `width` floats from one matrix with row stride to another.
void copy_blocks(const float* from, int64_t from_stride, float* to, int64_t to_stride, int64_t rows, int64_t width);
/// Sums of the columns of x [rows,columns], in blocks of rows of one size.
void sum_columns(const float* x, float* out, int64_t rows, int64_t columns);
/// The first index of each row whose cumulative exponential exceeds the row's share of the whole.
void sample_rows(const float* logits, const double* uniform, float temperature, int32_t* out, int64_t rows, int64_t width);
void argmax_rows(const float* x, int32_t* out, int64_t rows, int64_t width);

}  // namespace foretoken
