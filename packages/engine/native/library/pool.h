// Threads that live as long as the process and share the tasks of one call at a time.
#pragma once
#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "memory.h"

namespace foretoken {

class Pool {
 public:
  static Pool& instance();
  /// Never destroyed: a thread that waits must not see its pool go.
  ~Pool() = delete;

  /// Threads that take part, the caller's included.
  int threads() const { return threads_; }
  /// @param threads - 1 to 256; more are taken as 256
  void set_threads(int threads);

  /**
   * Runs `work(task, worker)` for every task in [0, tasks), each once; returns when all are done. Each worker begins with the
   * same share of every call, so that rows which one operation leaves in a core's cache are found there by the next; then it
   * takes what others have not begun. No result may depend on who takes what. The caller is worker 0.
   */
  template <class Work>
  void run(int tasks, const Work& work) {
    if (tasks <= 0) return;
    if (tasks == 1 || threads_ == 1) {
      for (int task = 0; task < tasks; task++) work(task, 0);
      return;
    }
    // In batches, as the word that hands tasks out counts to a million.
    for (int first = 0; first < tasks; first += kMostTasks) {
      const auto part = [&work, first](int task, int worker) { work(first + task, worker); };
      using Part = decltype(part);
      share(tasks - first < kMostTasks ? tasks - first : kMostTasks,
            [](const void* context, int task, int worker) { (*static_cast<const Part*>(context))(task, worker); }, &part);
    }
  }

  /// Splits [0, count) into parts of at least `grain` and runs `work(begin, end)` on each.
  template <class Work>
  void run_ranges(size_t count, size_t grain, const Work& work) {
    if (count == 0) return;
    size_t parts = (count + grain - 1) / grain;
    const size_t most = static_cast<size_t>(threads_) * 4;
    if (parts > most) parts = most;
    const size_t size = ((count + parts - 1) / parts + 15) / 16 * 16;
    run(static_cast<int>((count + size - 1) / size), [&](int task, int) {
      const size_t begin = static_cast<size_t>(task) * size;
      work(begin, begin + size < count ? begin + size : count);
    });
  }

  /// Scratch of each worker, at least `floats` long and uninitialized; valid until the next call.
  void reserve_scratch(size_t floats);
  float* scratch(int worker) const { return scratch_[worker]->data(); }

 private:
  static constexpr int kMostTasks = (1 << 20) - 1;
  using Task = void (*)(const void* context, int task, int worker);

  Pool();
  void share(int tasks, Task task, const void* context);
  void start_workers();
  void stop_workers();
  void serve(int worker);
  void take_tasks(int worker);
  void take_share(int owner, int worker);

  int threads_ = 1;
  std::vector<std::thread> workers_;
  std::vector<std::unique_ptr<Scratch>> scratch_;
  size_t scratch_floats_ = 0;

  // One call at a time. A worker that comes late finds no task left and is not waited for.
  Task task_ = nullptr;
  const void* context_ = nullptr;
  uint64_t round_ = 0;
  /// A worker's share of the tasks: round, end and next task in one word, so that a task is only ever taken in its own round.
  struct alignas(64) Share {
    std::atomic<uint64_t> state{0};
  };
  std::unique_ptr<Share[]> shares_;
  alignas(64) std::atomic<uint64_t> current_{0};  // the round that has begun
  alignas(64) std::atomic<int> done_{0};
  std::atomic<int> asleep_{0};
  std::atomic<bool> stopping_{false};
  std::mutex mutex_;
  std::condition_variable wake_;
};

/// The cores that this process may use, or FORETOKEN_THREADS where it is a number from 1 on.
int default_threads();

}  // namespace foretoken
