// What every instruction set offers, as functions over ranges of one thread. Shapes are checked and work is split above.
#pragma once
#include <cstddef>
#include <cstdint>

namespace foretoken {

/// A block of rows of a product against packed panels of columns. Operands are words (operands.h): four bytes each.
struct PanelProduct {
  const float* a;  // rows of A; packed strips where a_depth == tile_rows
  ptrdiff_t a_row, a_depth, a_strip;
  const float* b;  // panels of `panel_columns`, each [words][panel_columns]
  int rows, columns, words;
  float* c;
  ptrdiff_t c_row;
  bool adds;
  const float* bias;  // null until the last block of the inner axis
  const float* residual;
  ptrdiff_t residual_stride;
};

/// Few rows of a product against columns of an unpacked row-major matrix, which is read once. Both operands are float32 values.
struct SkinnyProduct {
  const float* a;
  ptrdiff_t a_row, a_depth;
  const float* b;
  ptrdiff_t b_depth;
  int rows, columns, depth;
  float* c;
  ptrdiff_t c_row;
  const float* bias;
  const float* residual;
  ptrdiff_t residual_stride;
  float* scratch;  // (depth + rows) * panel_columns floats
};

/**
 * Packing and inner loops of products whose operands are taken in one format. A word holds `pair` inner indices that follow
 * each other, the first an even one, and a zero where the inner axis ends in the middle: so wherever a product is cut, at even
 * inner indices and between rows and columns, a value's chain of steps is the same.
 */
struct ProductLoops {
  int pair;  // 1: float32 as it is; 2: rounded to bfloat16
  void (*pack_columns)(const float* b, ptrdiff_t depth_stride, ptrdiff_t column_stride, int depth, int columns, float* out);
  void (*pack_rows)(const float* a, ptrdiff_t row_stride, ptrdiff_t depth_stride, int rows, int depth, float* out);
  /// Null where rows lie as they are read, as float32 does.
  void (*pack_lines)(const float* a, ptrdiff_t row_stride, int rows, int depth, float* out);
  void (*panel_product)(const PanelProduct&);
  void (*skinny_product)(const SkinnyProduct&);
};

/// Queries of one attention head that are taken together; one lane each.
constexpr int kQueryPanel = 16;

/// Which keys each query of a row without a past sees.
struct Sight {
  const int32_t* first;  // per query: first key it sees, where it sees all from there to itself; null for trees
  const uint16_t* masks;  // per panel of queries and key: the queries that see it
  int keys;              // stride of `masks`
};

/// One attention head of one row without a past. Strides count floats from one node to the next.
struct HeadAttention {
  const float *q, *k, *v;
  ptrdiff_t q_stride, kv_stride;
  int width, padded_width;  // d; d rounded up to panel_columns, as k and v are padded
  float scale;
  Sight sight;
};

struct HeadForward {
  HeadAttention head;
  int first_query, last_query;  // [first, last), first a multiple of kQueryPanel
  float* out;
  ptrdiff_t out_stride;
  float* stats;    // per query: largest score, 1 / sum
  float* scratch;  // see attention.cc
};

struct HeadBackward {
  HeadAttention head;
  int queries;
  const float *out, *flow;  // O and dO, strides of q
  const float* stats;
  float* dq;        // strides of q
  float *dk, *dv;   // [keys][padded_width], added to
  float* scratch;
};

/// Queries over the same cached keys that are taken together, so that each key is read once for all of them.
constexpr int kCachedQueries = 4;

/// Some queries against the cached keys of a row.
struct CachedQueries {
  int count;
  const float* query[kCachedQueries];
  float* out[kCachedQueries];
  const float* keys;    // blocks of kQueryPanel keys: [block][d][kQueryPanel]
  const float* values;  // [key][d]
  int width;
  int first, last;  // a run of keys that all of them see: [first, last)
  const int32_t* more[kCachedQueries];  // further keys that each sees, oldest first
  int num_more[kCachedQueries];
  float scale;
  float* scratch;    // scores: kCachedQueries * stride
  ptrdiff_t stride;  // from one query's scores to the next's: at least its keys and two blocks
};

struct AdamWRange {
  float *weight, *moment1, *moment2;
  const float* gradient;
  size_t count;
  float gradient_scale, beta1, beta2, epsilon, decay, rate1, bias2;
};

/// Operations on float32 ranges by number; the order is that of the JavaScript side.
enum UnaryOperation {
  kNegate, kExponential, kSigmoid, kSilu, kSquare, kSquareRoot, kReciprocalRoot, kReciprocal, kAbsolute, kRelu,
  kRelu6, kElu, kSelu, kSoftplus, kExponentialMinusOne, kLogarithm, kLogarithmOfOnePlus, kTangentHyperbolic, kError,
  kSign, kFloor, kCeiling, kRound, kNumVectorUnaries
};
enum BinaryOperation {
  kAdd, kSubtract, kMultiply, kDivide, kMaximum, kMinimum, kSquaredDifference,
  kLeak,         // a where it is not negative, a b where it is
  kStep,         // 1 where a is positive, b elsewhere
  kEluGradient,  // a, times b + 1 where b is negative
  kNumVectorBinaries
};

struct SimdTable {
  const char* name;
  int tile_rows, panel_columns, lanes;

  ProductLoops products;
  void (*round_bfloat16)(const float* x, float* y, size_t count);

  void (*attend)(const HeadForward&);
  void (*attend_backward)(const HeadBackward&);
  void (*attend_cached)(const CachedQueries&);

  void (*rms_norm)(const float* x, const float* gain, float epsilon, float* y, size_t rows, int width);
  void (*rms_norm_backward)(const float* dy, const float* x, const float* gain, float epsilon, float scale, float* dx,
                            double* dgain, size_t rows, int width);
  void (*rotate)(const float* x, const float* cosines, const float* sines, float* y, size_t nodes, int heads, int width,
                 float direction);
  void (*gated)(const float* gate, const float* up, float* y, size_t count);
  void (*gated_backward)(const float* dy, const float* gate, const float* up, float* dgate, float* dup, float* y, size_t count);
  void (*cross_entropy)(const float* logits, const int32_t* targets, float* loss, float* dlogits, size_t rows, int width);
  void (*adamw)(const AdamWRange&);
  double (*sum_of_squares)(const float* x, size_t count);

  void (*unary)(int operation, const float* x, float* y, size_t count);
  /// Both operands have `count` values, or one of them a single one (a step of 0).
  void (*binary)(int operation, const float* a, int a_step, const float* b, int b_step, float* y, size_t count);
  /// Softmax or, with `is_log`, its logarithm, of each row.
  void (*softmax)(const float* x, float* y, size_t rows, int width, bool is_log);
  float (*sum)(const float* x, size_t count);
  /// The largest or smallest value, infinite where there is none; NaNs are passed over unless `keeps_nan`.
  float (*extreme)(const float* x, size_t count, bool is_largest, bool keeps_nan);
};

/// The tables that this binary was built with; null where the compiler's target has no such set.
const SimdTable* avx512_table();
const SimdTable* avx2_table();
const SimdTable* neon_table();
const SimdTable* scalar_table();

/// Products of pairs of bfloat16 with the tiles of `avx512_table`, for chips with AVX512-BF16; null where the compiler knows no
/// such instructions.
const ProductLoops* avx512_bfloat16_products();

}  // namespace foretoken
