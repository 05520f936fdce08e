// SPDX-License-Identifier: Apache-2.0
#include "core/torch/rounding.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace rs {
namespace {

constexpr int kLowestExponent = -100;

// The nearest of 0, 0.5, 1, 1.5, 2, 3, 4, 6 with the sign; steps of 0.5, 1 and 2.
inline float nearestCode(float x) {
  const float size = std::fabs(x);
  const float step = size < 2.0F ? 0.5F : size < 4.0F ? 1.0F : 2.0F;
  const float inverse = size < 2.0F ? 2.0F : size < 4.0F ? 1.0F : 0.5F;
  const float code = std::min(std::nearbyint(size * inverse) * step, 6.0F);
  return std::copysign(code, x);
}

inline float powerOfTwo(int exponent) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(exponent + 127) << 23U);
}

inline float squareError(const float* block, int exponent) {
  const float scale = powerOfTwo(exponent);
  const float inverse = powerOfTwo(-exponent);
  float error = 0;
  for (int i = 0; i < kMxBlock; ++i) {
    const float difference = nearestCode(block[i] * inverse) * scale - block[i];
    error += difference * difference;
  }
  return error;
}

// Either the largest element fits below 8 (and may be cut to 6) or below 4.
int bestExponent(const float* block) {
  float largest = 0;
  for (int i = 0; i < kMxBlock; ++i) {
    largest = std::max(largest, std::fabs(block[i]));
  }
  const int top = static_cast<int>(std::bit_cast<std::uint32_t>(largest) >> 23U) - 127;
  const int exponent = std::max(top - 2, kLowestExponent);
  return squareError(block, exponent + 1) < squareError(block, exponent) ? exponent + 1 : exponent;
}

}  // namespace

std::uint16_t bf16Bits(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  return static_cast<std::uint16_t>((bits + 0x7FFFU + ((bits >> 16U) & 1U)) >> 16U);
}

float roundToBf16(float value) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(bf16Bits(value)) << 16U);
}

void roundToMxfp4(std::span<const float> values, std::span<float> rounded) {
  for (std::size_t at = 0; at < values.size(); at += kMxBlock) {
    const float* block = values.data() + at;
    const int exponent = bestExponent(block);
    const float scale = powerOfTwo(exponent);
    const float inverse = powerOfTwo(-exponent);
    for (int i = 0; i < kMxBlock; ++i) {
      rounded[at + static_cast<std::size_t>(i)] = nearestCode(block[i] * inverse) * scale;
    }
  }
}

void encodeMxfp4(std::span<const float> block, std::span<std::uint8_t> codes, std::uint8_t& scale) {
  static constexpr float kSizes[8] = {0, 0.5F, 1, 1.5F, 2, 3, 4, 6};
  const int exponent = bestExponent(block.data());
  scale = static_cast<std::uint8_t>(exponent + 127);
  for (std::size_t i = 0; i < kMxBlock; ++i) {
    const float code = nearestCode(block[i] * powerOfTwo(-exponent));
    const auto index = static_cast<unsigned>(std::find(kSizes, kSizes + 8, std::fabs(code)) - kSizes);
    const unsigned nibble = index | (std::signbit(code) ? 8U : 0U);
    if (i % 2 == 0) {
      codes[i / 2] = static_cast<std::uint8_t>(nibble);
    } else {
      codes[i / 2] = static_cast<std::uint8_t>(codes[i / 2] | (nibble << 4U));
    }
  }
}

}  // namespace rs
