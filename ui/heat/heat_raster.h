// SPDX-License-Identifier: Apache-2.0
//
// Draws a window of a pyramid into pixels: each pixel has the colour of the largest code among exactly the
// cells it stands for. No Qt, no GL: the same picture on screen, in tests and in figures.
#pragma once

#include <array>
#include <span>
#include <vector>

#include "ui/heat/axis.h"
#include "ui/heat/colour_map.h"
#include "ui/heat/heat_pyramid.h"
#include "ui/heat/quantiser.h"

namespace rs::heat {

// The colour of each code. Values below low and above high have the colours of the ends.
class Palette {
 public:
  // low < high, in values; no_data: the ground of the hatch.
  Palette(const Quantiser& quantiser, ColourMap map, float low, float high);

  [[nodiscard]] Pixel operator[](uint8_t code) const { return colours_[code]; }
  [[nodiscard]] Pixel colourOf(const Quantiser& quantiser, float value) const {
    return colours_[quantiser.encode(value)];
  }
  // Entry 0 is the ground of cells without data.
  void setNoData(Pixel ground, Pixel line);
  [[nodiscard]] Pixel noDataLine() const { return no_data_line_; }

 private:
  std::array<Pixel, 256> colours_{};
  Pixel no_data_line_;
};

// Diagonal lines of one pixel in six: falling for no data, rising for stale.
inline constexpr int kNoDataPeriod = 6;
// The first pixel of a row from x on that is on a line, as an offset.
[[nodiscard]] constexpr int firstNoDataLine(int x, int y) {
  return (kNoDataPeriod - (x + y) % kNoDataPeriod) % kNoDataPeriod;
}
[[nodiscard]] constexpr bool onNoDataLine(int x, int y) {
  return firstNoDataLine(x, y) == 0;
}
[[nodiscard]] constexpr bool onStaleLine(int x, int y) {
  return (x + 6000 - y % 6) % 6 < 2;
}

struct CellBox {
  CellSpan columns;
  CellSpan rows;
  bool operator==(const CellBox&) const = default;
};

class HeatRaster {
 public:
  // pixels: x.pixels() * y.pixels(), row after row. first_row: the pyramid's row that the y axis calls 0.
  // Pixels without cells (no tokens yet) are drawn as no data.
  void draw(const HeatPyramid& pyramid, const Axis& x, const Axis& y, int first_row, const Palette& palette,
            std::span<Pixel> pixels);

 private:
  static constexpr int kStrip = 320;  // pixels at a time: their codes stay near the processor
  using Strip = std::array<uint8_t, kStrip>;
  static constexpr int kGroup = 16;  // pixels whose columns are turned into rows together
  bool reduceColumns(const HeatPyramid& pyramid, const Axis& x, int first_pixel, int n_pixels, CellSpan rows);
  [[nodiscard]] Strip maxOfRows(CellSpan rows) const;
  void drawStrip(int px, int width, const Palette& palette, bool has_gaps, Pixel* pixels) const;

  std::vector<CellSpan> row_spans_;  // of each pixel row
  std::vector<uint8_t> columns_;     // kGroup pixels: all rows of cells for each
  std::vector<uint8_t> codes_;       // kStrip pixels for each row of cells
};

// Hatches what is computed from before an edit. line: its colour.
void drawStale(std::span<const CellBox> boxes, const Axis& x, const Axis& y, Pixel line,
               std::span<Pixel> pixels);

}  // namespace rs::heat
