// Operations on whole tensors of any layout against loops over indices.
#include <algorithm>
#include <cmath>

#include "check.h"
#include "elementwise.h"
#include "indexing.h"
#include "reduce.h"
#include "shape.h"

namespace foretoken {

namespace {

/// Sizes and, for each operand, steps, before axes are merged.
struct Layout {
  std::vector<int64_t> sizes, steps[2];

  int64_t count() const {
    int64_t product = 1;
    for (const int64_t size : sizes) product *= size;
    return product;
  }
  Strided<2> axes() const {
    Strided<2> made;
    for (size_t axis = 0; axis < sizes.size(); axis++) made.add(sizes[axis], {steps[0][axis], steps[1][axis]});
    return made;
  }
  /// Where an operand's value for a place of the result lies.
  int64_t offset(int operand, int64_t place) const {
    int64_t offset = 0;
    for (size_t axis = sizes.size(); axis-- > 0; place /= sizes[axis]) offset += place % sizes[axis] * steps[operand][axis];
    return offset;
  }
};

/// Steps of a tensor without gaps, some of its axes repeated.
std::vector<int64_t> steps_of(const std::vector<int64_t>& sizes, const std::vector<bool>& is_repeated) {
  std::vector<int64_t> steps(sizes.size());
  int64_t step = 1;
  for (size_t axis = sizes.size(); axis-- > 0;) {
    steps[axis] = is_repeated[axis] ? 0 : step;
    if (!is_repeated[axis]) step *= sizes[axis];
  }
  return steps;
}

std::vector<int64_t> random_sizes(Random& random, int64_t most) {
  std::vector<int64_t> sizes;
  for (int64_t axes = random.between(1, 5); axes > 0; axes--) sizes.push_back(random.chance(0.2) ? 1 : random.between(1, most));
  return sizes;
}

std::vector<int32_t> random_ints(Random& random, int64_t count, int64_t low, int64_t high) {
  std::vector<int32_t> made;
  for (int64_t at = 0; at < count; at++) made.push_back(static_cast<int32_t>(random.between(low, high)));
  return made;
}

void broadcasting_agrees_with_loops() {
  Random random(801);
  for (int round = 0; round < rounds(200); round++) {
    use_threads(static_cast<int>(random.between(1, 4)));
    Layout layout;
    layout.sizes = random_sizes(random, random.chance(0.2) ? 40 : 6);
    for (auto& steps : layout.steps) {
      std::vector<bool> is_repeated;
      for (size_t axis = 0; axis < layout.sizes.size(); axis++) is_repeated.push_back(random.chance(0.3));
      steps = steps_of(layout.sizes, is_repeated);
    }
    const int64_t count = layout.count();
    const int64_t reach[2] = {layout.offset(0, count - 1) + 1, layout.offset(1, count - 1) + 1};
    const std::vector<float> a = random.values(reach[0]), b = random.values(reach[1]);
    std::vector<float> y(static_cast<size_t>(count), NAN);
    apply_binary(kSubtract, kFloat32, layout.axes(), a.data(), b.data(), y.data());
    const std::vector<int32_t> c = random_ints(random, reach[0], -5, 5), d = random_ints(random, reach[1], -5, 5);
    std::vector<int32_t> z(static_cast<size_t>(count));
    apply_binary(kMultiply, kInt32, layout.axes(), c.data(), d.data(), z.data());
    std::vector<uint8_t> less(static_cast<size_t>(count));
    apply_binary(kLess, kFloat32, layout.axes(), a.data(), b.data(), less.data());
    for (int64_t place = 0; place < count; place++) {
      const int64_t left = layout.offset(0, place), right = layout.offset(1, place);
      CHECK(y[place] == a[left] - b[right] && z[place] == c[left] * d[right] && less[place] == (a[left] < b[right]));
    }
  }
}

/// Transposing, cutting, repeating and reversing: a whole tensor of values found at any steps.
template <class T>
void check_rearrange(Type type, Random& random) {
  Layout layout;
  std::vector<int64_t> sizes = random_sizes(random, random.chance(0.3) ? 50 : 8);
  std::vector<int64_t> order(sizes.size()), whole = steps_of(sizes, std::vector<bool>(sizes.size(), false));
  for (size_t axis = 0; axis < order.size(); axis++) order[axis] = static_cast<int64_t>(axis);
  for (size_t axis = order.size(); axis-- > 1;) std::swap(order[axis], order[static_cast<size_t>(random.below(static_cast<int64_t>(axis) + 1))]);
  int64_t start = 0;
  for (const int64_t axis : order) {
    const int64_t size = random.between(1, sizes[axis]), stride = sizes[axis] >= 2 * size ? random.between(1, 2) : 1;
    const bool is_reversed = random.chance(0.2);
    if (is_reversed) start += (size - 1) * stride * whole[axis];
    layout.sizes.push_back(size);
    layout.steps[0].push_back((is_reversed ? -stride : stride) * whole[axis]);
  }
  layout.steps[1] = steps_of(layout.sizes, std::vector<bool>(layout.sizes.size(), false));
  int64_t count = 1;
  for (const int64_t size : sizes) count *= size;
  std::vector<T> x, y(static_cast<size_t>(layout.count()));
  for (int64_t at = 0; at < count; at++) x.push_back(static_cast<T>(at));
  rearrange(type, layout.axes(), x.data() + start, y.data());
  for (int64_t place = 0; place < layout.count(); place++) CHECK(y[place] == x[start + layout.offset(0, place)]);
  // And back to where they came from, among zeros.
  std::swap(layout.steps[0], layout.steps[1]);
  std::vector<T> back(static_cast<size_t>(count), T{0});
  rearrange(type, layout.axes(), y.data(), back.data() + start);
  for (int64_t place = 0; place < layout.count(); place++) CHECK(back[start + layout.offset(1, place)] == y[place]);
}

void values_are_found_and_put_at_any_steps() {
  Random random(802);
  for (int round = 0; round < rounds(150); round++) {
    use_threads(static_cast<int>(random.between(1, 4)));
    check_rearrange<float>(kFloat32, random);
    check_rearrange<uint8_t>(kBool, random);
  }
}

void check_reduction(const Reduced& s, Random& random) {
  const std::vector<float> x = random.values(s.count());
  const std::vector<int32_t> ints = random_ints(random, s.count(), -3, 3);
  const auto reduced = [&](int reduction) {
    return on_any_threads([&] {
      std::vector<float> y(static_cast<size_t>(s.outer * s.inner), NAN);
      reduce(reduction, kFloat32, x.data(), y.data(), s);
      return y;
    });
  };
  std::vector<double> sums, means;
  std::vector<float> most;
  std::vector<int32_t> where, totals(static_cast<size_t>(s.outer * s.inner)), got(totals.size());
  reduce(kSum, kInt32, ints.data(), totals.data(), s);
  reduce(kArgLargest, kFloat32, x.data(), got.data(), s);
  for (int64_t at = 0; at < s.outer * s.inner; at++) {
    double sum = 0.0;
    int32_t total = 0, best = 0;
    const auto place = [&](int64_t step) { return (at / s.inner * s.along + step) * s.inner + at % s.inner; };
    for (int64_t step = 0; step < s.along; step++) {
      sum += x[place(step)];
      total += ints[place(step)];
      if (x[place(step)] > x[place(best)]) best = static_cast<int32_t>(step);
    }
    sums.push_back(sum);
    means.push_back(sum / static_cast<double>(s.along));
    most.push_back(s.along > 0 ? x[place(best)] : -INFINITY);
    CHECK(totals[at] == total && got[at] == best, say("along %lld", (long long)s.along));
  }
  check_close(reduced(kSum), sums, 1e-5, "sums");
  CHECK(same_bits(reduced(kLargest), most));
  if (s.along > 0) check_close(reduced(kMean), means, 1e-6, "means");
}

void reductions_agree_with_loops() {
  Random random(803);
  for (const int64_t along : {0, 1, 2, 15, 16, 17, 63, 64, 65, 1024, 1025, 5000}) {
    check_reduction({3, along, 1, true}, random);
    for (const int64_t inner : {1, 2, 33}) check_reduction({2, along, inner, false}, random);
  }
  check_reduction({1, 3, 9000, false}, random);
  check_reduction({4000, 5, 1, true}, random);
}

void running_sums_agree_with_loops() {
  Random random(804);
  for (int round = 0; round < rounds(60); round++) {
    use_threads(static_cast<int>(random.between(1, 4)));
    const Reduced s{random.between(0, 4), random.between(0, 9), random.pick<int64_t>({0, 1, 2, 17, 5000}), false};
    const std::vector<int32_t> x = random_ints(random, s.count(), -4, 4);
    const bool is_exclusive = random.chance(0.5), is_reversed = random.chance(0.5);
    std::vector<int32_t> y(x.size());
    accumulate(false, kInt32, x.data(), y.data(), s, is_exclusive, is_reversed);
    for (int64_t at = 0; at < s.outer * s.inner; at++) {
      int32_t sum = 0;
      for (int64_t step = 0; step < s.along; step++) {
        const int64_t row = is_reversed ? s.along - 1 - step : step;
        const int64_t place = (at / s.inner * s.along + row) * s.inner + at % s.inner;
        CHECK(y[place] == (is_exclusive ? sum : sum + x[place]));
        sum += x[place];
      }
    }
  }
}

void values_are_taken_and_put_by_index() {
  Random random(805);
  for (int round = 0; round < rounds(80); round++) {
    use_threads(static_cast<int>(random.between(1, 4)));
    const Taking s{random.between(1, 3), random.between(1, 4), random.between(1, 9), random.pick<int64_t>({1, 2, 17, 900}), random.between(1, 12)};
    const std::vector<float> x = random.values(s.batch * s.outer * s.along * s.width);
    const std::vector<int32_t> indices = random_ints(random, s.batch * s.count, 0, s.along - 1);
    std::vector<float> y(static_cast<size_t>(s.batch * s.outer * s.count * s.width));
    take(kFloat32, x.data(), indices.data(), y.data(), s);
    for (int64_t at = 0; at < static_cast<int64_t>(y.size()); at++) {
      const int64_t slot = at / s.width % s.count, block = at / s.width / s.count;
      CHECK(y[at] == x[(block * s.along + indices[block / s.outer * s.count + slot]) * s.width + at % s.width]);
    }
    const int64_t rows = random.between(1, 9);
    std::vector<int64_t> places;
    for (int64_t at = 0; at < s.count; at++) places.push_back(random.between(-1, rows - 1));
    std::vector<float> table(static_cast<size_t>(rows * s.width), 0.5f), expected = table;
    add_rows(kFloat32, y.data(), places, table.data(), s.width);
    for (int64_t at = 0; at < s.count * s.width; at++) {
      if (places[at / s.width] >= 0) expected[places[at / s.width] * s.width + at % s.width] += y[at];
    }
    CHECK(same_bits(table, expected));
    put_rows(kFloat32, y.data(), places, table.data(), s.width);
    for (int64_t at = 0; at < s.count * s.width; at++) {
      if (places[at / s.width] >= 0) expected[places[at / s.width] * s.width + at % s.width] = y[at];
    }
    CHECK(same_bits(table, expected));
  }
}

void the_largest_come_first() {
  Random random(806);
  for (int round = 0; round < rounds(60); round++) {
    const int64_t rows = random.between(1, 5), width = random.between(1, 40), k = random.between(0, width);
    std::vector<float> x = random.values(rows * width), values(static_cast<size_t>(rows * k));
    for (float& value : x) value = std::round(value * 5.0f);
    std::vector<int32_t> indices(values.size());
    top_k(kFloat32, x.data(), values.data(), indices.data(), rows, width, k);
    for (int64_t row = 0; row < rows; row++) {
      std::vector<std::pair<float, int32_t>> sorted;
      for (int64_t at = 0; at < width; at++) sorted.emplace_back(-x[row * width + at], static_cast<int32_t>(at));
      std::sort(sorted.begin(), sorted.end());
      for (int64_t at = 0; at < k; at++) CHECK(values[row * k + at] == -sorted[at].first && indices[row * k + at] == sorted[at].second);
    }
  }
}

}  // namespace

void add_tensor_tests(std::vector<Test>& tests) {
  tests.push_back({"operations on two tensors broadcast as loops over indices do", broadcasting_agrees_with_loops});
  tests.push_back({"values are found and put at any steps, backwards included", values_are_found_and_put_at_any_steps});
  tests.push_back({"sums, means and extremes along an axis agree with loops", reductions_agree_with_loops});
  tests.push_back({"running sums agree with loops", running_sums_agree_with_loops});
  tests.push_back({"values are taken, added and put by index", values_are_taken_and_put_by_index});
  tests.push_back({"the largest values come first, the first of a tie before the next", the_largest_come_first});
}

}  // namespace foretoken
