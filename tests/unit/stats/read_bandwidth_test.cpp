// SPDX-License-Identifier: Apache-2.0
#include "core/stats/read_bandwidth.h"

#include <catch2/catch.hpp>

TEST_CASE("reading memory has a speed that memory can have, and says how it was measured") {
  const rs::ReadBandwidth measured = rs::measureReadBandwidth(2, 32ULL << 20U, 3);
  CHECK(measured.threads == 2);
  CHECK(measured.buffer_bytes <= 32ULL << 20U);
  CHECK(measured.buffer_bytes > 31ULL << 20U);
  CHECK(measured.bytes_per_second > 1e7);   // under a sanitizer on a busy machine
  CHECK(measured.bytes_per_second < 1e13);  // no read was left out
}
