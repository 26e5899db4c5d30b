// Mistakes made on purpose: what each sanitizer must find, or its silence about the rest means nothing.
#include <cstdio>
#include <limits>
#include <thread>

#include "check.h"
#include "memory.h"

namespace foretoken {

namespace {

/// One value behind a buffer whose size class has room for it.
int overflow_a_buffer() {
  const Scratch scratch(25);
  scratch.data()[rounds(25)] = 1.0f;
  return 0;
}

/// A value of a buffer that was given back and waits for reuse.
int read_a_freed_buffer() {
  float* values = static_cast<float*>(Memory::instance().allocate(400));
  Memory::instance().release(values, 400);
  volatile float seen = values[rounds(3)];
  (void)seen;
  return 0;
}

int overflow_an_integer() {
  volatile int largest = std::numeric_limits<int>::max();
  largest = largest + rounds(1);
  return 0;
}

int race_for_a_number() {
  // Threads of its own: a worker of the pool that comes late finds no task left, and then there is no race.
  int sum = 0;
  const auto count = [&sum] {
    for (int round = 0; round < 2000; round++) sum += round % 3;
  };
  std::thread other(count);
  count();
  other.join();
  return sum < 0;
}

int lose_a_buffer() {
  static float* volatile lost;
  lost = new float[static_cast<size_t>(rounds(77))];
  lost = nullptr;
  (void)lost;
  return 0;
}

}  // namespace

int plant(const std::string& mistake) {
  if (mistake == "overflow") return overflow_a_buffer();
  if (mistake == "freed") return read_a_freed_buffer();
  if (mistake == "integer") return overflow_an_integer();
  if (mistake == "race") return race_for_a_number();
  if (mistake == "leak") return lose_a_buffer();
  std::fprintf(stderr, "no mistake is called %s\n", mistake.c_str());
  return 2;
}

}  // namespace foretoken
