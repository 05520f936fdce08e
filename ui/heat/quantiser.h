// SPDX-License-Identifier: Apache-2.0
//
// Values as bytes, so that the largest byte of many stands for the value that matters most among them. A heat
// map then needs one kind of pyramid, whatever it shows. Code 0 is no data.
#pragma once

#include <cstdint>
#include <span>

namespace rs::heat {

// Which value stands for many under one pixel.
enum class Extreme {
  kMax,  // weights, probabilities, logits
  kMin,  // margins: the fragile decision must not hide among the safe ones
  kAbs,  // differences: the largest magnitude with its sign; of v and -v the positive one
};

// Range: low < high; with kAbs low = -high. Values outside become the nearest end; see clips().
class Quantiser {
 public:
  // Errors: kInternal for a range that is empty, not finite or, with kAbs, not symmetric.
  Quantiser(Extreme extreme, float low, float high);

  // A NaN is no data.
  [[nodiscard]] uint8_t encode(float value) const;
  // The same for many; returns how many of them clips() would be true of.
  int encode(std::span<const float> values, std::span<uint8_t> codes) const;
  // The value in the middle of the code's step, code > 0.
  [[nodiscard]] float decode(uint8_t code) const;
  [[nodiscard]] bool clips(float value) const { return value < low_ || value > high_; }
  // Values less than a step apart may share a code.
  [[nodiscard]] float step() const { return (high_ - low_) / 254; }

  [[nodiscard]] Extreme extreme() const { return extreme_; }
  [[nodiscard]] float low() const { return low_; }
  [[nodiscard]] float high() const { return high_; }
  bool operator==(const Quantiser&) const = default;

 private:
  template <Extreme kind>
  [[nodiscard]] uint8_t codeOf(float value) const;
  template <Extreme kind>
  int encodeAll(std::span<const float> values, uint8_t* codes) const;

  Extreme extreme_;
  float low_;
  float high_;
  float steps_;  // a unit of value
};

}  // namespace rs::heat
