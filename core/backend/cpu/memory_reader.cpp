// SPDX-License-Identifier: Apache-2.0
#include "core/backend/cpu/memory_reader.h"

#include <algorithm>
#include <ctime>

#include "core/base/error.h"

namespace rs::cpu {
namespace {

constexpr std::size_t kWordsPerLine = 8;
constexpr std::size_t kStreams = 8;
constexpr std::size_t kPart = kStreams * kWordsPerLine;
constexpr std::size_t kLinesAhead = 32;

// The sum of one word of each line: enough to bring the line in, and less to do than all of them.
// Range: n a multiple of kStreams * kWordsPerLine.
template <std::size_t n_streams>
std::uint64_t sumOfLines(const std::uint64_t* words, std::size_t n) {
  const std::size_t n_part = n / n_streams;
  std::uint64_t sums[n_streams] = {};
  for (std::size_t at = 0; at < n_part; at += kWordsPerLine) {
    for (std::size_t stream = 0; stream < n_streams; ++stream) {
      const std::uint64_t* word = words + stream * n_part + at;
      __builtin_prefetch(word + kLinesAhead * kWordsPerLine);
      sums[stream] += *word;
    }
  }
  std::uint64_t total = 0;
  for (const std::uint64_t sum : sums) {
    total += sum;
  }
  return total;
}

}  // namespace

double computeTime(int n_threads) {
  timespec time{};
  clock_gettime(n_threads == 1 ? CLOCK_THREAD_CPUTIME_ID : CLOCK_MONOTONIC, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

MemoryReader::MemoryReader(int n_threads, std::uint64_t n_bytes)
    : pool_(n_threads),
      words_(n_bytes / sizeof(std::uint64_t) / (kPart * static_cast<std::size_t>(pool_.size())) * kPart *
                 static_cast<std::size_t>(pool_.size()),
             "measuring how fast memory is read"),
      sums_(static_cast<std::size_t>(pool_.size()) * kWordsPerLine, "sums") {
  check(words_.size() > 0, "there is memory to read");
  pool_.run([&](int index, int n) {
    const std::size_t share = words_.size() / static_cast<std::size_t>(n);
    // The reader's own pages, on its own memory node. Untouched pages would all be the same one.
    std::fill_n(words_.data() + static_cast<std::size_t>(index) * share, share, 1);
  });
}

double MemoryReader::measure() {
  double best = 0;
  for (const auto sum : {sumOfLines<1>, sumOfLines<kStreams>}) {
    std::fill_n(sums_.data(), sums_.size(), 0);
    const double start = computeTime(pool_.size());
    pool_.run([&](int index, int n) {
      const std::size_t share = words_.size() / static_cast<std::size_t>(n);
      sums_[static_cast<std::size_t>(index) * kWordsPerLine] =
          sum(words_.data() + static_cast<std::size_t>(index) * share, share);
    });
    const double seconds = computeTime(pool_.size()) - start;
    std::uint64_t n_lines = 0;
    for (std::size_t i = 0; i < sums_.size(); i += kWordsPerLine) {
      n_lines += sums_[i];
    }
    check(n_lines == words_.size() / kWordsPerLine, "every line was read once");
    best = std::max(best, static_cast<double>(nBytes()) / seconds);
  }
  return best;
}

}  // namespace rs::cpu
