// SPDX-License-Identifier: Apache-2.0
//
// Fork and join for the kernels: every thread runs the same function on its static share of the work. Waiting
// threads spin for some microseconds, then sleep, so that a window stays alive on two cores.
//
// Thread: run() from one thread at a time; inside a running job, run() runs serially on the caller.
// Errors: the exception of the lowest-numbered thread that threw is thrown again in run().
// Cost:   no allocation in run().
#pragma once

#include <atomic>
#include <cstdint>
#include <exception>
#include <thread>
#include <vector>

namespace rs::cpu {

// [begin, end) of thread `index` when n items are dealt to n_threads.
struct Share {
  int begin = 0;
  int end = 0;
};
[[nodiscard]] inline Share shareOf(int n, int index, int n_threads) {
  const auto at = [&](int i) { return static_cast<int>(static_cast<std::int64_t>(n) * i / n_threads); };
  return {at(index), at(index + 1)};
}

class ThreadPool {
 public:
  explicit ThreadPool(int n_threads);  // the caller of run() is one of them
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  [[nodiscard]] int size() const { return static_cast<int>(errors_.size()); }

  // work(index, n_threads) once on each thread.
  template <class Work>
  void run(const Work& work) {
    runErased({&work, [](const void* object, int index, int n_threads) {
                 (*static_cast<const Work*>(object))(index, n_threads);
               }});
  }

  // work(begin, end, index) on each thread's share of n items; on the caller alone when there is one item.
  template <class Work>
  void forRange(int n, const Work& work) {
    if (n <= 1 || size() == 1) {
      if (n > 0) {
        work(0, n, 0);
      }
      return;
    }
    run([&](int index, int n_threads) {
      const Share share = shareOf(n, index, n_threads);
      if (share.begin < share.end) {
        work(share.begin, share.end, index);
      }
    });
  }

 private:
  struct Job {
    const void* object = nullptr;
    void (*call)(const void*, int, int) = nullptr;
  };
  void runErased(Job job);
  void runShare(int index);
  void workerLoop(int index);

  Job job_;
  std::atomic<std::uint32_t> round_{0};  // a new value starts a job
  std::atomic<std::uint32_t> n_pending_{0};
  std::atomic<bool> stops_{false};
  std::vector<std::exception_ptr> errors_;  // one for each thread
  std::vector<std::thread> workers_;
};

}  // namespace rs::cpu
