// Products of pairs of bfloat16: compiled for AVX-512 with AVX512-BF16, see vector.h and operands.h.
#include "table.h"
#include "vector.h"

#if defined(__AVX512BF16__)
#include "products.h"
#endif

namespace foretoken {

const ProductLoops* avx512_bfloat16_products() {
#if defined(__AVX512BF16__)
  return &product_loops;
#else
  return nullptr;
#endif
}

}  // namespace foretoken
