// SPDX-License-Identifier: Apache-2.0
#include "ui/heat/heat_raster.h"

#include <algorithm>
#include <cmath>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

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

// std::min_element looks for the place, one byte at a time.
uint8_t leastOf(std::span<const uint8_t> codes) {
  uint8_t least = 255;
  for (const uint8_t code : codes) {
    least = std::min(least, code);
  }
  return least;
}

// in: n columns, one after the other, of n_rows bytes each. out: their rows, out_stride apart.
void transposeBytes(const uint8_t* in, int n, size_t n_rows, size_t first_row, uint8_t* out,
                    size_t out_stride) {
  for (size_t row = first_row; row < n_rows; ++row) {
    for (int i = 0; i < n; ++i) {
      out[row * out_stride + static_cast<size_t>(i)] = in[static_cast<size_t>(i) * n_rows + row];
    }
  }
}

#ifdef __SSE2__
// 16 rows of 16 columns: four rounds of a perfect shuffle turn the block.
void transposeBlock(const uint8_t* in, size_t in_stride, uint8_t* out, size_t out_stride) {
  struct Block {
    __m128i row[16];
  };
  Block a;
  Block b;
  for (size_t i = 0; i < 16; ++i) {
    a.row[i] = _mm_loadu_si128(reinterpret_cast<const __m128i*>(in + i * in_stride));
  }
  for (int round = 0; round < 4; ++round) {
    for (size_t i = 0; i < 8; ++i) {
      b.row[2 * i] = _mm_unpacklo_epi8(a.row[i], a.row[i + 8]);
      b.row[2 * i + 1] = _mm_unpackhi_epi8(a.row[i], a.row[i + 8]);
    }
    a = b;
  }
  for (size_t i = 0; i < 16; ++i) {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out + i * out_stride), a.row[i]);
  }
}
#endif

void transpose(const uint8_t* in, int n, size_t n_rows, uint8_t* out, size_t out_stride) {
  size_t row = 0;
#ifdef __SSE2__
  for (; n == 16 && row + 16 <= n_rows; row += 16) {
    transposeBlock(in + row, n_rows, out + row * out_stride, out_stride);
  }
#endif
  transposeBytes(in, n, n_rows, row, out, out_stride);
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
  columns_.resize(n_rows * kGroup);
  CellSpan last{-1, -1};
  uint8_t least = 255;
  for (int group = 0; group < n_pixels; group += kGroup) {
    const int n = std::min(kGroup, n_pixels - group);
    for (int i = 0; i < n; ++i) {
      const std::span column = std::span(columns_).subspan(static_cast<size_t>(i) * n_rows, n_rows);
      const CellSpan cells = x.cellsAt(first_pixel + group + i);
      if (cells != last || i == 0) {
        pyramid.maxOver(cells.begin, cells.end, rows.begin, column);
        last = cells;
        least = std::min(least, leastOf(column));
      } else {
        std::copy_n(column.data() - n_rows, n_rows, column.data());
      }
    }
    transpose(columns_.data(), n, n_rows, codes_.data() + group, kStrip);
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
  Palette on_line = palette;
  on_line.setNoData(palette.noDataLine(), palette.noDataLine());
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
        out[i] = on_line[codes[i]];
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
