// SPDX-License-Identifier: Apache-2.0
//
// The number formats of model files: bf16, f16, MXFP4.
#include <array>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>

#include "core/base/error.h"
#include "core/model/float16.h"
#include "core/model/mxfp4.h"

using namespace rs;

TEST_CASE("bf16 widens exactly and rounds to nearest, ties to even") {
  CHECK(fromBf16(0x3F80) == 1.0F);
  CHECK(fromBf16(0xC040) == -3.0F);
  CHECK(fromBf16(0x0001) == 0x1p-133F);  // subnormal
  CHECK(std::signbit(fromBf16(0x8000)));
  CHECK(std::isinf(fromBf16(0x7F80)));
  CHECK(toBf16(1.0F + 0x1p-8F) == 0x3F80);      // tie, to even
  CHECK(toBf16(1.0F + 3 * 0x1p-8F) == 0x3F82);  // tie, to even
  CHECK(toBf16(1.0F + 0x1p-8F + 0x1p-20F) == 0x3F81);
  CHECK(toBf16(0x1.FFp127F) == 0x7F80);  // rounds up to infinity
  CHECK(std::isnan(fromBf16(toBf16(std::nanf("1")))));
  for (std::uint32_t bits = 0; bits < 0x10000; ++bits) {
    const float value = fromBf16(static_cast<std::uint16_t>(bits));
    if (!std::isnan(value)) {
      REQUIRE(toBf16(value) == bits);
    }
  }
}

TEST_CASE("every f16 widens to the number that its definition gives") {
  for (std::uint32_t bits = 0; bits < 0x10000; ++bits) {
    const int exponent = static_cast<int>(bits >> 10 & 31U);
    const int mantissa = static_cast<int>(bits & 1023U);
    const float sign = (bits & 0x8000U) != 0 ? -1.0F : 1.0F;
    const float value = fromF16(static_cast<std::uint16_t>(bits));
    if (exponent == 31) {
      REQUIRE((mantissa == 0 ? std::isinf(value) : std::isnan(value)));
    } else {
      const double expected =
          exponent == 0 ? std::ldexp(mantissa, -24) : std::ldexp(1024 + mantissa, exponent - 25);
      REQUIRE(value == sign * static_cast<float>(expected));
    }
    REQUIRE(std::signbit(value) == (sign < 0));
  }
}

TEST_CASE("MXFP4 scales are powers of two, the smallest a subnormal and 255 not a number") {
  CHECK(mxfp4Scale(127) == 1.0F);
  CHECK(mxfp4Scale(0) == 0x1p-127F);
  CHECK(mxfp4Scale(254) == 0x1p127F);
  CHECK(std::isnan(mxfp4Scale(255)));
}

TEST_CASE("byte i of an MXFP4 block holds element 2i low and 2i+1 high") {
  std::array<std::byte, 16> codes{};
  codes[0] = std::byte{0x72};   // low 2: 1, high 7: 6
  codes[15] = std::byte{0x9F};  // low 15: -6, high 9: -0.5
  std::array<float, 32> values{};
  decodeMxfp4Block(codes, 128, values);
  CHECK(values[0] == 2.0F);
  CHECK(values[1] == 12.0F);
  CHECK(values[2] == 0.0F);
  CHECK(values[30] == -12.0F);
  CHECK(values[31] == -1.0F);
}

TEST_CASE("all codes under all finite scales decode to code times power of two, exactly") {
  std::array<std::byte, 16> codes{};
  for (unsigned i = 0; i < 16; ++i) {
    codes[i] = static_cast<std::byte>(i | i << 4U);
  }
  std::array<float, 32> values{};
  for (unsigned scale = 0; scale <= kMxfp4MaxScale; ++scale) {
    decodeMxfp4Block(codes, static_cast<std::uint8_t>(scale), values);
    for (std::size_t i = 0; i < 16; ++i) {
      const double expected = std::ldexp(static_cast<double>(kMxfp4Values[i]), static_cast<int>(scale) - 127);
      REQUIRE(static_cast<double>(values[2 * i]) == expected);
      REQUIRE(values[2 * i + 1] == values[2 * i]);
    }
  }
}

