#include "pool.h"

#include <chrono>
#include <cstdlib>
#include <system_error>
#if defined(__linux__)
#include <sched.h>
#endif

namespace foretoken {

namespace {

constexpr int kMostThreads = 256;

/// Polls before a worker sleeps: about fifty microseconds, longer than JavaScript takes from one operation to the next.
constexpr int kPolls = 2000;

constexpr int kTaskBits = 20;
constexpr uint64_t kTaskMask = (uint64_t{1} << kTaskBits) - 1;

inline uint64_t next_of(uint64_t state) { return state & kTaskMask; }
inline uint64_t end_of(uint64_t state) { return (state >> kTaskBits) & kTaskMask; }
inline uint64_t state_of(uint64_t round, int64_t next, int64_t end) {
  return (round << (2 * kTaskBits)) | (static_cast<uint64_t>(end) << kTaskBits) | static_cast<uint64_t>(next);
}

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
  static Pool* pool = new Pool;
  return *pool;
}

Pool::Pool() { set_threads(default_threads()); }

void Pool::set_threads(int threads) {
  const int wanted = threads < 1 ? 1 : threads > kMostThreads ? kMostThreads : threads;
  if (wanted == threads_ && static_cast<int>(scratch_.size()) == wanted) return;
  stop_workers();
  threads_ = wanted;
  shares_ = std::make_unique<Share[]>(wanted);
  scratch_floats_ = 0;
  scratch_.clear();
  reserve_scratch(1);
  start_workers();
}

void Pool::reserve_scratch(size_t floats) {
  if (floats <= scratch_floats_) return;
  // Without room for all, there is none: the next call starts anew.
  scratch_floats_ = 0;
  scratch_.clear();
  for (int worker = 0; worker < threads_; worker++) scratch_.push_back(std::make_unique<Scratch>(floats));
  scratch_floats_ = floats;
}

void Pool::start_workers() {
  stopping_.store(false);
  try {
    for (int worker = 1; worker < threads_; worker++) workers_.emplace_back([this, worker] { serve(worker); });
  } catch (const std::system_error&) {
    // The system has no more threads: those that started do the work.
    threads_ = static_cast<int>(workers_.size()) + 1;
  }
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
  round_++;
  done_.store(0, std::memory_order_relaxed);
  for (int owner = 0; owner < threads_; owner++) {
    const int64_t next = static_cast<int64_t>(tasks) * owner / threads_, end = static_cast<int64_t>(tasks) * (owner + 1) / threads_;
    shares_[owner].state.store(state_of(round_, next, end), std::memory_order_release);
  }
  current_.store(round_, std::memory_order_seq_cst);
  if (asleep_.load(std::memory_order_seq_cst) > 0) {
    // Taken and let go, so that a worker between its last look and its sleep does not miss the call.
    { std::lock_guard<std::mutex> lock(mutex_); }
    wake_.notify_all();
  }
  take_tasks(0);
  for (int polls = 0; done_.load(std::memory_order_acquire) < tasks; polls++) {
    if (polls < kPolls) rest();
    else std::this_thread::yield();
  }
}

void Pool::take_tasks(int worker) {
  for (int step = 0; step < threads_; step++) take_share((worker + step) % threads_, worker);
}

void Pool::take_share(int owner, int worker) {
  std::atomic<uint64_t>& share = shares_[owner].state;
  uint64_t state = share.load(std::memory_order_acquire);
  while (next_of(state) < end_of(state)) {
    if (!share.compare_exchange_weak(state, state + 1, std::memory_order_acq_rel, std::memory_order_acquire)) continue;
    // The call cannot end before this task has, so what it left here stays.
    task_(context_, static_cast<int>(next_of(state)), worker);
    done_.fetch_add(1, std::memory_order_release);
    state = share.load(std::memory_order_acquire);
  }
}

void Pool::serve(int worker) {
  uint64_t seen = current_.load(std::memory_order_acquire);
  const auto is_new = [&] { return current_.load(std::memory_order_seq_cst) != seen; };
  for (;;) {
    for (int polls = 0; polls < kPolls && !is_new() && !stopping_.load(std::memory_order_relaxed); polls++) rest();
    if (!is_new()) {
      std::unique_lock<std::mutex> lock(mutex_);
      asleep_.fetch_add(1, std::memory_order_seq_cst);
      wake_.wait(lock, [&] { return is_new() || stopping_.load(); });
      asleep_.fetch_sub(1, std::memory_order_seq_cst);
    }
    if (stopping_.load()) return;
    seen = current_.load(std::memory_order_acquire);
    take_tasks(worker);
  }
}

}  // namespace foretoken
