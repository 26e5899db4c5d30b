// The pool: every task once, whatever the number of threads and whether the workers are awake.
#include "pool.h"

#include <chrono>
#include <numeric>
#include <set>

#include "check.h"

namespace foretoken {

namespace {

/// Runs `tasks` tasks that each note themselves; checks that each ran once.
void run_and_count(int tasks) {
  Pool& pool = Pool::instance();
  std::vector<int> runs(static_cast<size_t>(tasks), 0);
  std::vector<std::atomic<int>> of_worker(static_cast<size_t>(pool.threads()));
  pool.run(tasks, [&](int task, int worker) {
    runs[task]++;  // plainly: a task that ran on two workers is a race
    of_worker[worker].fetch_add(1, std::memory_order_relaxed);
  });
  for (int task = 0; task < tasks; task++) CHECK(runs[task] == 1, say("task %d of %d ran %d times", task, tasks, runs[task]));
  int total = 0;
  for (const auto& count : of_worker) total += count.load();
  CHECK(total == tasks);
}

void every_task_runs_once() {
  for (const int threads : {1, 2, 3, 4, 7, 2, 1, 4}) {
    use_threads(threads);
    CHECK(Pool::instance().threads() == threads);
    for (const int tasks : {0, 1, 2, 3, 4, 5, 17, 100, 1000}) run_and_count(tasks);
  }
}

void many_short_rounds() {
  for (const int threads : {2, 4}) {
    use_threads(threads);
    Pool& pool = Pool::instance();
    int64_t sum = 0;
    for (int round = 0; round < rounds(4000); round++) {
      int64_t parts[3] = {};
      pool.run(3, [&](int task, int) { parts[task] = round + task; });
      sum += parts[0] + parts[1] + parts[2] - 3 * int64_t{round};
    }
    CHECK(sum == 3 * int64_t{rounds(4000)});
  }
}

void sleeping_workers_wake() {
  use_threads(3);
  for (int round = 0; round < rounds(60); round++) {
    // From awake through falling asleep to fast asleep.
    std::this_thread::sleep_for(std::chrono::microseconds(round * 15));
    run_and_count(8);
  }
}

void ranges_cover_all_once() {
  Random random(5);
  for (int round = 0; round < rounds(200); round++) {
    use_threads(static_cast<int>(random.between(1, 4)));
    const size_t count = static_cast<size_t>(random.below(random.chance(0.5) ? 40 : 5000));
    std::vector<int> seen(count, 0);
    Pool::instance().run_ranges(count, static_cast<size_t>(random.between(1, 64)), [&](size_t first, size_t last) {
      for (size_t at = first; at < last; at++) seen[at]++;
    });
    for (size_t at = 0; at < count; at++) CHECK(seen[at] == 1, say("%zu of %zu", at, count));
  }
}

void workers_have_scratch_of_their_own() {
  for (const int threads : {1, 4, 2, 3}) {
    use_threads(threads);
    Pool& pool = Pool::instance();
    for (const size_t floats : {size_t{1}, size_t{100}, size_t{3000}, size_t{10}}) {
      pool.reserve_scratch(floats);
      std::set<float*> all;
      for (int worker = 0; worker < threads; worker++) all.insert(pool.scratch(worker));
      CHECK(static_cast<int>(all.size()) == threads);
      std::atomic<int> overwritten{0};
      pool.run(20, [&](int task, int worker) {
        float* scratch = pool.scratch(worker);
        for (size_t at = 0; at < floats; at++) scratch[at] = static_cast<float>(task);
        for (size_t at = 0; at < floats; at++) overwritten += scratch[at] != static_cast<float>(task);
      });
      CHECK(overwritten == 0);
    }
  }
}

void scratch_that_does_not_fit_leaves_a_usable_pool() {
  use_threads(3);
  Pool& pool = Pool::instance();
  pool.reserve_scratch(1000);
  CHECK_FAULT(pool.reserve_scratch(size_t{1} << 44), "OUT_OF_MEMORY");
  pool.reserve_scratch(500);
  pool.run(9, [&](int task, int worker) {
    for (int at = 0; at < 500; at++) pool.scratch(worker)[at] = static_cast<float>(task);
  });
}

void numbers_of_threads_are_bounded() {
  use_threads(0);
  CHECK(Pool::instance().threads() == 1);
  use_threads(-3);
  CHECK(Pool::instance().threads() == 1);
  CHECK(default_threads() >= 1 && default_threads() <= 4096);
}

}  // namespace

void add_pool_tests(std::vector<Test>& tests) {
  tests.push_back({"every task runs once on any number of threads", every_task_runs_once, false});
  tests.push_back({"many short rounds follow each other without losing a task", many_short_rounds, false});
  tests.push_back({"workers that fell asleep take part again", sleeping_workers_wake, false});
  tests.push_back({"ranges cover every index once", ranges_cover_all_once, false});
  tests.push_back({"every worker has scratch of its own", workers_have_scratch_of_their_own, false});
  tests.push_back({"scratch that does not fit leaves a usable pool", scratch_that_does_not_fit_leaves_a_usable_pool, false});
  tests.push_back({"fewer threads than one are one", numbers_of_threads_are_bounded, false});
}

}  // namespace foretoken
