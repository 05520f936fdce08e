// SPDX-License-Identifier: Apache-2.0
#include "core/backend/cpu/thread_pool.h"

#include <algorithm>
#include <chrono>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace rs::cpu {
namespace {

constexpr std::chrono::microseconds kSpin{20};
thread_local bool is_in_job = false;

void relax() {
#if defined(__x86_64__)
  _mm_pause();
#endif
}

// Until the value differs from `old`: a short spin, then sleep.
std::uint32_t waitForChange(const std::atomic<std::uint32_t>& value, std::uint32_t old) {
  const auto until = std::chrono::steady_clock::now() + kSpin;
  do {
    for (int i = 0; i < 32; ++i) {
      const std::uint32_t now = value.load(std::memory_order_acquire);
      if (now != old) {
        return now;
      }
      relax();
    }
  } while (std::chrono::steady_clock::now() < until);
  value.wait(old, std::memory_order_acquire);
  return value.load(std::memory_order_acquire);
}

}  // namespace

ThreadPool::ThreadPool(int n_threads) {
  errors_.resize(static_cast<std::size_t>(std::max(n_threads, 1)));
  for (int index = 1; index < size(); ++index) {
    workers_.emplace_back([this, index] { workerLoop(index); });
  }
}

ThreadPool::~ThreadPool() {
  stops_.store(true, std::memory_order_relaxed);
  round_.fetch_add(1, std::memory_order_release);
  round_.notify_all();
  for (std::thread& worker : workers_) {
    worker.join();
  }
}

void ThreadPool::runShare(int index) {
  is_in_job = true;
  try {
    job_.call(job_.object, index, size());
  } catch (...) {  // carried to the caller of run(), whatever it is
    errors_[static_cast<std::size_t>(index)] = std::current_exception();
  }
  is_in_job = false;
}

void ThreadPool::workerLoop(int index) {
  for (std::uint32_t seen = 0;;) {
    seen = waitForChange(round_, seen);
    if (stops_.load(std::memory_order_relaxed)) {
      return;
    }
    runShare(index);
    if (n_pending_.fetch_sub(1, std::memory_order_acq_rel) == 1) {
      n_pending_.notify_one();
    }
  }
}

void ThreadPool::runErased(Job job) {
  if (is_in_job) {
    for (int index = 0; index < size(); ++index) {
      job.call(job.object, index, size());
    }
    return;
  }
  job_ = job;
  if (!workers_.empty()) {
    n_pending_.store(static_cast<std::uint32_t>(workers_.size()), std::memory_order_relaxed);
    round_.fetch_add(1, std::memory_order_release);
    round_.notify_all();
  }
  runShare(0);
  for (std::uint32_t left = n_pending_.load(std::memory_order_acquire); left != 0;) {
    left = waitForChange(n_pending_, left);
  }
  for (std::exception_ptr& error : errors_) {
    if (error != nullptr) {
      const std::exception_ptr first = error;
      std::fill(errors_.begin(), errors_.end(), nullptr);
      std::rethrow_exception(first);
    }
  }
}

}  // namespace rs::cpu
