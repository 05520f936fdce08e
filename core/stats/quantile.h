// SPDX-License-Identifier: Apache-2.0
//
// Order statistics of a few measurements.
//
// Thread: pure functions.
#pragma once

#include <vector>

namespace rs {

// The value below which a share q of the sample lies, linear between neighbours (q 0: least, 1: greatest).
// Range: a sample that is not empty, no NaN in it, 0 <= q <= 1.
[[nodiscard]] double quantile(std::vector<double> sample, double q);

[[nodiscard]] double median(std::vector<double> sample);

}  // namespace rs
