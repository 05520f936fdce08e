// SPDX-License-Identifier: Apache-2.0
#include "ui/heat/heat_raster.h"

#include <algorithm>
#include <cmath>

#include "core/base/error.h"

namespace rs::heat {
namespace {

constexpr Pixel kGround = pixelOf({0x30, 0x30, 0x34});
constexpr Pixel kLine = pixelOf({0x50, 0x50, 0x58});

// The pixels a span of cells touches, within the axis.
CellSpan pixelsOf(const Axis& axis, CellSpan cells) {
  const double first = std::floor(axis.pixelOf(cells.begin));
  const double last = std::ceil(axis.pixelOf(cells.end));
  const double most = axis.pixels();
  return {static_cast<int>(std::clamp(first, 0.0, most)), static_cast<int>(std::clamp(last, 0.0, most))};
}

}  // namespace

Palette::Palette(const Quantiser& quantiser, ColourMap map, float low, float high) : no_data_line_(kLine) {
  check(std::isfinite(low) && std::isfinite(high) && low < high, "palette: a range that is not empty");
  colours_[0] = kGround;
  for (int code = 1; code < 256; ++code) {
    const float value = quantiser.decode(static_cast<uint8_t>(code));
    const double t = (static_cast<double>(value) - low) / (static_cast<double>(high) - low);
    colours_[static_cast<size_t>(code)] = rs::heat::pixelOf(colourAt(map, std::clamp(t, 0.0, 1.0)));
  }
}

void Palette::setNoData(Pixel ground, Pixel line) {
  colours_[0] = ground;
  no_data_line_ = line;
}

// Leaves codes_ as rows of kStrip neighbours. Whether one of them has no data.
bool HeatRaster::reduceColumns(const HeatPyramid& pyramid, const Axis& x, int first_pixel, int n_pixels,
                               CellSpan rows) {
  const auto n_rows = static_cast<size_t>(rows.size());
  column_.resize(n_rows);
  CellSpan last{-1, -1};
  uint8_t least = 255;
  for (int i = 0; i < n_pixels; ++i) {
    const CellSpan columns = x.cellsAt(first_pixel + i);
    if (columns != last) {
      pyramid.maxOver(columns.begin, columns.end, rows.begin, column_);
      last = columns;
    }
    uint8_t* out = codes_.data() + i;
    for (size_t row = 0; row < n_rows; ++row) {
      out[row * kStrip] = column_[row];
      least = std::min(least, column_[row]);
    }
  }
  return least == 0;
}

// The kStrip codes of one pixel row.
HeatRaster::Strip HeatRaster::maxOfRows(CellSpan rows) const {
  Strip most{};
  for (int row = rows.begin; row < rows.end; ++row) {
    const uint8_t* codes = codes_.data() + static_cast<size_t>(row) * kStrip;
    for (size_t i = 0; i < kStrip; ++i) {
      most[i] = std::max(most[i], codes[i]);
    }
  }
  return most;
}

void HeatRaster::draw(const HeatPyramid& pyramid, const Axis& x, const Axis& y, int first_row,
                      const Palette& palette, std::span<Pixel> pixels) {
  const int width = x.pixels();
  const int height = y.pixels();
  check(pixels.size() == static_cast<size_t>(width) * static_cast<size_t>(height),
        "raster: size of the picture");
  check(x.cells() <= pyramid.columns() && y.cells() > 0 && first_row >= 0 &&
            first_row + y.cells() <= pyramid.rows(),
        "raster: axes within the pyramid");
  row_spans_.resize(static_cast<size_t>(height));
  for (int py = 0; py < height; ++py) {
    row_spans_[static_cast<size_t>(py)] = y.cellsAt(py);
  }
  const CellSpan visible{first_row + row_spans_.front().begin, first_row + row_spans_.back().end};
  codes_.resize(static_cast<size_t>(visible.size()) * kStrip);
  for (int px = 0; px < width; px += kStrip) {
    const bool has_gaps = reduceColumns(pyramid, x, px, std::min(kStrip, width - px), visible);
    drawStrip(px, width, palette, has_gaps, pixels.data());
  }
}

void HeatRaster::drawStrip(int px, int width, const Palette& palette, bool has_gaps, Pixel* pixels) const {
  const int n = std::min(kStrip, width - px);
  const int top = row_spans_.front().begin;
  Pixel* out = pixels + px;
  CellSpan last{-1, -1};
  for (int py = 0; py < static_cast<int>(row_spans_.size()); ++py, out += width) {
    const CellSpan rows = row_spans_[static_cast<size_t>(py)];
    if (rows == last && !has_gaps) {
      std::copy_n(out - width, n, out);
      continue;
    }
    last = rows;
    const uint8_t* codes = codes_.data() + static_cast<size_t>(rows.begin - top) * kStrip;
    Strip most;
    if (rows.size() > 1) {
      most = maxOfRows({rows.begin - top, rows.end - top});
      codes = most.data();
    }
    for (int i = 0; i < n; ++i) {
      out[i] = palette[codes[i]];
    }
    if (has_gaps) {
      for (int i = firstNoDataLine(px, py); i < n; i += kNoDataPeriod) {
        out[i] = codes[i] == 0 ? palette.noDataLine() : out[i];
      }
    }
  }
}

void drawStale(std::span<const CellBox> boxes, const Axis& x, const Axis& y, Pixel line,
               std::span<Pixel> pixels) {
  for (const CellBox& box : boxes) {
    const CellSpan px = pixelsOf(x, box.columns);
    const CellSpan py = pixelsOf(y, box.rows);
    for (int row = py.begin; row < py.end; ++row) {
      Pixel* out = pixels.data() + static_cast<size_t>(row) * static_cast<size_t>(x.pixels());
      for (int column = px.begin; column < px.end; ++column) {
        if (onStaleLine(column, row)) {
          out[column] = line;
        }
      }
    }
  }
}

}  // namespace rs::heat
