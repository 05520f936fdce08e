// SPDX-License-Identifier: Apache-2.0
#include "core/stats/interval.h"

#include <algorithm>
#include <cmath>

#include "core/base/error.h"

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

}  // namespace rs
