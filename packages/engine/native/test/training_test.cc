// Losses, gates and the optimizer against float64.
#include <algorithm>
#include <cmath>

#include "check.h"
#include "rows.h"

namespace foretoken {

namespace {

const std::vector<int64_t> kWidths = {1, 2, 3, 7, 8, 15, 16, 17, 33, 64, 257, 1000};

std::vector<double> log_softmax_loops(const float* x, int64_t width) {
  const double largest = *std::max_element(x, x + width);
  double sum = 0.0;
  for (int64_t at = 0; at < width; at++) sum += std::exp(x[at] - largest);
  std::vector<double> y;
  for (int64_t at = 0; at < width; at++) y.push_back(x[at] - largest - std::log(sum));
  return y;
}

void losses_and_their_gradients_agree_with_loops() {
  Random random(601);
  for (const int64_t V : kWidths) {
    constexpr int64_t R = 13;
    std::vector<float> logits = random.values(R * V);
    for (float& value : logits) value = value * 10.0f + 30.0f;
    std::vector<int32_t> targets;
    for (int64_t row = 0; row < R; row++) targets.push_back(static_cast<int32_t>(random.between(-1, V - 1)));
    const std::vector<float> both = on_any_threads([&] {
      std::vector<float> made(static_cast<size_t>(R + R * V), NAN);
      cross_entropy(logits.data(), targets.data(), made.data(), made.data() + R, R, V);
      return made;
    });
    for (int64_t row = 0; row < R; row++) {
      const std::vector<double> logs = log_softmax_loops(logits.data() + row * V, V);
      const int32_t target = targets[row];
      std::vector<double> flow;
      for (int64_t at = 0; at < V; at++) flow.push_back(target < 0 ? 0.0 : std::exp(logs[at]) - (at == target ? 1.0 : 0.0));
      check_close({both[row]}, {target < 0 ? 0.0 : -logs[target]}, 1e-6, say("loss, V %lld", (long long)V));
      check_close({both.begin() + R + row * V, both.begin() + R + (row + 1) * V}, flow, 1e-6, say("gradient, V %lld", (long long)V));
      if (target < 0) CHECK(std::all_of(both.begin() + R + row * V, both.begin() + R + (row + 1) * V, [](float v) { return v == 0.0f; }));
    }
  }
}

void softmax_agrees_with_loops() {
  Random random(602);
  for (const int64_t width : kWidths) {
    constexpr int64_t rows = 5;
    std::vector<float> x = random.values(rows * width);
    for (float& value : x) value *= 20.0f;
    for (const bool is_log : {false, true}) {
      const std::vector<float> y = on_any_threads([&] {
        std::vector<float> y(x.size(), NAN);
        softmax(x.data(), y.data(), rows, width, is_log);
        return y;
      });
      std::vector<double> expected;
      for (int64_t row = 0; row < rows; row++) {
        for (const double log : log_softmax_loops(x.data() + row * width, width)) expected.push_back(is_log ? log : std::exp(log));
      }
      check_close(y, expected, 1e-6, say("width %lld", (long long)width));
    }
  }
}

/// A logit of minus infinity has no chance; a row with NaN or +infinity has no loss, and says so.
void logits_that_are_not_finite_show() {
  for (const int64_t V : {3, 40}) {
    std::vector<float> logits(static_cast<size_t>(3 * V), 1.0f), loss(3), flow(logits.size());
    logits[1] = -INFINITY;
    logits[V + 1] = NAN;
    logits[2 * V + 2] = INFINITY;
    const int32_t targets[3] = {0, 0, 0};
    cross_entropy(logits.data(), targets, loss.data(), flow.data(), 3, V);
    CHECK(std::fabs(loss[0] - std::log(static_cast<double>(V - 1))) < 1e-6 && flow[1] == 0.0f);
    CHECK(std::isnan(loss[1]) && std::isnan(loss[2]));
    // A NaN of any sign and payload stays one.
    for (const uint32_t bits : {0x7fc00000u, 0xffc00000u, 0x7fc00001u, 0x7fffffffu, 0xffffffffu, 0x7fc0007fu, 0x7fc00081u}) {
      std::memcpy(&logits[0], &bits, 4);
      cross_entropy(logits.data(), targets, loss.data(), flow.data(), 1, V);
      CHECK(std::isnan(loss[0]) && std::isnan(flow[0]), say("NaN %08x", bits));
      softmax(logits.data(), flow.data(), 1, V, false);
      for (int64_t at = 0; at < V; at++) CHECK(std::isnan(flow[at]), say("NaN %08x", bits));
    }
  }
}

double silu(double x) { return x / (1.0 + std::exp(-x)); }

void gates_agree_with_loops_and_differences() {
  Random random(603);
  for (const int64_t count : {1, 3, 4, 7, 8, 16, 17, 31, 5000, 70001}) {
    std::vector<float> gate = random.values(count), up = random.values(count), flow = random.values(count);
    for (float& value : gate) value *= 8.0f;
    const std::vector<float> y = on_any_threads([&] {
      std::vector<float> y(gate.size(), NAN);
      gated(gate.data(), up.data(), y.data(), count);
      return y;
    });
    const std::vector<float> all = on_any_threads([&] {
      std::vector<float> made(3 * gate.size(), NAN);
      gated_backward(flow.data(), gate.data(), up.data(), made.data(), made.data() + count, made.data() + 2 * count, count);
      return made;
    });
    std::vector<double> expected, dgate, dup;
    for (int64_t at = 0; at < count; at++) {
      constexpr double kStep = 1e-6;
      expected.push_back(silu(gate[at]) * up[at]);
      dgate.push_back((silu(gate[at] + kStep) - silu(gate[at] - kStep)) / (2.0 * kStep) * up[at] * flow[at]);
      dup.push_back(silu(gate[at]) * flow[at]);
    }
    check_close(y, expected, 1e-6, "gated");
    check_close({all.begin(), all.begin() + count}, dgate, 1e-6, "d gate");
    check_close({all.begin() + count, all.begin() + 2 * count}, dup, 1e-6, "d up");
    CHECK(same_bits(y, {all.begin() + 2 * count, all.end()}), "the backward pass gives the forward's bits");
  }
}

struct Trained {
  std::vector<float> weight, moment1, moment2;
};

Trained train(const std::vector<std::vector<float>>& start, const std::vector<std::vector<float>>& gradients, size_t slot_size) {
  Trained made{start[0], start[1], start[2]};
  for (size_t step = 1; step <= gradients.size(); step++) {
    std::vector<AdamWRange> slots;
    for (size_t first = 0; first < made.weight.size(); first += slot_size) {
      AdamWRange range{};
      range.weight = made.weight.data() + first;
      range.moment1 = made.moment1.data() + first;
      range.moment2 = made.moment2.data() + first;
      range.gradient = gradients[step - 1].data() + first;
      range.count = std::min(slot_size, made.weight.size() - first);
      range.gradient_scale = 0.5f;
      range.beta1 = 0.9f;
      range.beta2 = 0.95f;
      range.epsilon = 1e-8f;
      range.decay = 1.0f - 0.01f * 0.1f;
      range.rate1 = static_cast<float>(0.01 / (1.0 - std::pow(0.9, static_cast<double>(step))));
      range.bias2 = static_cast<float>(1.0 / (1.0 - std::pow(0.95, static_cast<double>(step))));
      slots.push_back(range);
    }
    adamw(slots);
  }
  return made;
}

void adamw_agrees_with_loops() {
  Random random(604);
  for (const int64_t count : {1, 5, 8, 17, 333, 200003}) {
    const std::vector<std::vector<float>> start = {random.values(count), std::vector<float>(count), std::vector<float>(count)};
    std::vector<std::vector<float>> gradients;
    for (int step = 0; step < 4; step++) gradients.push_back(random.values(count));
    const std::vector<float> all = on_any_threads([&] {
      Trained made = train(start, gradients, static_cast<size_t>(count));
      made.weight.insert(made.weight.end(), made.moment1.begin(), made.moment1.end());
      made.weight.insert(made.weight.end(), made.moment2.begin(), made.moment2.end());
      return made.weight;
    });
    std::vector<double> weights, first, second;
    for (int64_t at = 0; at < count; at++) {
      double w = start[0][at], m = 0.0, v = 0.0;
      for (int step = 1; step <= 4; step++) {
        const double g = 0.5 * gradients[step - 1][at];
        m = 0.9 * m + 0.1 * g;
        v = 0.95 * v + 0.05 * g * g;
        w = w * (1.0 - 0.01 * 0.1) - 0.01 * (m / (1.0 - std::pow(0.9, step))) / (std::sqrt(v / (1.0 - std::pow(0.95, step))) + 1e-8);
      }
      weights.push_back(w);
      first.push_back(m);
      second.push_back(v);
    }
    check_close({all.begin(), all.begin() + count}, weights, 1e-6, "weights");
    check_close({all.begin() + count, all.begin() + 2 * count}, first, 1e-6, "first moments");
    check_close({all.begin() + 2 * count, all.end()}, second, 1e-6, "second moments");
    // How weights are cut into slots changes no bit.
    const Trained pieces = train(start, gradients, 67);
    CHECK(same_bits(pieces.weight.data(), all.data(), static_cast<size_t>(count)));
  }
}

void sums_of_squares_agree_with_loops() {
  Random random(605);
  std::vector<std::vector<float>> tensors;
  double expected = 0.0;
  for (const int64_t count : {0, 1, 15, 16, 17, 1000, 100003}) tensors.push_back(random.values(count));
  std::vector<std::pair<const float*, size_t>> views;
  for (const std::vector<float>& tensor : tensors) {
    views.emplace_back(tensor.data(), tensor.size());
    for (const float value : tensor) expected += static_cast<double>(value) * value;
  }
  std::vector<double> sums;
  for (int threads = 1; threads <= 4; threads++) {
    use_threads(threads);
    sums.push_back(sum_of_squares(views));
  }
  CHECK(std::fabs(sums[0] - expected) <= 1e-10 * expected);
  for (const double sum : sums) CHECK(sum == sums[0], "same bits on any number of threads");
  CHECK(sum_of_squares({}) == 0.0);
}

}  // namespace

void add_training_tests(std::vector<Test>& tests) {
  tests.push_back({"losses and their gradients agree with loops", losses_and_their_gradients_agree_with_loops});
  tests.push_back({"softmax and its logarithm agree with loops", softmax_agrees_with_loops});
  tests.push_back({"logits that are not finite show in their row's loss alone", logits_that_are_not_finite_show});
  tests.push_back({"gates and their gradients agree with loops and finite differences", gates_agree_with_loops_and_differences});
  tests.push_back({"AdamW agrees with loops, however weights are cut into slots", adamw_agrees_with_loops});
  tests.push_back({"sums of squares agree with loops", sums_of_squares_agree_with_loops});
}

}  // namespace foretoken
