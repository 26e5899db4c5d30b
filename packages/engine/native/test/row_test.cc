// Operations on rows against float64: norms, rotations, blocks of rows, sums.
#include "rows.h"

#include <algorithm>
#include <cmath>

#include "check.h"

namespace foretoken {

namespace {

struct Shape {
  int64_t rows, width;
  std::string name() const { return say("[%lld,%lld]", (long long)rows, (long long)width); }
};

const std::vector<Shape> kShapes = {{1, 1}, {1, 3}, {2, 4}, {3, 7}, {5, 8}, {3, 15}, {2, 16}, {4, 17}, {70, 33}, {9, 64}, {200, 31}, {129, 257}, {1, 5000}};

std::vector<double> norm_loops(const std::vector<double>& x, const std::vector<double>& gain, double epsilon, Shape s) {
  std::vector<double> y;
  for (int64_t row = 0; row < s.rows; row++) {
    double squares = 0.0;
    for (int64_t at = 0; at < s.width; at++) squares += x[row * s.width + at] * x[row * s.width + at];
    const double inverse = 1.0 / std::sqrt(squares / static_cast<double>(s.width) + epsilon);
    for (int64_t at = 0; at < s.width; at++) y.push_back(x[row * s.width + at] * inverse * gain[at]);
  }
  return y;
}

std::vector<double> wide(const std::vector<float>& values) { return {values.begin(), values.end()}; }

void norms_agree_with_loops() {
  Random random(501);
  for (const Shape& s : kShapes) {
    const std::vector<float> x = random.values(s.rows * s.width), gain = random.values(s.width);
    const std::vector<float> y = on_any_threads([&] {
      std::vector<float> y(x.size(), NAN);
      rms_norm(x.data(), gain.data(), 1e-5f, y.data(), s.rows, s.width);
      return y;
    });
    check_close(y, norm_loops(wide(x), wide(gain), 1e-5, s), 2e-6, s.name());
    // A row alone has the same bits.
    std::vector<float> alone(static_cast<size_t>(s.width));
    rms_norm(x.data() + (s.rows - 1) * s.width, gain.data(), 1e-5f, alone.data(), 1, s.width);
    CHECK(same_bits(alone.data(), y.data() + (s.rows - 1) * s.width, s.width), s.name());
  }
}

/// Differences of the float64 loops along random directions of x and of the gain.
void norm_gradients_agree_with_differences() {
  Random random(502);
  constexpr double kStep = 1e-6;
  constexpr float kScale = 0.25f;
  for (const Shape& s : kShapes) {
    const std::vector<float> x = random.values(s.rows * s.width), gain = random.values(s.width), flow = random.values(s.rows * s.width);
    const std::vector<float> both = on_any_threads([&] {
      std::vector<float> made(x.size() + gain.size(), NAN);
      rms_norm_backward(flow.data(), x.data(), gain.data(), 1e-5f, kScale, made.data(), made.data() + x.size(), s.rows, s.width);
      return made;
    });
    for (int round = 0; round < 4; round++) {
      const std::vector<float> along = random.values(static_cast<int64_t>(both.size()));
      double difference = 0.0, slope = 0.0, size = 0.0;
      for (const double sign : {1.0, -1.0}) {
        std::vector<double> moved_x = wide(x), moved_gain = wide(gain);
        for (size_t at = 0; at < x.size(); at++) moved_x[at] += sign * kStep * along[at];
        for (size_t at = 0; at < gain.size(); at++) moved_gain[at] += sign * kStep * along[x.size() + at];
        const std::vector<double> y = norm_loops(moved_x, moved_gain, 1e-5, s);
        for (size_t at = 0; at < y.size(); at++) difference += sign * y[at] * flow[at] / (2.0 * kStep);
      }
      for (size_t at = 0; at < both.size(); at++) {
        slope += static_cast<double>(both[at]) * along[at];
        size += std::fabs(both[at] * along[at]);
      }
      CHECK(std::fabs(slope - kScale * difference) <= 3e-6 * (size + 1.0), s.name() + say(": %.9g, differences %.9g", slope, kScale * difference));
    }
  }
}

void rotations_turn_pairs_and_back() {
  Random random(503);
  for (const int64_t d : {2, 4, 6, 16, 30, 64, 66}) {
    for (const int64_t H : {1, 3}) {
      constexpr int64_t nodes = 9;
      const std::vector<float> x = random.values(nodes * H * d), angles = random.values(nodes * d / 2);
      std::vector<float> cosines, sines;
      for (const float angle : angles) {
        cosines.push_back(std::cos(3.0f * angle));
        sines.push_back(std::sin(3.0f * angle));
      }
      std::vector<double> expected(x.size());
      for (int64_t at = 0; at < nodes * H * (d / 2); at++) {
        const int64_t pair = at % (d / 2), start = at / (d / 2) * d, table = at / (d / 2) / H * (d / 2) + pair;
        const double first = x[start + pair], second = x[start + d / 2 + pair];
        expected[start + pair] = first * cosines[table] - second * sines[table];
        expected[start + d / 2 + pair] = second * cosines[table] + first * sines[table];
      }
      const std::vector<float> y = on_any_threads([&] {
        std::vector<float> y(x.size(), NAN);
        rotate(x.data(), cosines.data(), sines.data(), y.data(), nodes, H, d, 1.0f);
        return y;
      });
      check_close(y, expected, 1e-6, say("d %lld", (long long)d));
      std::vector<float> back(x.size());
      rotate(y.data(), cosines.data(), sines.data(), back.data(), nodes, H, d, -1.0f);
      check_close(back, wide(x), 1e-6, say("back, d %lld", (long long)d));
    }
  }
}

void blocks_of_rows_are_moved_whole() {
  Random random(504);
  for (const Shape& s : kShapes) {
    const std::vector<float> x = random.values(s.rows * s.width);
    std::vector<int32_t> places;
    for (int64_t at = 0; at < s.rows + 3; at++) places.push_back(static_cast<int32_t>(random.below(s.rows)));
    const int64_t count = static_cast<int64_t>(places.size());
    const std::vector<float> taken = on_any_threads([&] {
      std::vector<float> out(static_cast<size_t>(count * s.width));
      gather_rows(x.data(), places.data(), out.data(), count, s.width);
      return out;
    });
    for (int64_t at = 0; at < count; at++) CHECK(same_bits(taken.data() + at * s.width, x.data() + places[at] * s.width, s.width), s.name());
    const std::vector<float> added = on_any_threads([&] {
      std::vector<float> out(x.size(), NAN);
      scatter_rows(taken.data(), places.data(), out.data(), count, s.rows, s.width);
      return out;
    });
    std::vector<float> expected(x.size(), 0.0f);
    for (int64_t at = 0; at < count * s.width; at++) expected[places[at / s.width] * s.width + at % s.width] += taken[at];
    CHECK(same_bits(added, expected), s.name());
    const std::vector<float> turned = on_any_threads([&] {
      std::vector<float> out(x.size());
      transpose(x.data(), out.data(), s.rows, s.width);
      return out;
    });
    for (int64_t at = 0; at < s.rows * s.width; at++) CHECK(turned[at % s.width * s.rows + at / s.width] == x[at], s.name());
    std::vector<float> copied(static_cast<size_t>(s.rows * (s.width + 3)), 7.0f);
    copy_blocks(x.data(), s.width, copied.data() + 1, s.width + 3, s.rows, s.width - s.width / 3);
    for (int64_t at = 0; at < s.rows * (s.width + 3); at++) {
      const int64_t column = at % (s.width + 3) - 1;
      const bool is_copied = column >= 0 && column < s.width - s.width / 3;
      CHECK(copied[at] == (is_copied ? x[at / (s.width + 3) * s.width + column] : 7.0f), s.name());
    }
  }
}

void sums_of_columns_and_largest_values() {
  Random random(505);
  for (const Shape& s : kShapes) {
    std::vector<float> x = random.values(s.rows * s.width);
    const std::vector<float> sums = on_any_threads([&] {
      std::vector<float> out(static_cast<size_t>(s.width), NAN);
      sum_columns(x.data(), out.data(), s.rows, s.width);
      return out;
    });
    std::vector<double> expected(static_cast<size_t>(s.width), 0.0);
    for (int64_t at = 0; at < s.rows * s.width; at++) expected[at % s.width] += x[at];
    check_close(sums, expected, 1e-5, s.name());
    // A second largest value behind the first: the first counts.
    if (s.width > 2) x[s.width - 1] = x[1] = 9.0f;
    std::vector<int32_t> best(static_cast<size_t>(s.rows));
    argmax_rows(x.data(), best.data(), s.rows, s.width);
    for (int64_t row = 0; row < s.rows; row++) {
      const float* values = x.data() + row * s.width;
      CHECK(best[row] == std::max_element(values, values + s.width) - values, s.name());
    }
  }
}

void no_rows_and_no_width_touch_nothing() {
  float y = 4.0f;
  for (const Shape& s : {Shape{0, 5}, Shape{int64_t{1} << 31, 0}, Shape{0, 0}}) {
    const int32_t none = 0;
    rms_norm(&y, &y, 1e-5f, &y, s.rows, s.width);
    rotate(&y, &y, &y, &y, s.rows, 3, s.width, 1.0f);
    rotate(&y, &y, &y, &y, s.rows, s.width, 6, 1.0f);
    softmax(&y, &y, s.rows, s.width, false);
    transpose(&y, &y, s.rows, s.width);
    copy_blocks(&y, 1, &y, 1, s.rows, s.width);
    gather_rows(&y, &none, &y, 0, s.width);
    scatter_rows(&y, &none, &y, 0, s.rows, s.width);
    if (s.rows == 0) cross_entropy(&y, &none, &y, &y, s.rows, s.width);
    if (s.width == 0) sum_columns(&y, &y, s.rows, s.width);
    CHECK(y == 4.0f, s.name());
  }
}

}  // namespace

void add_row_tests(std::vector<Test>& tests) {
  tests.push_back({"norms agree with loops, whatever the other rows and threads", norms_agree_with_loops});
  tests.push_back({"gradients of norms agree with finite differences in float64", norm_gradients_agree_with_differences});
  tests.push_back({"a rotation turns pairs, and its opposite turns them back", rotations_turn_pairs_and_back});
  tests.push_back({"rows are gathered, scattered, transposed and copied whole", blocks_of_rows_are_moved_whole});
  tests.push_back({"sums of columns agree with loops; the first of two largest counts", sums_of_columns_and_largest_values});
  tests.push_back({"no rows or no width take no time and touch nothing", no_rows_and_no_width_touch_nothing});
}

}  // namespace foretoken
