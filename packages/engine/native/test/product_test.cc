// Products of every shape and layout against float64 loops.
#include "matrices.h"

namespace foretoken {

namespace {

const std::vector<int64_t> kRows = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 17, 24, 25, 97, 127};
const std::vector<int64_t> kColumns = {1, 3, 7, 8, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 130};
const std::vector<int64_t> kDepths = {0, 1, 2, 3, 17, 127, 255, 256, 257, 600};

void check_case(const ProductCase& shape, uint64_t seed) {
  const Matrices matrices(shape, seed);
  matrices.check(matrices.run());
}

void random_cases_agree_with_loops() {
  Random random(21);
  for (int round = 0; round < rounds(500); round++) {
    use_threads(static_cast<int>(random.between(1, 4)));
    ProductCase shape{random.pick(kRows), random.pick(kColumns), random.pick(kDepths)};
    shape.turns_a = random.chance(0.5);
    shape.turns_b = random.chance(0.5);
    shape.gap = random.chance(0.5) ? 0 : random.between(1, 9);
    shape.has_bias = random.chance(0.4);
    shape.has_residual = random.chance(0.4);
    check_case(shape, random.bits());
  }
}

void skinny_products_agree_with_loops() {
  for (int64_t rows = 1; rows <= 13; rows++) {
    for (const int64_t columns : {1, 16, 37, 150}) {
      for (const int64_t depth : {1, 2, 5, 9, 33, 257}) {
        ProductCase shape{rows, columns, depth};
        shape.has_bias = rows % 2 == 0;
        shape.has_residual = columns % 2 == 1;
        check_case(shape, static_cast<uint64_t>(rows * 1000 + columns));
      }
    }
  }
}

void blocks_of_columns_and_depth_join() {
  for (const bool turns_b : {false, true}) {
    ProductCase wide{30, 2048 + 45, 300};
    wide.turns_b = turns_b;
    wide.has_bias = wide.has_residual = true;
    check_case(wide, 3);
    ProductCase exact{26, 2048, 512};
    exact.turns_b = turns_b;
    exact.turns_a = true;
    check_case(exact, 4);
  }
}

void no_depth_leaves_bias_and_residual() {
  for (const bool has_bias : {false, true}) {
    for (const bool has_residual : {false, true}) {
      ProductCase shape{5, 7, 0};
      shape.gap = 2;
      shape.has_bias = has_bias;
      shape.has_residual = has_residual;
      check_case(shape, 9);
    }
  }
}

void empty_products_touch_nothing() {
  float c = 5.0f;
  for (const auto& [rows, columns] : {std::pair<int64_t, int64_t>{0, 4}, {4, 0}, {0, 0}}) {
    Matrices matrices({rows, columns, 3}, 1);
    multiply(matrices.product(&c));
    CHECK(c == 5.0f);
  }
}

void batches_are_products_behind_each_other() {
  Random random(33);
  for (const bool turns_b : {false, true}) {
    constexpr int64_t P = 5, M = 7, N = 19, K = 23;
    const std::vector<float> a = random.values(P * M * K), b = random.values(P * K * N);
    std::vector<float> c(P * M * N);
    Product p{};
    p.a = a.data();
    p.a_row = K;
    p.a_depth = 1;
    p.b = b.data();
    p.b_depth = turns_b ? 1 : N;
    p.b_column = turns_b ? K : 1;
    p.c = c.data();
    p.c_row = N;
    p.rows = M;
    p.columns = N;
    p.depth = K;
    multiply_batch(p, P, M * K, K * N, M * N);
    std::vector<double> expected;
    for (int64_t one = 0; one < P; one++) {
      for (int64_t at = 0; at < M * N; at++) {
        double sum = 0.0;
        for (int64_t k = 0; k < K; k++) {
          sum += static_cast<double>(a[one * M * K + at / N * K + k]) * b[one * K * N + (turns_b ? at % N * K + k : k * N + at % N)];
        }
        expected.push_back(sum);
      }
    }
    check_close(c, expected, 1e-5, turns_b ? "B transposed" : "plain");
    multiply_batch(p, 0, 1, 1, 1);
  }
}

/// IEEE: what is not finite reaches exactly the values that it belongs to.
void what_is_not_finite_stays_in_its_row_and_column() {
  for (const int64_t rows : {3, 40}) {
    for (const bool turns_b : {false, true}) {
      ProductCase shape{rows, 21, 30};
      shape.turns_b = turns_b;
      Matrices matrices(shape, 77);
      matrices.at_a(1, 4) = NAN;
      matrices.at_b(5, 20) = INFINITY;
      const std::vector<float> c = matrices.run();
      for (int64_t at = 0; at < rows * 21; at++) {
        const bool is_poisoned = at / 21 == 1 || at % 21 == 20;
        CHECK(std::isfinite(c[at]) != is_poisoned, shape.name() + say(" at %lld", (long long)at));
      }
    }
  }
}

/// The inner axis of a weight's gradient, too long for each thread to pack all of it.
void a_long_inner_axis_is_shared_out() {
  for (const bool turns_a : {false, true}) {
    const ProductCase shape{49, 31, 17003, turns_a};
    const Matrices matrices(shape, 411);
    const std::vector<float> c = matrices.run();
    use_threads(1);
    CHECK(same_bits(c, matrices.run()), shape.name());
    use_threads(2);
    for (int64_t row = 0; row < shape.rows; row++) {
      for (int64_t column = 0; column < shape.columns; column += 6) {
        double sum = 0.0, sizes = 0.0;
        for (int64_t k = 0; k < shape.depth; k++) {
          const double term = static_cast<double>(matrices.at_a(row, k)) * matrices.at_b(k, column);
          sum += term;
          sizes += std::fabs(term);
        }
        CHECK(std::fabs(c[row * shape.columns + column] - sum) <= 1e-6 * sizes, shape.name());
      }
    }
  }
}

}  // namespace

void add_product_tests(std::vector<Test>& tests) {
  tests.push_back({"products of odd sizes, layouts and strides agree with loops", random_cases_agree_with_loops});
  tests.push_back({"products of 1 to 13 rows agree with loops", skinny_products_agree_with_loops});
  tests.push_back({"blocks of columns and of depth join without a seam", blocks_of_columns_and_depth_join});
  tests.push_back({"a product without depth is its bias and residual", no_depth_leaves_bias_and_residual});
  tests.push_back({"an empty product touches nothing", empty_products_touch_nothing});
  tests.push_back({"a long inner axis is shared out over threads to the same bits", a_long_inner_axis_is_shared_out});
  tests.push_back({"a batch is products that lie behind each other", batches_are_products_behind_each_other});
  tests.push_back({"NaN and infinity stay in their row and column", what_is_not_finite_stays_in_its_row_and_column});
}

}  // namespace foretoken
