#include "processor.h"

#include <cmath>
#include <cstdlib>

#if defined(__x86_64__) || defined(_M_X64)
#include <cpuid.h>
#endif

namespace foretoken {

namespace {

std::vector<const SimdTable*> usable_tables() {
  std::vector<const SimdTable*> tables;
#if defined(__x86_64__) || defined(_M_X64)
  __builtin_cpu_init();
  const bool has_avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  const bool has_avx512 = has_avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                          __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
  if (has_avx512) tables.push_back(avx512_table());
  if (has_avx2) tables.push_back(avx2_table());
#elif defined(__aarch64__)
  tables.push_back(neon_table());
#endif
  std::vector<const SimdTable*> good;
  for (const SimdTable* table : tables) {
    if (agrees_with_scalar(*table)) good.push_back(table);
  }
  good.push_back(scalar_table());
  return good;
}

const std::vector<const SimdTable*>& tables() {
  static const std::vector<const SimdTable*> found = usable_tables();
  return found;
}

const SimdTable*& current() {
  static const SimdTable* table = tables().front();
  return table;
}

#if defined(__x86_64__) || defined(_M_X64)
/// Whether there is AVX512-BF16. Asked by hand: not every compiler that builds for AVX-512 knows this feature's name.
bool processor_has_pairs() {
  unsigned features = 0, others[3];
  return __get_cpuid_count(7, 1, &features, &others[0], &others[1], &others[2]) && (features >> 5 & 1) != 0;
}
#endif

/// Whether the few rows of a product that fit all paths of `skinny_product` come out as in float64, within `tolerance`.
bool multiplies(const ProductLoops& loops, int panel_columns, float step, double tolerance) {
  constexpr int kRows = 3, kDepth = 19, kColumns = 197;
  float a[kRows * kDepth], b[kDepth * kColumns], c[kRows * kColumns];
  std::vector<float> scratch((kDepth + kRows) * panel_columns);
  for (int i = 0; i < kRows * kDepth; i++) a[i] = static_cast<float>((i * 37) % 23 - 11) * step;
  for (int i = 0; i < kDepth * kColumns; i++) b[i] = static_cast<float>((i * 53) % 29 - 14) * step;
  for (int rows = 1; rows <= kRows; rows++) {
    loops.skinny_product({a, kDepth, 1, b, kColumns, rows, kColumns, kDepth, c, kColumns, nullptr, nullptr, 0, scratch.data()});
    for (int i = 0; i < rows; i++) {
      for (int j = 0; j < kColumns; j++) {
        double expected = 0.0;
        for (int k = 0; k < kDepth; k++) expected += static_cast<double>(a[i * kDepth + k]) * b[k * kColumns + j];
        if (!(std::fabs(expected - c[i * kColumns + j]) <= tolerance)) return false;
      }
    }
  }
  return true;
}

}  // namespace

const SimdTable& simd() { return *current(); }

std::vector<std::string> instruction_sets() {
  std::vector<std::string> names;
  for (const SimdTable* table : tables()) names.push_back(table->name);
  return names;
}

bool use_instruction_set(const std::string& name) {
  for (const SimdTable* table : tables()) {
    if (name != table->name) continue;
    current() = table;
    return true;
  }
  return false;
}

const ProductLoops* offered_bfloat16_products() {
#if defined(__x86_64__) || defined(_M_X64)
  static const bool has_pairs = processor_has_pairs();
  if (has_pairs && current() == avx512_table()) return avx512_bfloat16_products();
#endif
  return nullptr;
}

const ProductLoops* bfloat16_products() {
  const ProductLoops* offered = offered_bfloat16_products();
  if (!offered) return nullptr;
  static const bool is_good = agrees_in_bfloat16(*offered, simd().panel_columns);
  return is_good ? offered : nullptr;
}

// Whole numbers of eighths fit bfloat16, and their sums float32, in any order.
bool agrees_in_bfloat16(const ProductLoops& loops, int panel_columns) { return multiplies(loops, panel_columns, 0.125f, 0.0); }

bool agrees_with_scalar(const SimdTable& table) {
  if (!multiplies(table.products, table.panel_columns, 1.0f / 7.0f, 1e-4)) return false;
  float e[5] = {0.0f, 1.0f, -1.0f, -100.0f, 10.0f}, y[5];
  table.unary(kExponential, e, y, 5);
  for (int i = 0; i < 5; i++) {
    const double expected = i == 3 ? 0.0 : std::exp(static_cast<double>(e[i]));
    if (!(std::fabs(y[i] - expected) <= 1e-6 * expected)) return false;
  }
  return true;
}

}  // namespace foretoken
