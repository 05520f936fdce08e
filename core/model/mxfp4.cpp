// SPDX-License-Identifier: Apache-2.0
#include "core/model/mxfp4.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/base/error.h"

namespace rs {
namespace {

constexpr int kScaleBias = 127;

std::uint8_t nearestCode(float magnitude) {
  std::uint8_t best = 0;
  for (std::uint8_t code = 1; code < 8; ++code) {
    const float distance = std::abs(kMxfp4Values[code] - magnitude);
    const float shortest = std::abs(kMxfp4Values[best] - magnitude);
    if (distance < shortest || (distance == shortest && code % 2 == 0)) {
      best = code;
    }
  }
  return best;
}

}  // namespace

float mxfp4Scale(std::uint8_t scale) {
  return scale == 255 ? std::numeric_limits<float>::quiet_NaN()
                      : std::ldexp(1.0F, static_cast<int>(scale) - kScaleBias);
}

void decodeMxfp4Block(std::span<const std::byte, kMxfp4BlockBytes> codes, std::uint8_t scale,
                      std::span<float, kMxfp4Block> out) {
  const float factor = mxfp4Scale(scale);
  for (std::size_t i = 0; i < kMxfp4BlockBytes; ++i) {
    const auto byte = std::to_integer<std::size_t>(codes[i]);
    out[2 * i] = kMxfp4Values[byte & 15U] * factor;
    out[2 * i + 1] = kMxfp4Values[byte >> 4U] * factor;
  }
}

void decodeMxfp4Row(const ExpertMatrices& matrices, std::int64_t expert, std::int64_t row,
                    std::span<float> out) {
  const auto& shape = matrices.blocks.shape;
  check(expert >= 0 && expert < shape[0] && row >= 0 && row < shape[1], "MXFP4 row inside its tensor");
  const auto n_blocks = static_cast<std::size_t>(shape[2]);
  check(out.size() == n_blocks * kMxfp4Block, "MXFP4 row has room for its values");
  const std::size_t first = static_cast<std::size_t>(expert * shape[1] + row) * n_blocks;
  for (std::size_t b = 0; b < n_blocks; ++b) {
    const auto codes = matrices.blocks.bytes.subspan((first + b) * kMxfp4BlockBytes);
    const auto scale = std::to_integer<std::uint8_t>(matrices.scales.bytes[first + b]);
    decodeMxfp4Block(codes.first<kMxfp4BlockBytes>(), scale,
                     out.subspan(b * kMxfp4Block).first<kMxfp4Block>());
  }
}

std::uint8_t encodeMxfp4Block(std::span<const float, kMxfp4Block> values,
                              std::span<std::byte, kMxfp4BlockBytes> codes) {
  float largest = 0;
  for (const float value : values) {
    largest = std::max(largest, std::abs(value));
  }
  int exponent = 0;
  const float mantissa = std::frexp(largest / 6, &exponent);  // largest / 6 = mantissa * 2^exponent
  exponent -= mantissa == 0.5F ? 1 : 0;
  const int scale = std::clamp(largest == 0 ? 0 : exponent + kScaleBias, 0, static_cast<int>(kMxfp4MaxScale));
  const auto code = [&](float value) {
    const float scaled = std::ldexp(std::abs(value), kScaleBias - scale);
    return static_cast<unsigned>(nearestCode(scaled)) | (std::signbit(value) ? 8U : 0U);
  };
  for (std::size_t i = 0; i < kMxfp4BlockBytes; ++i) {
    codes[i] = static_cast<std::byte>(code(values[2 * i]) | code(values[2 * i + 1]) << 4U);
  }
  return static_cast<std::uint8_t>(scale);
}

}  // namespace rs
