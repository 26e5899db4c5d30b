// foretoken-test [--share=0.1] [--only=words of a title] [--digest] [--plant=mistake]
//
// Runs every test, those of kernels once for each instruction set. Last line: how many passed and failed.
#include <chrono>
#include <cmath>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>

#include "check.h"
#include "pool.h"
#include "processor.h"

namespace foretoken {

namespace {

double share = 1.0;

std::vector<Test> all_tests() {
  std::vector<Test> tests;
  for (const auto add : {add_memory_tests, add_pool_tests, add_product_tests, add_product_bit_tests, add_bfloat16_tests,
                         add_attention_tests, add_own_key_tests, add_cached_attention_tests, add_key_value_tests, add_key_value_commit_tests,
                         add_row_tests, add_training_tests, add_range_tests, add_tensor_tests, add_value_tests}) {
    add(tests);
  }
  return tests;
}

/// @return whether it passed
bool run_one(const Test& test, const std::string& set) {
  use_instruction_set(set);
  use_threads(2);
  const auto started = std::chrono::steady_clock::now();
  std::string reason;
  try {
    test.run();
  } catch (const std::exception& error) {
    reason = error.what();
  }
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  if (reason.empty()) {
    std::printf("ok    %-6s %5.2f s  %s\n", set.c_str(), seconds, test.title);
  } else {
    std::printf("FAIL  %-6s %5.2f s  %s\n      %s\n", set.c_str(), seconds, test.title, reason.c_str());
  }
  std::fflush(stdout);
  return reason.empty();
}

int run_all(const std::string& only) {
  int passed = 0, failed = 0;
  const std::vector<std::string> sets = instruction_sets();
  for (const Test& test : all_tests()) {
    if (std::string(test.title).find(only) == std::string::npos) continue;
    for (const std::string& set : sets) {
      (run_one(test, set) ? passed : failed)++;
      if (!test.is_for_each_set) break;
    }
  }
  std::printf("%d passed, %d failed\n", passed, failed);
  return failed == 0 && passed > 0 ? 0 : 1;
}

int print_digests() {
  for (const std::string& set : instruction_sets()) {
    use_instruction_set(set);
    std::printf("%s %016llx\n", set.c_str(), static_cast<unsigned long long>(digest_of_all()));
  }
  return 0;
}

}  // namespace

int rounds(int full) {
  const int some = static_cast<int>(full * share);
  return some < 1 ? 1 : some;
}

void fail(const char* file, int line, const char* rule, const std::string& detail) {
  const char* name = std::strrchr(file, '/');
  throw std::runtime_error(say("%s:%d: %s", name ? name + 1 : file, line, rule) + (detail.empty() ? "" : " (" + detail + ")"));
}

std::string say(const char* format, ...) {
  char text[512];
  va_list values;
  va_start(values, format);
  std::vsnprintf(text, sizeof text, format, values);
  va_end(values);
  return text;
}

void check_close(const std::vector<float>& got, const std::vector<double>& expected, double tolerance, const std::string& what) {
  CHECK(got.size() == expected.size(), what);
  for (size_t at = 0; at < got.size(); at++) {
    const double distance = std::fabs(got[at] - expected[at]);
    CHECK(distance <= tolerance * (1.0 + std::fabs(expected[at])),
          what + say(" at %zu: %.9g, expected %.9g", at, got[at], expected[at]));
  }
}

void use_threads(int threads) { Pool::instance().set_threads(threads); }

static int run_command(int count, char** arguments) {
  std::string only;
  bool is_digest = false;
  for (int index = 1; index < count; index++) {
    const std::string argument = arguments[index];
    if (argument.rfind("--share=", 0) == 0) {
      share = std::atof(argument.c_str() + 8);
    } else if (argument.rfind("--only=", 0) == 0) {
      only = argument.substr(7);
    } else if (argument.rfind("--plant=", 0) == 0) {
      return plant(argument.substr(8));
    } else if (argument == "--digest") {
      is_digest = true;
    } else {
      std::fprintf(stderr, "unknown argument %s\n", arguments[index]);
      return 2;
    }
  }
  return is_digest ? print_digests() : run_all(only);
}

}  // namespace foretoken

int main(int count, char** arguments) { return foretoken::run_command(count, arguments); }
