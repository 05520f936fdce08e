// SPDX-License-Identifier: Apache-2.0
//
// What this process takes: processor time of all its threads, memory.
#pragma once

#include <unistd.h>

#include <cstdio>
#include <ctime>

namespace rs::bench {

// Those of a software GL included.
inline double processorMilliseconds() {
  timespec t{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) * 1e3 + static_cast<double>(t.tv_nsec) / 1e6;
}

inline long residentMegabytes() {
  std::FILE* file = std::fopen("/proc/self/statm", "r");
  if (file == nullptr) {
    return 0;
  }
  long pages = 0;
  const int n_read = std::fscanf(file, "%*d %ld", &pages);
  static_cast<void>(std::fclose(file));
  return n_read == 1 ? pages * sysconf(_SC_PAGESIZE) / 1'000'000 : 0;
}

}  // namespace rs::bench
