// A row of a product has the same bits whatever stands around it.
#include "matrices.h"
#include "processor.h"
#include "rows.h"

namespace foretoken {

namespace {

ProductCase random_case(Random& random) {
  ProductCase shape{random.pick<int64_t>({1, 5, 13, 26, 61, 130}), random.pick<int64_t>({1, 17, 33, 70, 150}),
                    random.pick<int64_t>({1, 17, 256, 257, 600})};
  shape.has_bias = random.chance(0.5);
  shape.has_residual = random.chance(0.5);
  return shape;
}

void a_row_has_the_same_bits_anywhere() {
  Random random(101);
  for (int round = 0; round < rounds(150); round++) {
    use_threads(static_cast<int>(random.between(1, 4)));
    ProductCase shape = random_case(random);
    shape.turns_a = random.chance(0.3);
    shape.turns_b = random.chance(0.3);
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

void a_layout_changes_no_bit() {
  Random random(102);
  for (int round = 0; round < rounds(60); round++) {
    const ProductCase plain = random_case(random);
    const Matrices first(plain, 1);
    const std::vector<float> expected = first.run();
    for (int layout = 1; layout < 8; layout++) {
      CHECK(same_bits(first.turned(layout & 1, layout & 2, layout & 4 ? 3 : 0).run(), expected), plain.name() + say(", layout %d", layout));
    }
  }
}

void threads_change_no_bit() {
  Random random(103);
  for (int round = 0; round < rounds(40); round++) {
    ProductCase shape = random_case(random);
    shape.turns_b = random.chance(0.5);
    const Matrices matrices(shape, random.bits());
    on_any_threads([&] { return matrices.run(); });
  }
}

/// All sets but scalar fuse a multiplication and the addition after it, and so give the same bits.
void sets_that_fuse_give_the_same_bits() {
  const std::string own = simd().name;
  Random random(104);
  for (int round = 0; round < rounds(40); round++) {
    const ProductCase shape = random_case(random);
    const Matrices matrices(shape, random.bits());
    std::vector<std::vector<float>> all;
    for (const std::string& set : instruction_sets()) {
      if (set == "scalar") continue;
      use_instruction_set(set);
      all.push_back(matrices.run());
    }
    for (const std::vector<float>& one : all) CHECK(same_bits(one, all[0]), shape.name());
  }
  use_instruction_set(own);
}

/// The chain itself, for sets that fuse: one fma after the other from zero, then bias, then residual.
void a_value_is_one_chain() {
  const bool is_fused = std::string(simd().name) != "scalar";
  Random random(105);
  for (int round = 0; round < rounds(40); round++) {
    const ProductCase shape = random_case(random);
    const Matrices m(shape, random.bits());
    std::vector<float> expected;
    for (int64_t row = 0; row < shape.rows; row++) {
      for (int64_t column = 0; column < shape.columns; column++) {
        float sum = 0.0f;
        for (int64_t k = 0; k < shape.depth; k++) {
          const float product = m.at_a(row, k) * m.at_b(k, column);
          sum = is_fused ? std::fmaf(m.at_a(row, k), m.at_b(k, column), sum) : product + sum;
        }
        if (shape.has_bias) sum += m.bias[column];
        if (shape.has_residual) sum += m.residual[row * shape.columns + column];
        expected.push_back(sum);
      }
    }
    CHECK(same_bits(m.run(), expected), shape.name());
  }
}

/// Gating while multiplying, as with few rows, and afterwards give what two products and a gate give.
void gating_changes_no_bit() {
  Random random(106);
  for (int round = 0; round < rounds(60); round++) {
    use_threads(static_cast<int>(random.between(1, 4)));
    const ProductCase shape{random.pick<int64_t>({1, 2, 7, 49, 200}), random.pick<int64_t>({1, 16, 40, 129}), random.pick<int64_t>({1, 33, 300})};
    const Matrices gate(shape, random.bits());
    Matrices up(shape, random.bits());
    up.a = gate.a;
    std::vector<float> expected = gate.run(), gates(expected.size(), NAN), ups(expected.size(), NAN);
    const int64_t count = static_cast<int64_t>(expected.size());
    gated(expected.data(), up.run().data(), expected.data(), count);
    multiply_gated(gate.product(gates.data()), up.product(ups.data()));
    CHECK(same_bits(gates.data(), expected.data(), count), shape.name());
  }
}

}  // namespace

void add_product_bit_tests(std::vector<Test>& tests) {
  tests.push_back({"a row of a product has the same bits among any rows and columns", a_row_has_the_same_bits_anywhere});
  tests.push_back({"transposing and strides change no bit of a product", a_layout_changes_no_bit});
  tests.push_back({"the number of threads changes no bit of a product", threads_change_no_bit});
  tests.push_back({"instruction sets that fuse give products of the same bits", sets_that_fuse_give_the_same_bits, false});
  tests.push_back({"gating while multiplying changes no bit", gating_changes_no_bit});
  tests.push_back({"a value of a product is one chain over depth, then bias, then residual", a_value_is_one_chain});
}

}  // namespace foretoken
