// SPDX-License-Identifier: Apache-2.0
#include "core/stats/interval.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/base/error.h"
#include "core/stats/quantile.h"

namespace rs {

Interval wilsonInterval(std::int64_t hits, std::int64_t n, double normal_quantile) {
  check(0 <= hits && hits <= n, "a share counts hits among n");
  if (n == 0) {
    return {0, 1};
  }
  const auto count = static_cast<double>(n);
  const double share = static_cast<double>(hits) / count;
  const double z2 = normal_quantile * normal_quantile;
  const double centre = (share + z2 / (2 * count)) / (1 + z2 / count);
  const double half =
      normal_quantile / (1 + z2 / count) * std::sqrt(share * (1 - share) / count + z2 / (4 * count * count));
  // No hit and nothing but hits touch the ends exactly; rounding must not move them.
  return {hits == 0 ? 0 : std::max(0.0, centre - half), hits == n ? 1 : std::min(1.0, centre + half)};
}

MedianEstimate estimateMedian(std::vector<double> sample) {
  constexpr double kWanted = 0.95;
  check(!sample.empty(), "a median needs a sample");
  std::sort(sample.begin(), sample.end());
  const std::size_t n = sample.size();
  const auto count = static_cast<double>(n);
  // Of n values the number below the median is that of heads of n coins. `beyond`: of at most `cut` heads.
  std::size_t cut = 0;
  double beyond = std::exp2(-count);
  for (double term = beyond; cut + 1 < (n + 1) / 2; ++cut) {
    term *= (count - static_cast<double>(cut)) / (static_cast<double>(cut) + 1);
    if (1 - 2 * (beyond + term) < kWanted) {
      break;
    }
    beyond += term;
  }
  const Interval interval{sample[cut], sample[n - 1 - cut]};
  return {median(std::move(sample)), interval, std::max(0.0, 1 - 2 * beyond), static_cast<int>(n)};
}

}  // namespace rs
