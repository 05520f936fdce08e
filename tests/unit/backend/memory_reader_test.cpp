// SPDX-License-Identifier: Apache-2.0
#include "core/backend/cpu/memory_reader.h"

#include <catch2/catch.hpp>
#include <chrono>
#include <thread>

#include "core/base/error.h"

using rs::cpu::MemoryReader;

TEST_CASE("reading memory has a speed that memory can have, with one thread and with several") {
  for (const int n_threads : {1, 2, 3}) {
    INFO(n_threads);
    MemoryReader reader(n_threads, 8ULL << 20U);
    CHECK(reader.nThreads() == n_threads);
    CHECK(reader.nBytes() <= 8ULL << 20U);
    CHECK(reader.nBytes() > (8ULL << 20U) - 3 * 512);
    for (int i = 0; i < 2; ++i) {  // each time every line is read, or it throws
      const double rate = reader.measure();
      CHECK(rate > 1e7);   // under a sanitizer on a busy machine
      CHECK(rate < 1e13);  // no read was left out
    }
  }
}

TEST_CASE("a buffer too small to share is refused") {
  CHECK_THROWS_AS(MemoryReader(2, 1000), rs::Error);
}

TEST_CASE("the clock of one thread stands still while it sleeps, that of several does not") {
  const double together = rs::cpu::computeTime(2);
  const double alone = rs::cpu::computeTime(1);
  std::this_thread::sleep_for(std::chrono::milliseconds(30));
  const double alone_after = rs::cpu::computeTime(1);
  const double together_after = rs::cpu::computeTime(2);
  CHECK(together_after - together >= 0.03);
  CHECK(alone_after - alone < together_after - together);
}
