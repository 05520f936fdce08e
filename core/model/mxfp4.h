// SPDX-License-Identifier: Apache-2.0
//
// MXFP4 by the letter of its definition: 32 codes of four bits share a power of two. What faster decoders are
// compared with.
//
// Thread: pure functions. Source: OCP Microscaling Formats 1.0, nibble order of the published gpt-oss files.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "core/model/weights.h"

namespace rs {

inline constexpr std::size_t kMxfp4Block = 32;  // values
inline constexpr std::size_t kMxfp4BlockBytes = 16;
inline constexpr std::array<float, 16> kMxfp4Values = {0,     0.5F,  1,  1.5F,  2,  3,  4,  6,
                                                       -0.0F, -0.5F, -1, -1.5F, -2, -3, -4, -6};
// The largest scale byte with which the code 6 is still a finite f32.
inline constexpr std::uint8_t kMxfp4MaxScale = 252;

// 2^(scale - 127), subnormal for 0. NaN for 255.
[[nodiscard]] float mxfp4Scale(std::uint8_t scale);

// Exact in f32 for every scale up to kMxfp4MaxScale.
void decodeMxfp4Block(std::span<const std::byte, kMxfp4BlockBytes> codes, std::uint8_t scale,
                      std::span<float, kMxfp4Block> out);

// One row of one expert. Range: expert and row within the shape of the blocks; out has cols elements.
void decodeMxfp4Row(const ExpertMatrices& matrices, std::int64_t expert, std::int64_t row,
                    std::span<float> out);

// To the nearest code under the smallest power of two that clips nothing beyond 6; ties to the even code.
// Returns the scale byte. Range: finite values.
std::uint8_t encodeMxfp4Block(std::span<const float, kMxfp4Block> values,
                              std::span<std::byte, kMxfp4BlockBytes> codes);

}  // namespace rs
