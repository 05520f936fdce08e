// SPDX-License-Identifier: Apache-2.0
#include "core/stats/interval.h"

#include <catch2/catch.hpp>

#include "core/base/error.h"

using rs::wilsonInterval;

TEST_CASE("Wilson's interval agrees with values worked out by hand") {
  // 10 of 20: centre 1/2, half = z/(1 + z²/n) * sqrt(1/(4n) + z²/(4n²)).
  const rs::Interval half = wilsonInterval(10, 20);
  CHECK(half.low == Approx(0.299298).margin(1e-6));
  CHECK(half.high == Approx(0.700702).margin(1e-6));
  // 1 of 10.
  const rs::Interval few = wilsonInterval(1, 10);
  CHECK(few.low == Approx(0.017876).margin(1e-6));
  CHECK(few.high == Approx(0.404150).margin(1e-6));
}

TEST_CASE("an interval of no hits begins at zero and is not empty") {
  const rs::Interval none = wilsonInterval(0, 10);
  CHECK(none.low == 0);
  // z² / (n + z²)
  CHECK(none.high == Approx(0.277533).margin(1e-6));
  const rs::Interval all = wilsonInterval(10, 10);
  CHECK(all.high == 1);
  CHECK(all.low == Approx(1 - none.high).margin(1e-12));
}

TEST_CASE("nothing counted says nothing") {
  const rs::Interval nothing = wilsonInterval(0, 0);
  CHECK(nothing.low == 0);
  CHECK(nothing.high == 1);
}

TEST_CASE("an interval holds its share, shrinks with n and stays inside zero and one") {
  for (const std::int64_t n : {1, 2, 7, 100, 100000}) {
    double width = 2;
    for (const std::int64_t scale : {1, 10, 100}) {
      const rs::Interval interval = wilsonInterval(n / 2 * scale, n * scale);
      const double share = static_cast<double>(n / 2) / static_cast<double>(n);
      CHECK(interval.low >= 0);
      CHECK(interval.high <= 1);
      CHECK(interval.low <= share);
      CHECK(share <= interval.high);
      CHECK(interval.high - interval.low < width);
      width = interval.high - interval.low;
    }
  }
}

TEST_CASE("more hits than trials are refused") {
  CHECK_THROWS_AS(wilsonInterval(3, 2), rs::Error);
  CHECK_THROWS_AS(wilsonInterval(-1, 2), rs::Error);
}
