// SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <catch2/catch.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/backend/cpu/thread_pool.h"

namespace rs::cpu {

TEST_CASE("shares cover all items once, in order") {
  for (const int n : {0, 1, 2, 7, 100}) {
    for (const int n_threads : {1, 2, 3, 8}) {
      int next = 0;
      for (int index = 0; index < n_threads; ++index) {
        const Share share = shareOf(n, index, n_threads);
        CHECK(share.begin == next);
        CHECK(share.end >= share.begin);
        next = share.end;
      }
      CHECK(next == n);
    }
  }
}

TEST_CASE("many small jobs each run every item once, with more threads than cores too") {
  const int n_jobs = 500;
  for (const int n_threads : {1, 2, 7}) {
    ThreadPool pool(n_threads);
    std::vector<int> counts(23, 0);
    for (int job = 0; job < n_jobs; ++job) {
      pool.forRange(23, [&](int begin, int end, int) {
        for (int i = begin; i < end; ++i) {
          ++counts[static_cast<std::size_t>(i)];
        }
      });
    }
    CHECK(counts == std::vector<int>(23, n_jobs));
  }
}

TEST_CASE("a job started inside a job runs on the thread that started it") {
  ThreadPool pool(3);
  std::atomic<int> n_items = 0;
  pool.run([&](int, int) { pool.forRange(10, [&](int begin, int end, int) { n_items += end - begin; }); });
  CHECK(n_items == 30);
}

TEST_CASE("the exception of the lowest thread reaches the caller, and the pool goes on") {
  ThreadPool pool(4);
  for (int round = 0; round < 50; ++round) {
    std::string caught;
    try {
      pool.run([](int index, int) {
        if (index >= 1) {
          throw std::runtime_error("thread " + std::to_string(index));
        }
      });
    } catch (const std::runtime_error& error) {
      caught = error.what();
    }
    CHECK(caught == "thread 1");
    std::atomic<int> n_run = 0;
    pool.run([&](int, int) { ++n_run; });
    CHECK(n_run == 4);
  }
}

TEST_CASE("a pool that was never used ends") {
  for (int i = 0; i < 20; ++i) {
    const ThreadPool pool(3);
    CHECK(pool.size() == 3);
  }
}

}  // namespace rs::cpu
