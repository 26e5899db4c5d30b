#include "pool.h"

#include <chrono>
#include <cstdlib>
#if defined(__linux__)
#include <sched.h>
#endif

namespace foretoken {

namespace {

constexpr int kMostThreads = 256;

/// Polls before a worker sleeps: about fifty microseconds, longer than JavaScript takes from one operation to the next.
constexpr int kPolls = 2000;

inline void rest() {
#if defined(__x86_64__) || defined(_M_X64)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

}  // namespace

int default_threads() {
  if (const char* given = std::getenv("FORETOKEN_THREADS")) {
    const int threads = std::atoi(given);
    if (threads >= 1) return threads < kMostThreads ? threads : kMostThreads;
  }
#if defined(__linux__)
  cpu_set_t allowed;
  if (sched_getaffinity(0, sizeof allowed, &allowed) == 0) return CPU_COUNT(&allowed);
#endif
  const unsigned cores = std::thread::hardware_concurrency();
  return cores > 0 ? static_cast<int>(cores) : 1;
}

Pool& Pool::instance() {
  static Pool* pool = new Pool;  // never destroyed: a thread that waits must not see its pool go
  return *pool;
}

Pool::Pool() { set_threads(default_threads()); }

Pool::~Pool() { stop_workers(); }

void Pool::set_threads(int threads) {
  const int wanted = threads < 1 ? 1 : threads > kMostThreads ? kMostThreads : threads;
  if (wanted == threads_ && static_cast<int>(scratch_.size()) == wanted) return;
  stop_workers();
  threads_ = wanted;
  scratch_floats_ = 0;
  scratch_.clear();
  reserve_scratch(1);
  start_workers();
}

void Pool::reserve_scratch(size_t floats) {
  if (floats <= scratch_floats_) return;
  scratch_.clear();
  for (int worker = 0; worker < threads_; worker++) scratch_.push_back(std::make_unique<Scratch>(floats));
  scratch_floats_ = floats;
}

void Pool::start_workers() {
  stopping_.store(false);
  const uint64_t seen = round_.load();
  for (int worker = 1; worker < threads_; worker++) workers_.emplace_back([this, worker, seen] { serve(worker, seen); });
}

void Pool::stop_workers() {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    stopping_.store(true);
  }
  wake_.notify_all();
  for (std::thread& worker : workers_) worker.join();
  workers_.clear();
}

void Pool::share(int tasks, Task task, const void* context) {
  task_ = task;
  context_ = context;
  tasks_ = tasks;
  next_.store(0, std::memory_order_relaxed);
  busy_.store(threads_ - 1, std::memory_order_relaxed);
  round_.fetch_add(1, std::memory_order_seq_cst);
  if (asleep_.load(std::memory_order_seq_cst) > 0) {
    // Taken and let go, so that a worker between its last look and its sleep does not miss the call.
    { std::lock_guard<std::mutex> lock(mutex_); }
    wake_.notify_all();
  }
  take_tasks(0);
  for (int polls = 0; busy_.load(std::memory_order_acquire) > 0; polls++) {
    if (polls < kPolls) rest();
    else std::this_thread::yield();
  }
}

void Pool::take_tasks(int worker) {
  for (;;) {
    const int task = next_.fetch_add(1, std::memory_order_relaxed);
    if (task >= tasks_) return;
    task_(context_, task, worker);
  }
}

void Pool::serve(int worker, uint64_t seen) {
  for (;;) {
    for (int polls = 0; polls < kPolls && round_.load(std::memory_order_acquire) == seen && !stopping_.load(std::memory_order_relaxed); polls++) {
      rest();
    }
    if (round_.load(std::memory_order_acquire) == seen) {
      std::unique_lock<std::mutex> lock(mutex_);
      asleep_.fetch_add(1, std::memory_order_seq_cst);
      wake_.wait(lock, [&] { return round_.load(std::memory_order_seq_cst) != seen || stopping_.load(); });
      asleep_.fetch_sub(1, std::memory_order_seq_cst);
    }
    if (stopping_.load() && round_.load() == seen) return;
    seen++;
    take_tasks(worker);
    busy_.fetch_sub(1, std::memory_order_release);
  }
}

}  // namespace foretoken