TEST_CASE("a row of an expert is found among experts, rows and blocks") {
  const std::vector<std::byte> blocks(2 * 3 * 2 * 16, std::byte{0x22});  // all codes 2: 1
  std::vector<std::byte> scales(2 * 3 * 2);
  for (std::size_t i = 0; i < scales.size(); ++i) {
    scales[i] = static_cast<std::byte>(120 + i);
  }
  ExpertMatrices m;
  m.blocks = {"blocks", DType::kU8, {2, 3, 2, 16}, blocks, "f", 0};
  m.scales = {"scales", DType::kU8, {2, 3, 2}, scales, "f", 0};
  std::vector<float> row(64);
  decodeMxfp4Row(m, 1, 2, row);
  CHECK(row[0] == std::ldexp(1.0F, 120 + 10 - 127));
  CHECK(row[63] == std::ldexp(1.0F, 120 + 11 - 127));
  CHECK_THROWS_AS(decodeMxfp4Row(m, 2, 0, row), Error);
}

TEST_CASE("encoding what was decoded gives the same numbers back") {
  std::uint32_t state = 1;
  for (int round = 0; round < 500; ++round) {
    std::array<std::byte, 16> codes{};
    for (std::byte& code : codes) {
      state = state * 1664525U + 1013904223U;
      code = static_cast<std::byte>(state >> 24U);
    }
    const auto scale = static_cast<std::uint8_t>((state >> 8U) % (kMxfp4MaxScale + 1U));
    std::array<float, 32> values{};
    std::array<float, 32> again{};
    decodeMxfp4Block(codes, scale, values);
    std::array<std::byte, 16> encoded{};
    const std::uint8_t new_scale = encodeMxfp4Block(values, encoded);
    decodeMxfp4Block(encoded, new_scale, again);
    REQUIRE(again == values);
  }
}

TEST_CASE("encoding rounds to the nearest code and never beyond the largest") {
  std::array<float, 32> values{};
  values[0] = 6.0F;
  values[1] = 2.4F;
  values[2] = -2.6F;
  values[3] = 0.25F;  // half way between 0 and 0.5: to the even code
  values[4] = 5.0F;   // half way between 4 and 6: to the even code
  std::array<std::byte, 16> codes{};
  CHECK(encodeMxfp4Block(values, codes) == 127);
  std::array<float, 32> decoded{};
  decodeMxfp4Block(codes, 127, decoded);
  CHECK(decoded[0] == 6.0F);
  CHECK(decoded[1] == 2.0F);
  CHECK(decoded[2] == -3.0F);
  CHECK(decoded[3] == 0.0F);
  CHECK(decoded[4] == 4.0F);
  values.fill(0);
  CHECK(encodeMxfp4Block(values, codes) == 0);
}

TEST_CASE("a scale that could leave the f32 range is told with expert and row") {
  std::vector<std::byte> scales(2 * 3 * 2, std::byte{252});
  const TensorView view{"layer.scales", DType::kU8, {2, 3, 2}, scales, "m.safetensors", 0};
  CHECK_NOTHROW(requireFiniteScales(view));
  scales[9] = std::byte{255};
  CHECK_THROWS_WITH(requireFiniteScales(view), Catch::Contains("'layer.scales'") &&
                                                   Catch::Contains("found 255 at expert 1, row 1") &&
                                                   Catch::Contains("m.safetensors"));
}

TEST_CASE("plain tensors of three types widen to the same numbers, from any alignment") {
  std::vector<std::byte> bytes(1 + 16);
  const std::array<float, 4> values = {1.0F, -2.0F, 0.5F, 0.0F};
  const std::vector<float> expected(values.begin(), values.end());
  std::memcpy(bytes.data() + 1, values.data(), sizeof values);
  const TensorView f32{"t", DType::kF32, {2, 2}, std::span(bytes).subspan(1), "f", 1};
  CHECK(toFloat(f32) == expected);
  const std::array<std::uint16_t, 4> bf16 = {0x3F80, 0xC000, 0x3F00, 0};
  std::memcpy(bytes.data() + 1, bf16.data(), sizeof bf16);
  TensorView half{"t", DType::kBf16, {2, 2}, std::span(bytes).subspan(1, 8), "f", 1};
  CHECK(toFloat(half) == expected);
  const std::array<std::uint16_t, 4> f16 = {0x3C00, 0xC000, 0x3800, 0};
  std::memcpy(bytes.data() + 1, f16.data(), sizeof f16);
  half.dtype = DType::kF16;
  std::array<float, 2> row{};
  rowToFloat(half, 0, row);
  CHECK(row == std::array<float, 2>{1.0F, -2.0F});
  CHECK_THROWS_AS(rowToFloat(half, 2, row), Error);
  half.dtype = DType::kU8;
  CHECK_THROWS_WITH(toFloat(half), Catch::Contains("expected F32, F16 or BF16, found U8"));
}
