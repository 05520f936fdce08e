// SPDX-License-Identifier: Apache-2.0
//
// How fast this machine reads memory: the yardstick for anything that reads weights once a token.
#pragma once

#include <cstdint>

namespace rs {

struct ReadBandwidth {
  double bytes_per_second = 0;  // the best of the passes
  std::uint64_t buffer_bytes = 0;
  int threads = 0;
};

// Reads a buffer of its own with this many threads, several passes, each thread its own part.
//
// Range:  threads >= 1, passes >= 1; a buffer far larger than the caches, or they answer.
// Errors: Error{kMemory} with the size.
// Cost:   the buffer and, at 10 GB/s, a third of a second for 512 MiB and six passes.
[[nodiscard]] ReadBandwidth measureReadBandwidth(int threads, std::uint64_t buffer_bytes, int passes = 6);

}  // namespace rs
