#include "processor.h"

#include <cmath>
#include <cstdlib>

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

bool agrees_with_scalar(const SimdTable& table) {
  constexpr int kRows = 3, kDepth = 19, kColumns = 37;
  float a[kRows * kDepth], b[kDepth * kColumns], c[kRows * kColumns];
  std::vector<float> scratch((kDepth + kRows) * table.panel_columns);
  for (int i = 0; i < kRows * kDepth; i++) a[i] = static_cast<float>((i * 37) % 23) / 7.0f - 1.5f;
  for (int i = 0; i < kDepth * kColumns; i++) b[i] = static_cast<float>((i * 53) % 29) / 9.0f - 1.5f;
  table.skinny_product({a, kDepth, 1, b, kColumns, kRows, kColumns, kDepth, c, kColumns, nullptr, nullptr, 0, scratch.data()});
  for (int i = 0; i < kRows; i++) {
    for (int j = 0; j < kColumns; j++) {
      double expected = 0.0;
      for (int k = 0; k < kDepth; k++) expected += static_cast<double>(a[i * kDepth + k]) * b[k * kColumns + j];
      if (!(std::fabs(expected - c[i * kColumns + j]) < 1e-4)) return false;
    }
  }
  float e[5] = {0.0f, 1.0f, -1.0f, -100.0f, 10.0f}, y[5];
  table.unary(kExponential, e, y, 5);
  for (int i = 0; i < 5; i++) {
    const double expected = i == 3 ? 0.0 : std::exp(static_cast<double>(e[i]));
    if (!(std::fabs(y[i] - expected) <= 1e-6 * expected)) return false;
  }
  return true;
}

}  // namespace foretoken
