// SPDX-License-Identifier: Apache-2.0
#include "core/stats/quantile.h"

#include <catch2/catch.hpp>

#include "core/base/error.h"

TEST_CASE("quantiles lie on the line between neighbours, whatever the order of the sample") {
  const std::vector<double> sample{4, 1, 3, 2};
  CHECK(rs::quantile(sample, 0) == 1);
  CHECK(rs::quantile(sample, 1) == 4);
  CHECK(rs::median(sample) == 2.5);
  CHECK(rs::quantile(sample, 0.95) == Approx(3.85));
}

TEST_CASE("every quantile of one value is that value") {
  CHECK(rs::quantile({7}, 0.95) == 7);
}

TEST_CASE("a quantile of nothing is refused") {
  CHECK_THROWS_AS(rs::quantile({}, 0.5), rs::Error);
  CHECK_THROWS_AS(rs::quantile({1}, 1.5), rs::Error);
}
