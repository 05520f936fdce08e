// SPDX-License-Identifier: Apache-2.0
//
// How far a number that was counted or measured may be from the true one.
//
// Thread: pure functions.
#pragma once

#include <cstdint>
#include <vector>

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

// A median and where the true one lies.
struct MedianEstimate {
  double value = 0;
  Interval interval;
  double coverage = 0;  // how often such an interval holds the true median, at least
  int n = 0;
};

// Between two values of the sample, as many from its ends: a median lies there however the values are spread.
// The narrowest such interval that covers 95 %; below six values all of them, which cover less.
//
// Range: a sample that is not empty, values independent of one another, no NaN.
[[nodiscard]] MedianEstimate estimateMedian(std::vector<double> sample);

}  // namespace rs
