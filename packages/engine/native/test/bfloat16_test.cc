// Products of pairs of bfloat16: against float64 loops over rounded inputs, and the same bits wherever a row stands.
#include <cstdio>

#include "matrices.h"
#include "processor.h"

namespace foretoken {

namespace {

/// Whether a set here has products of pairs, which is then in use. Whether they agree with loops is left to the tests.
bool is_there() {
  for (const std::string& set : instruction_sets()) {
    use_instruction_set(set);
    if (offered_bfloat16_products()) return true;
  }
  return false;
}

void use_pairs() {
  CHECK(is_there() && bfloat16_products(), "loops that this processor has are not used");
}

ProductCase random_case(Random& random) {
  const std::vector<int64_t> sizes = {1, 2, 3, 5, 12, 13, 17, 24, 25, 33, 64, 97, 127, 130};
  const std::vector<int64_t> depths = {0, 1, 2, 3, 8, 9, 16, 17, 31, 127, 128, 255, 256, 257, 600, 1025};
  ProductCase shape{random.pick(sizes), random.pick(sizes), random.pick(depths)};
  shape.turns_a = random.chance(0.4);
  shape.turns_b = random.chance(0.4);
  shape.gap = random.chance(0.5) ? 0 : random.between(1, 9);
  shape.has_bias = random.chance(0.4);
  shape.has_residual = random.chance(0.4);
  shape.takes_bfloat16 = true;
  return shape;
}

void pairs_agree_with_loops() {
  use_pairs();
  Random random(301);
  for (int round = 0; round < rounds(600); round++) {
    use_threads(static_cast<int>(random.between(1, 4)));
    const Matrices matrices(random_case(random), random.bits());
    matrices.check(matrices.run());
  }
}

void few_rows_agree_with_loops() {
  use_pairs();
  for (const int64_t rows : {1, 2, 3, 5, 12, 13, 24, 25}) {
    for (const int64_t columns : {1, 32, 37, 64, 150}) {
      for (const int64_t depth : {1, 2, 3, 15, 16, 17, 257}) {
        ProductCase shape{rows, columns, depth};
        shape.has_bias = rows % 2 == 0;
        shape.has_residual = columns % 2 == 1;
        shape.takes_bfloat16 = true;
        const Matrices matrices(shape, static_cast<uint64_t>(rows * 1000 + columns));
        matrices.check(matrices.run());
      }
    }
  }
}

/// Blocks of columns and of depth, and the packed depths beyond which there are several.
void large_products_agree_with_loops() {
  use_pairs();
  for (const ProductCase& size : {ProductCase{30, 2048 + 45, 300}, ProductCase{90, 40, 4096 + 259}, ProductCase{26, 1100, 513}}) {
    for (int layout = 0; layout < 4; layout++) {
      ProductCase shape = size;
      shape.turns_a = layout & 1;
      shape.turns_b = layout & 2;
      shape.has_bias = shape.has_residual = shape.takes_bfloat16 = true;
      const Matrices matrices(shape, 5);
      matrices.check(matrices.run());
    }
  }
}

/// A row alone goes the way of decoding, with others that of training.
void a_row_has_the_same_bits_anywhere() {
  use_pairs();
  Random random(302);
  for (int round = 0; round < rounds(200); round++) {
    use_threads(static_cast<int>(random.between(1, 4)));
    const ProductCase shape = random_case(random);
    const Matrices matrices(shape, random.bits());
    const std::vector<float> whole = matrices.run();
    for (int part = 0; part < 6; part++) {
      const int64_t rows = random.between(1, std::min<int64_t>(shape.rows, part < 4 ? 14 : 1000));
      const int64_t row = random.between(0, shape.rows - rows);
      const int64_t columns = random.between(1, shape.columns), column = random.between(0, shape.columns - columns);
      const std::vector<float> some = matrices.part(row, rows, column, columns);
      for (int64_t i = 0; i < rows; i++) {
        CHECK(same_bits(some.data() + i * columns, whole.data() + (row + i) * shape.columns + column, columns),
              shape.name() + say(": rows %lld+%lld, columns %lld+%lld", (long long)row, (long long)rows, (long long)column, (long long)columns));
      }
    }
  }
}

void layouts_and_threads_change_no_bit() {
  use_pairs();
  Random random(303);
  for (int round = 0; round < rounds(60); round++) {
    const ProductCase shape = random_case(random);
    const Matrices matrices(shape, random.bits());
    const std::vector<float> expected = on_any_threads([&] { return matrices.run(); });
    for (int layout = 0; layout < 8; layout++) {
      CHECK(same_bits(matrices.turned(layout & 1, layout & 2, layout & 4 ? 3 : 0).run(), expected), shape.name() + say(", layout %d", layout));
    }
  }
}

/// An odd inner axis is one with a zero behind it.
void an_odd_depth_ends_with_a_zero() {
  use_pairs();
  Random random(304);
  for (int round = 0; round < rounds(60); round++) {
    ProductCase shape = random_case(random);
    shape.depth |= 1;
    shape.has_residual = false;
    const Matrices odd(shape, random.bits());
    shape.depth++;
    Matrices even(shape, 1);
    for (int64_t k = 0; k < shape.depth; k++) {
      const bool is_behind = k + 1 == shape.depth;
      for (int64_t row = 0; row < shape.rows; row++) even.at_a(row, k) = is_behind ? 0.0f : odd.at_a(row, k);
      for (int64_t column = 0; column < shape.columns; column++) even.at_b(k, column) = is_behind ? 0.0f : odd.at_b(k, column);
    }
    even.bias = odd.bias;
    CHECK(same_bits(odd.run(), even.run()), shape.name());
  }
}

/// With one value of each pair zero, both steps of a pair come to one fused step, whichever a processor takes first.
void a_value_is_one_chain_of_pairs() {
  use_pairs();
  Random random(305);
  for (int round = 0; round < rounds(60); round++) {
    const ProductCase shape = random_case(random);
    Matrices m(shape, random.bits());
    const int64_t parity = random.between(0, 1);
    for (int64_t row = 0; row < shape.rows; row++) {
      for (int64_t k = parity; k < shape.depth; k += 2) m.at_a(row, k) = 0.0f;
    }
    const std::vector<float> c = m.run();
    for (int64_t at = 0; at < shape.rows * shape.columns; at++) {
      const int64_t row = at / shape.columns, column = at % shape.columns;
      float sum = 0.0f;
      for (int64_t k = 1 - parity; k < shape.depth; k += 2) {
        sum = std::fmaf(static_cast<float>(nearest_bfloat16(m.at_a(row, k))), static_cast<float>(nearest_bfloat16(m.at_b(k, column))), sum);
      }
      if (shape.has_bias) sum += m.bias[column];
      if (shape.has_residual) sum += m.residual[row * (shape.columns + shape.gap) + column];
      CHECK(sum == c[at], shape.name() + say(" at %lld: %.9g, expected %.9g", (long long)at, c[at], sum));
    }
  }
}

void batches_are_products_behind_each_other() {
  use_pairs();
  constexpr int64_t P = 3, M = 7, N = 19, K = 23;
  Random random(306);
  const std::vector<float> a = random.values(P * M * K), b = random.values(P * K * N);
  std::vector<float> all(P * M * N), one(P * M * N);
  Product p{a.data(), K, 1, b.data(), N, 1, all.data(), N, M, N, K};
  p.takes_bfloat16 = true;
  multiply_batch(p, P, M * K, K * N, M * N);
  for (int64_t index = 0; index < P; index++) {
    p.a = a.data() + index * M * K;
    p.b = b.data() + index * K * N;
    p.c = one.data() + index * M * N;
    multiply(p);
  }
  CHECK(same_bits(all, one));
}

void what_is_not_finite_stays_in_its_row_and_column() {
  use_pairs();
  constexpr int64_t kColumns = 101;
  for (const int64_t rows : {2, 3, 40}) {
    for (const int64_t depth : {29, 30}) {
      for (const bool turns_b : {false, true}) {
        ProductCase shape{rows, kColumns, depth};
        shape.turns_b = turns_b;
        shape.takes_bfloat16 = true;
        Matrices matrices(shape, 77);
        matrices.at_a(1, depth - 1) = NAN;
        for (const int64_t column : {5, 100}) matrices.at_b(depth - 1, column) = INFINITY;
        const std::vector<float> c = matrices.run();
        for (int64_t at = 0; at < rows * kColumns; at++) {
          const bool is_nan = at / kColumns == 1, is_infinite = at % kColumns == 5 || at % kColumns == 100;
          CHECK(std::isnan(c[at]) == is_nan, shape.name() + say(" at %lld", (long long)at));
          CHECK(is_nan || std::isinf(c[at]) == is_infinite, shape.name() + say(" at %lld", (long long)at));
        }
      }
    }
  }
}

/// What sets these products apart from float32 ones of rounded inputs, besides their order.
void denormals_are_zeros() {
  use_pairs();
  for (const int64_t rows : {1, 3, 40}) {
    ProductCase shape{rows, 33, 4};
    shape.takes_bfloat16 = true;
    Matrices matrices(shape, 1);
    for (float& value : matrices.a) value = 0x1p-130f;
    for (float& value : matrices.b) value = 0x1p100f;
    for (const float value : matrices.run()) CHECK(value == 0.0f);
  }
}

void careless_product(const SkinnyProduct& p) {
  bfloat16_products()->skinny_product(p);
  p.c[p.rows * p.columns - 1] += 0x1p-6f;
}

void loops_that_are_wrong_are_found() {
  use_pairs();
  CHECK(agrees_in_bfloat16(*bfloat16_products(), simd().panel_columns));
  ProductLoops careless = *bfloat16_products();
  careless.skinny_product = careless_product;
  CHECK(!agrees_in_bfloat16(careless, simd().panel_columns));
}

void other_sets_have_no_pairs() {
  for (const std::string& set : instruction_sets()) {
    use_instruction_set(set);
    CHECK(set == "avx512" || !bfloat16_products(), set);
  }
}

}  // namespace

void add_bfloat16_tests(std::vector<Test>& tests) {
  tests.push_back({"only AVX-512 has products of bfloat16 pairs", other_sets_have_no_pairs, false});
  if (!is_there()) {
    std::printf("note  products of bfloat16 pairs are not tested: no processor with AVX512-BF16 here, nor one that emulates it\n");
    return;
  }
  tests.push_back({"products of bfloat16 pairs agree with loops over rounded inputs", pairs_agree_with_loops, false});
  tests.push_back({"products of 1 to 25 rows of bfloat16 pairs agree with loops", few_rows_agree_with_loops, false});
  tests.push_back({"large products of bfloat16 pairs agree with loops", large_products_agree_with_loops, false});
  tests.push_back({"a row of bfloat16 pairs has the same bits among any rows and columns", a_row_has_the_same_bits_anywhere, false});
  tests.push_back({"layouts and threads change no bit of a product of bfloat16 pairs", layouts_and_threads_change_no_bit, false});
  tests.push_back({"an odd inner axis of bfloat16 pairs ends with a zero", an_odd_depth_ends_with_a_zero, false});
  tests.push_back({"a product of bfloat16 pairs is one chain, pair after pair, summed in float32", a_value_is_one_chain_of_pairs, false});
  tests.push_back({"a batch of bfloat16 pairs is products that lie behind each other", batches_are_products_behind_each_other, false});
  tests.push_back({"NaN and infinity of bfloat16 pairs stay in their row and column", what_is_not_finite_stays_in_its_row_and_column, false});
  tests.push_back({"denormals of bfloat16 pairs are zeros", denormals_are_zeros, false});
  tests.push_back({"wrong loops of bfloat16 pairs are found out", loops_that_are_wrong_are_found, false});
}

}  // namespace foretoken
