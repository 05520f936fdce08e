// SPDX-License-Identifier: Apache-2.0
//
// The colour maps of heat maps and figures. Magnitudes have maps whose lightness grows evenly; differences
// have one that is symmetric about a neutral middle. Source: resources/sources.md.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace rs::heat {

struct Rgb {
  uint8_t r = 0;
  uint8_t g = 0;
  uint8_t b = 0;
  bool operator==(const Rgb&) const = default;
};

enum class ColourMap { kViridis, kCividis, kGreys, kRdBu };
inline constexpr int kColourMaps = 4;

struct ColourMapInfo {
  ColourMap map;
  std::string_view name;
  bool is_diverging;
};
[[nodiscard]] const std::array<ColourMapInfo, kColourMaps>& allColourMaps();

// t: 0 is the low end, 1 the high end.
[[nodiscard]] Rgb colourAt(ColourMap map, double t);

// Okabe and Ito's palette for up to eight pinned experts; its black is replaced by grey, which shows on dark
// ground too.
[[nodiscard]] const std::array<Rgb, 8>& okabeIto();

// One pixel of a raster: bytes R, G, B, A in memory, on a little-endian machine.
using Pixel = uint32_t;
[[nodiscard]] constexpr Pixel pixelOf(Rgb c, uint8_t alpha = 255) {
  return static_cast<Pixel>(c.r) | static_cast<Pixel>(c.g) << 8U | static_cast<Pixel>(c.b) << 16U |
         static_cast<Pixel>(alpha) << 24U;
}
[[nodiscard]] constexpr Rgb rgbOf(Pixel p) {
  return {static_cast<uint8_t>(p), static_cast<uint8_t>(p >> 8U), static_cast<uint8_t>(p >> 16U)};
}

}  // namespace rs::heat
