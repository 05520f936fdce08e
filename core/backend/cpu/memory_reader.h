// SPDX-License-Identifier: Apache-2.0
//
// How fast this machine reads memory with the threads and pages that the CPU backend uses: the yardstick for
// what reads weights once a token.
#pragma once

#include <cstdint>

#include "core/backend/cpu/buffer.h"
#include "core/backend/cpu/thread_pool.h"

namespace rs::cpu {

// Seconds on a clock of which only differences mean something: the processor time of the caller where one
// thread computes, so that other programs matter less, else the time on the wall.
[[nodiscard]] double computeTime(int n_threads);

class MemoryReader {
 public:
  // Range:  n_threads >= 1; a buffer many times larger than the last cache, or the caches answer.
  // Errors: Error{kMemory} with the size.
  // Cost:   the buffer, written once.
  MemoryReader(int n_threads, std::uint64_t n_bytes);

  // Bytes per second. Each thread reads its own part, once as one stream and once as several side by side,
  // asked for ahead; the faster counts. Which one that is depends on processor and memory.
  [[nodiscard]] double measure();

  [[nodiscard]] int nThreads() const { return pool_.size(); }
  [[nodiscard]] std::uint64_t nBytes() const { return words_.size() * sizeof(std::uint64_t); }

 private:
  ThreadPool pool_;
  Buffer<std::uint64_t> words_;
  Buffer<std::uint64_t> sums_;  // a line for each thread, so that no read can be left out
};

}  // namespace rs::cpu
