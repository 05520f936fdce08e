// SPDX-License-Identifier: Apache-2.0
#include "ui/heat/quantiser.h"

#include <algorithm>
#include <cmath>

#include "core/base/error.h"

namespace rs::heat {

Quantiser::Quantiser(Extreme extreme, float low, float high)
    : extreme_(extreme),
      low_(low),
      high_(high),
      steps_((extreme == Extreme::kAbs ? 127 : 254) / (high - (extreme == Extreme::kAbs ? 0 : low))) {
  check(std::isfinite(low) && std::isfinite(high) && low < high,
        "quantiser: a finite range that is not empty");
  check(extreme != Extreme::kAbs || low == -high, "quantiser: a range symmetric about 0");
}

// Written so that the compiler makes one vector loop of it for each kind. A NaN becomes low, then 0.
template <Extreme kind>
uint8_t Quantiser::codeOf(float value) const {
  const float v = std::min(high_, std::max(low_, value));
  if constexpr (kind == Extreme::kAbs) {
    // 0 is 1; magnitude 1 is 2 (negative) or 3 (positive), and so on to 254 and 255.
    const int magnitude = static_cast<int>(std::lrint(std::abs(v) * steps_));
    const int code = 2 * magnitude + (v > 0 || magnitude == 0 ? 1 : 0);
    return static_cast<uint8_t>(value == value ? code : 0);
  } else {
    const int rank = static_cast<int>(std::lrint((v - low_) * steps_));
    const int code = kind == Extreme::kMax ? 1 + rank : 255 - rank;
    return static_cast<uint8_t>(value == value ? code : 0);
  }
}

template <Extreme kind>
int Quantiser::encodeAll(std::span<const float> values, uint8_t* codes) const {
  int n_clipped = 0;
  for (size_t i = 0; i < values.size(); ++i) {
    codes[i] = codeOf<kind>(values[i]);
    n_clipped += static_cast<int>(values[i] < low_) + static_cast<int>(values[i] > high_);
  }
  return n_clipped;
}

uint8_t Quantiser::encode(float value) const {
  uint8_t code = 0;
  encode(std::span(&value, 1), std::span(&code, 1));
  return code;
}

int Quantiser::encode(std::span<const float> values, std::span<uint8_t> codes) const {
  check(values.size() == codes.size(), "quantiser: a code for each value");
  switch (extreme_) {
    case Extreme::kMax:
      return encodeAll<Extreme::kMax>(values, codes.data());
    case Extreme::kMin:
      return encodeAll<Extreme::kMin>(values, codes.data());
    case Extreme::kAbs:
      return encodeAll<Extreme::kAbs>(values, codes.data());
  }
  return 0;
}

float Quantiser::decode(uint8_t code) const {
  check(code > 0, "quantiser: no value for no data");
  if (extreme_ == Extreme::kAbs) {
    const int steps = code / 2;
    const float magnitude = static_cast<float>(steps) / 127 * high_;
    return code == 1 ? 0.0F : code % 2 == 1 ? magnitude : -magnitude;
  }
  const int rank = extreme_ == Extreme::kMax ? code - 1 : 255 - code;
  return low_ + (high_ - low_) * static_cast<float>(rank) / 254;
}

}  // namespace rs::heat
