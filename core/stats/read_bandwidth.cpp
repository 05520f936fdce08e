// SPDX-License-Identifier: Apache-2.0
#include "core/stats/read_bandwidth.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <barrier>
#include <chrono>
#include <memory>
#include <new>
#include <span>
#include <thread>
#include <vector>

#include "core/base/error.h"
#include "core/base/text.h"

namespace rs {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kStreams = 8;          // sums that run side by side, so that adding never waits
constexpr std::size_t kTurn = kStreams * 8;  // words of one turn of the loop

std::uint64_t sumOf(std::span<const std::uint64_t> words) {
  std::array<std::uint64_t, kTurn> sums{};
  for (std::size_t at = 0; at + kTurn <= words.size(); at += kTurn) {
    for (std::size_t i = 0; i < kTurn; ++i) {
      sums[i] += words[at + i];
    }
  }
  std::uint64_t total = 0;
  for (const std::uint64_t sum : sums) {
    total += sum;
  }
  return total;
}

}  // namespace

ReadBandwidth measureReadBandwidth(int threads, std::uint64_t buffer_bytes, int passes) {
  check(threads >= 1 && passes >= 1, "a bandwidth is measured by threads in passes");
  const std::size_t n_words = buffer_bytes / sizeof(std::uint64_t);
  const std::unique_ptr<std::uint64_t[]> buffer(new (std::nothrow) std::uint64_t[n_words]);
  if (buffer == nullptr) {
    throw Error(ErrorCode::kMemory,
                "measuring the read bandwidth: " + bytesText(buffer_bytes) + " cannot be had");
  }
  const std::span<std::uint64_t> words(buffer.get(), n_words);
  const auto n_threads = static_cast<std::size_t>(threads);
  const std::size_t share = n_words / n_threads / kTurn * kTurn;

  std::atomic<std::uint64_t> total{0};  // so that no read can be left out
  std::vector<Clock::time_point> marks;
  std::barrier gate(threads, [&]() noexcept { marks.push_back(Clock::now()); });
  marks.reserve(static_cast<std::size_t>(passes) + 1);
  {
    std::vector<std::jthread> workers;
    for (std::size_t i = 0; i < n_threads; ++i) {
      workers.emplace_back([&, i, part = words.subspan(i * share, share)] {
        std::fill(part.begin(), part.end(), i + 1);  // the reader's own pages, on its own memory node
        gate.arrive_and_wait();
        for (int pass = 0; pass < passes; ++pass) {
          total += sumOf(part);
          gate.arrive_and_wait();
        }
      });
    }
  }
  double best = 0;
  const auto read = static_cast<double>(share * n_threads * sizeof(std::uint64_t));
  for (std::size_t i = 1; i < marks.size(); ++i) {
    best = std::max(best, read / std::chrono::duration<double>(marks[i] - marks[i - 1]).count());
  }
  check(total > 0, "every word was read");
  return {best, share * n_threads * sizeof(std::uint64_t), threads};
}

}  // namespace rs
