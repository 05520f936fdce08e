// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <cmath>

#include "core/base/error.h"
#include "ui/heat/colour_map.h"
#include "ui/heat/heat_raster.h"

namespace rs::heat {
namespace {

double linear(uint8_t level) {
  const double s = level / 255.0;
  return s <= 0.04045 ? s / 12.92 : std::pow((s + 0.055) / 1.055, 2.4);
}

// CIE lightness, 0 to 100.
double lightness(Rgb c) {
  const double y = 0.2126 * linear(c.r) + 0.7152 * linear(c.g) + 0.0722 * linear(c.b);
  return y > 0.008856 ? 116 * std::cbrt(y) - 16 : 903.3 * y;
}

TEST_CASE("lightness grows along every map for magnitudes") {
  for (const ColourMapInfo& info : allColourMaps()) {
    if (info.is_diverging) {
      continue;
    }
    CAPTURE(std::string(info.name));
    double last = -1;
    for (int i = 0; i <= 64; ++i) {
      const double here = lightness(colourAt(info.map, i / 64.0));
      REQUIRE(here > last);
      last = here;
    }
    CHECK(last - lightness(colourAt(info.map, 0)) > 70);
  }
}

TEST_CASE("the map of differences is lightest in its neutral middle and darkens to both ends") {
  const Rgb middle = colourAt(ColourMap::kRdBu, 0.5);
  CHECK(middle.r == middle.g);
  CHECK(middle.g == middle.b);
  for (int i = 0; i < 32; ++i) {
    CHECK(lightness(colourAt(ColourMap::kRdBu, i / 64.0)) <
          lightness(colourAt(ColourMap::kRdBu, (i + 1) / 64.0)));
    CHECK(lightness(colourAt(ColourMap::kRdBu, 1 - i / 64.0)) <
          lightness(colourAt(ColourMap::kRdBu, 1 - (i + 1) / 64.0)));
  }
  CHECK(colourAt(ColourMap::kRdBu, 0).b > colourAt(ColourMap::kRdBu, 0).r);
  CHECK(colourAt(ColourMap::kRdBu, 1).r > colourAt(ColourMap::kRdBu, 1).b);
}

TEST_CASE("the ends of the maps are the published colours") {
  CHECK(colourAt(ColourMap::kViridis, 0) == Rgb{68, 1, 84});
  CHECK(colourAt(ColourMap::kViridis, 1) == Rgb{253, 231, 37});
  CHECK(colourAt(ColourMap::kCividis, 0) == Rgb{0, 34, 78});
  CHECK(colourAt(ColourMap::kCividis, 1) == Rgb{254, 232, 56});
  CHECK(colourAt(ColourMap::kRdBu, 0) == Rgb{0x05, 0x30, 0x61});
  CHECK(colourAt(ColourMap::kGreys, 1) == Rgb{255, 255, 255});
}

TEST_CASE("the colour of a cell is the colour the legend gives its value") {
  const Quantiser q(Extreme::kMax, 0, 1);
  const Palette palette(q, ColourMap::kViridis, 0.25F, 0.75F);
  for (const float v : {0.25F, 0.3F, 0.5F, 0.61F, 0.75F}) {
    const double t = (q.decode(q.encode(v)) - 0.25) / 0.5;
    CHECK(palette.colourOf(q, v) == pixelOf(colourAt(ColourMap::kViridis, std::clamp(t, 0.0, 1.0))));
  }
  CHECK(palette.colourOf(q, 0.1F) == pixelOf(colourAt(ColourMap::kViridis, 0)));
  CHECK(palette.colourOf(q, 0.9F) == pixelOf(colourAt(ColourMap::kViridis, 1)));
}

TEST_CASE("zero of a difference has the neutral colour") {
  const Quantiser q(Extreme::kAbs, -2, 2);
  const Palette palette(q, ColourMap::kRdBu, -2, 2);
  CHECK(palette.colourOf(q, 0) == pixelOf(Rgb{0xf7, 0xf7, 0xf7}));
}

TEST_CASE("a range that is empty or not finite is refused") {
  CHECK_THROWS_AS(Quantiser(Extreme::kMax, 1, 1), Error);
  CHECK_THROWS_AS(Quantiser(Extreme::kAbs, -1, 2), Error);
  CHECK_THROWS_AS(Palette(Quantiser(Extreme::kMax, 0, 1), ColourMap::kGreys, 1, 0), Error);
}

}  // namespace
}  // namespace rs::heat
