// A test is a sentence and a function. A check that fails ends its test and says where; inputs come from seeds alone.
#pragma once
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string>
#include <vector>

#include "errors.h"

namespace foretoken {

struct Test {
  const char* title;
  void (*run)();
  /// Whether it is run anew on every instruction set.
  bool is_for_each_set = true;
};

void add_memory_tests(std::vector<Test>& tests);
void add_pool_tests(std::vector<Test>& tests);
void add_product_tests(std::vector<Test>& tests);
void add_product_bit_tests(std::vector<Test>& tests);
void add_bfloat16_tests(std::vector<Test>& tests);
void add_attention_tests(std::vector<Test>& tests);
void add_own_key_tests(std::vector<Test>& tests);
void add_cached_attention_tests(std::vector<Test>& tests);
void add_key_value_tests(std::vector<Test>& tests);
void add_key_value_commit_tests(std::vector<Test>& tests);
void add_row_tests(std::vector<Test>& tests);
void add_training_tests(std::vector<Test>& tests);
void add_range_tests(std::vector<Test>& tests);
void add_tensor_tests(std::vector<Test>& tests);
void add_value_tests(std::vector<Test>& tests);

/// Bits of the same work on the instruction set in use, as one number to compare with other sets and machines.
uint64_t digest_of_all();

/// Makes a mistake that a sanitizer must find; gives 0 where it goes unseen.
int plant(const std::string& mistake);

/// How often something random is tried: all of `full`, or the share that the command line asks for, once at least.
int rounds(int full);

[[noreturn]] void fail(const char* file, int line, const char* rule, const std::string& detail = "");

/// printf into a string.
std::string say(const char* format, ...) __attribute__((format(printf, 1, 2)));

#define CHECK(condition, ...)                                                        \
  do {                                                                               \
    if (!(condition)) ::foretoken::fail(__FILE__, __LINE__, #condition, ##__VA_ARGS__); \
  } while (false)

/// That an expression throws a Fault of this code.
#define CHECK_FAULT(expression, expected)                                                       \
  do {                                                                                          \
    std::string got = "nothing";                                                                \
    try {                                                                                       \
      expression;                                                                               \
    } catch (const ::foretoken::Fault& fault) {                                                 \
      got = fault.code();                                                                       \
    }                                                                                           \
    if (got != expected) ::foretoken::fail(__FILE__, __LINE__, #expression, "threw " + got + ", not " + expected); \
  } while (false)

/// Numbers from a seed: splitmix64.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}

  uint64_t bits() {
    uint64_t z = state_ += 0x9e3779b97f4a7c15ull;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
    return z ^ (z >> 31);
  }
  /// In [0, count).
  int64_t below(int64_t count) { return static_cast<int64_t>(bits() % static_cast<uint64_t>(count)); }
  /// In [first, last].
  int64_t between(int64_t first, int64_t last) { return first + below(last - first + 1); }
  bool chance(double p) { return static_cast<double>(bits() >> 11) * 0x1p-53 < p; }
  /// In [-1, 1), every bit of it random, so that a sum in another order shows.
  float value() { return static_cast<float>(static_cast<double>(bits() >> 11) * 0x1p-52 - 1.0); }
  std::vector<float> values(int64_t count) {
    std::vector<float> made(static_cast<size_t>(count));
    for (float& value : made) value = this->value();
    return made;
  }
  template <class T>
  const T& pick(const std::vector<T>& from) {
    return from[static_cast<size_t>(below(static_cast<int64_t>(from.size())))];
  }

 private:
  uint64_t state_;
};

inline bool same_bits(const float* a, const float* b, size_t count) { return std::memcmp(a, b, count * sizeof(float)) == 0; }

inline bool same_bits(const std::vector<float>& a, const std::vector<float>& b) {
  return a.size() == b.size() && (a.empty() || same_bits(a.data(), b.data(), a.size()));
}

/// Checks each value within `tolerance` times (1 + its size).
void check_close(const std::vector<float>& got, const std::vector<double>& expected, double tolerance, const std::string& what);

/// Runs `work` on 1, 2, 3 and 4 threads; each time it must give the same bits. @return what one thread gave
template <class Work>
std::vector<float> on_any_threads(const Work& work);

void use_threads(int threads);

template <class Work>
std::vector<float> on_any_threads(const Work& work) {
  use_threads(1);
  const std::vector<float> alone = work();
  for (int threads = 2; threads <= 4; threads++) {
    use_threads(threads);
    if (!same_bits(alone, work())) fail(__FILE__, __LINE__, "same bits on any number of threads", say("%d threads", threads));
  }
  use_threads(2);
  return alone;
}

}  // namespace foretoken
