// SPDX-License-Identifier: Apache-2.0
#include "core/stats/quantile.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/base/error.h"

namespace rs {

double quantile(std::vector<double> sample, double q) {
  check(!sample.empty() && q >= 0 && q <= 1, "a quantile needs a sample and a share");
  std::sort(sample.begin(), sample.end());
  const double at = q * static_cast<double>(sample.size() - 1);
  const auto below = static_cast<std::size_t>(std::floor(at));
  const std::size_t above = std::min(below + 1, sample.size() - 1);
  return sample[below] + (at - static_cast<double>(below)) * (sample[above] - sample[below]);
}

double median(std::vector<double> sample) {
  return quantile(std::move(sample), 0.5);
}

}  // namespace rs
