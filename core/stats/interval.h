// SPDX-License-Identifier: Apache-2.0
//
// How far a counted share may be from the true one.
//
// Thread: pure functions.
#pragma once

#include <cstdint>

namespace rs {

struct Interval {
  double low = 0;
  double high = 1;
};

// The standard normal quantile that leaves 2.5 % on each side.
inline constexpr double kNormal95 = 1.959963984540054;

// Wilson's score interval of a share, hits of n; everything, [0, 1], for n = 0.
//
// Range:  0 <= hits <= n.
// Source: E. B. Wilson, Journal of the American Statistical Association 22 (1927), 209-212.
[[nodiscard]] Interval wilsonInterval(std::int64_t hits, std::int64_t n, double normal_quantile = kNormal95);

}  // namespace rs
