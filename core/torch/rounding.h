// SPDX-License-Identifier: Apache-2.0
//
// Rounding to the formats that gpt-oss is published in.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace rs {

// Nearest bf16, ties to even.
[[nodiscard]] float roundToBf16(float value);
[[nodiscard]] std::uint16_t bf16Bits(float value);

constexpr int kMxBlock = 32;

// The nearest MXFP4 value of every element; blocks of 32 share the power of two with the least square error.
// Shape: the size is a multiple of 32.
void roundToMxfp4(std::span<const float> values, std::span<float> rounded);

// One block as stored: 16 bytes, low nibble first, and the biased exponent.
void encodeMxfp4(std::span<const float> block, std::span<std::uint8_t> codes, std::uint8_t& scale);

}  // namespace rs
