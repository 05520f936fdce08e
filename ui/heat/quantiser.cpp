// SPDX-License-Identifier: Apache-2.0
#include "ui/heat/quantiser.h"

#include <algorithm>
#include <cmath>

#include "core/base/error.h"

namespace rs::heat {

Quantiser::Quantiser(Extreme extreme, float low, float high) : extreme_(extreme), low_(low), high_(high) {
  check(std::isfinite(low) && std::isfinite(high) && low < high,
        "quantiser: a finite range that is not empty");
  check(extreme != Extreme::kAbs || low == -high, "quantiser: a range symmetric about 0");
}

uint8_t Quantiser::encode(float value) const {
  if (std::isnan(value)) {
    return 0;
  }
  const float v = std::clamp(value, low_, high_);
  if (extreme_ == Extreme::kAbs) {
    // 0 is 1; magnitude 1 is 2 (negative) or 3 (positive), and so on to 254 and 255.
    const int magnitude = static_cast<int>(std::abs(v) / high_ * 127 + 0.5F);
    return static_cast<uint8_t>(magnitude == 0 ? 1 : 2 * magnitude + (v > 0 ? 1 : 0));
  }
  const int rank = static_cast<int>((v - low_) / (high_ - low_) * 254 + 0.5F);
  return static_cast<uint8_t>(extreme_ == Extreme::kMax ? 1 + rank : 255 - rank);
}

int Quantiser::encode(std::span<const float> values, std::span<uint8_t> codes) const {
  check(values.size() == codes.size(), "quantiser: a code for each value");
  int n_clipped = 0;
  for (size_t i = 0; i < values.size(); ++i) {
    codes[i] = encode(values[i]);
    n_clipped += clips(values[i]) ? 1 : 0;
  }
  return n_clipped;
}

float Quantiser::decode(uint8_t code) const {
  check(code > 0, "quantiser: no value for no data");
  if (extreme_ == Extreme::kAbs) {
    const float magnitude = static_cast<float>(code / 2) / 127 * high_;
    return code == 1 ? 0.0F : code % 2 == 1 ? magnitude : -magnitude;
  }
  const int rank = extreme_ == Extreme::kMax ? code - 1 : 255 - code;
  return low_ + (high_ - low_) * static_cast<float>(rank) / 254;
}

}  // namespace rs::heat
