// Compiled once per instruction set; see vector.h.
#include "attention.h"
#include "elementwise.h"
#include "products.h"
#include "rows.h"
#include "table.h"

namespace {

const foretoken::SimdTable table = {
    kIsa,          kTileRows,         kPanelColumns, kLanes,
    product_loops, round_bfloat16,
    attend,        attend_backward,   attend_cached,
    rms_norm,      rms_norm_backward, rotate,        gated,          gated_backward, cross_entropy, adamw, sum_of_squares,
    unary,         binary,            softmax,       sum, extreme,
};

}  // namespace

namespace foretoken {

#if defined(FT_ISA_AVX512)
const SimdTable* avx512_table() { return &table; }
#elif defined(FT_ISA_AVX2)
const SimdTable* avx2_table() { return &table; }
#elif defined(FT_ISA_NEON)
const SimdTable* neon_table() { return &table; }
#else
const SimdTable* scalar_table() { return &table; }
#endif

}  // namespace foretoken
