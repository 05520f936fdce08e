// SPDX-License-Identifier: Apache-2.0
#include "core/stats/interval.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <random>
#include <vector>

#include "core/base/error.h"

using rs::estimateMedian;
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

TEST_CASE("a median lies between values as far from both ends as ninety-five per cent allow") {
  // Fewer than 2 heads of 10 coins: 11 in 1024; fewer than 3: 56. So the second value and the last but one.
  const rs::MedianEstimate ten = estimateMedian({10, 9, 8, 7, 6, 5, 4, 3, 2, 1});
  CHECK(ten.value == 5.5);
  CHECK(ten.interval.low == 2);
  CHECK(ten.interval.high == 9);
  CHECK(ten.coverage == Approx(1 - 22.0 / 1024).margin(1e-12));
  CHECK(ten.n == 10);
  const rs::MedianEstimate six = estimateMedian({1, 2, 3, 4, 5, 6});
  CHECK(six.interval.low == 1);
  CHECK(six.interval.high == 6);
  CHECK(six.coverage == Approx(1 - 2.0 / 64).margin(1e-12));
}

TEST_CASE("a few values cover their median less often, and say so") {
  CHECK(estimateMedian({7}).coverage == 0);
  CHECK(estimateMedian({7}).interval.low == 7);
  const rs::MedianEstimate five = estimateMedian({3, 1, 2, 5, 4});
  CHECK(five.interval.low == 1);
  CHECK(five.interval.high == 5);
  CHECK(five.coverage == Approx(0.9375));
  CHECK_THROWS_AS(estimateMedian({}), rs::Error);
}

TEST_CASE("the interval of a median holds the true one as often as it says") {
  std::mt19937 random(5);
  std::exponential_distribution<double> skewed;
  constexpr int kTrials = 4000;
  int n_held = 0;
  double coverage = 0;
  for (int trial = 0; trial < kTrials; ++trial) {
    std::vector<double> sample(21);
    std::generate(sample.begin(), sample.end(), [&] { return skewed(random); });
    const rs::MedianEstimate estimate = estimateMedian(sample);
    coverage = estimate.coverage;
    n_held += static_cast<int>(estimate.interval.low <= std::log(2) && std::log(2) <= estimate.interval.high);
  }
  CHECK(coverage >= 0.95);
  CHECK(static_cast<double>(n_held) / kTrials == Approx(coverage).margin(0.012));  // 3.5 standard errors
}

TEST_CASE("more hits than trials are refused") {
  CHECK_THROWS_AS(wilsonInterval(3, 2), rs::Error);
  CHECK_THROWS_AS(wilsonInterval(-1, 2), rs::Error);
}
