// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <random>

#include "ui/heat/heat_raster.h"

namespace rs::heat {
namespace {

Axis axis(int cells, int pixels, double begin, double end) {
  Axis a;
  a.setCells(cells);
  a.setPixels(pixels);
  a.show(begin, end);
  return a;
}

// What a pixel must show, from the cells themselves.
uint8_t bruteCode(const std::vector<uint8_t>& cells, int rows, CellSpan columns, CellSpan ys) {
  uint8_t most = 0;
  for (int c = columns.begin; c < columns.end; ++c) {
    for (int r = ys.begin; r < ys.end; ++r) {
      most = std::max(most, cells[static_cast<size_t>(c * rows + r)]);
    }
  }
  return most;
}

TEST_CASE("every pixel has the colour of the largest value among exactly its cells, at every zoom") {
  std::mt19937 random(1);
  const int rows = 96;
  const int columns = 3000;
  std::vector<uint8_t> cells(static_cast<size_t>(rows * columns));
  for (uint8_t& cell : cells) {
    cell = random() % 20 == 0 ? static_cast<uint8_t>(random()) : uint8_t{0};
  }
  HeatPyramid pyramid(rows);
  pyramid.append(cells);
  const Palette palette(Quantiser(Extreme::kMax, 0, 1), ColourMap::kGreys, 0, 1);
  HeatRaster raster;
  std::uniform_real_distribution<double> any(0, 1);
  for (int trial = 0; trial < 60; ++trial) {
    const int width = 1 + static_cast<int>(random() % 90);
    const int height = 1 + static_cast<int>(random() % 70);
    const double from = any(random) * columns;
    const double top = any(random) * rows;
    const Axis x = trial == 0 ? axis(columns, width, 0, columns)
                              : axis(columns, width, from, from + std::pow(any(random), 4) * columns);
    const Axis y =
        trial == 0 ? axis(rows, height, 0, rows) : axis(rows, height, top, top + any(random) * rows);
    std::vector<Pixel> pixels(static_cast<size_t>(width * height));
    raster.draw(pyramid, x, y, 0, palette, pixels);
    for (int py = 0; py < height; ++py) {
      for (int px = 0; px < width; ++px) {
        const uint8_t code = bruteCode(cells, rows, x.cellsAt(px), y.cellsAt(py));
        const Pixel expected = code == 0 && onNoDataLine(px, py) ? palette.noDataLine() : palette[code];
        REQUIRE(pixels[static_cast<size_t>(py * width + px)] == expected);
      }
    }
  }
}

TEST_CASE("no visible cell falls between two pixels and none is counted twice") {
  std::mt19937 random(2);
  std::uniform_real_distribution<double> any(0, 1);
  for (int trial = 0; trial < 300; ++trial) {
    const int cells = 1 + static_cast<int>(random() % 200'000);
    const double from = any(random) * cells;
    const Axis a = axis(cells, 1 + static_cast<int>(random() % 2000), from, from + any(random) * cells);
    for (int p = 0; p + 1 < a.pixels(); ++p) {
      const CellSpan here = a.cellsAt(p);
      const CellSpan next = a.cellsAt(p + 1);
      REQUIRE(here.size() >= 1);
      REQUIRE((next.begin == here.end || (here.size() == 1 && next.begin == here.begin)));
    }
    for (int p = 0; p < a.pixels(); ++p) {
      REQUIRE(a.cellsAt(p).begin <= a.begin() + a.span() * p / a.pixels());
      REQUIRE(a.cellsAt(p).begin > a.begin() + a.span() * (p - 0.0625) / a.pixels() - 1);
    }
    REQUIRE(a.cellsAt(0).begin == static_cast<int>(std::floor(a.begin())));
    REQUIRE(a.cellsAt(a.pixels() - 1).end >= static_cast<int>(std::floor(a.end() - 1e-6)));
  }
}

TEST_CASE("a spike of one cell among 131,072 tokens is seen when all are shown") {
  HeatPyramid pyramid(8);
  std::vector<uint8_t> cells(size_t{131072} * 8, 1);
  cells[size_t{77777} * 8 + 5] = 255;
  pyramid.append(cells);
  const Axis x = axis(131072, 1600, 0, 131072);
  const Axis y = axis(8, 8, 0, 8);
  const Palette palette(Quantiser(Extreme::kMax, 0, 1), ColourMap::kViridis, 0, 1);
  std::vector<Pixel> pixels(1600 * 8);
  HeatRaster().draw(pyramid, x, y, 0, palette, pixels);
  CHECK(std::count(pixels.begin(), pixels.end(), palette[255]) == 1);
}

TEST_CASE("the first row of a layer is the first row of the picture") {
  HeatPyramid pyramid(6);
  pyramid.append(std::vector<uint8_t>{10, 20, 30, 40, 50, 60});
  const Axis x = axis(1, 1, 0, 1);
  const Axis y = axis(2, 2, 0, 2);
  const Palette palette(Quantiser(Extreme::kMax, 0, 1), ColourMap::kViridis, 0, 1);
  std::vector<Pixel> pixels(2);
  HeatRaster().draw(pyramid, x, y, 3, palette, pixels);
  CHECK(pixels == std::vector<Pixel>{palette[40], palette[50]});
}

TEST_CASE("stale boxes are hatched and nothing else is") {
  const Axis x = axis(10, 100, 0, 10);
  const Axis y = axis(10, 100, 0, 10);
  std::vector<Pixel> pixels(100 * 100, 1);
  const std::vector<CellBox> boxes{{{2, 4}, {5, 6}}};
  drawStale(boxes, x, y, 2, pixels);
  for (int py = 0; py < 100; ++py) {
    for (int px = 0; px < 100; ++px) {
      const bool is_inside = px >= 20 && px < 40 && py >= 50 && py < 60;
      REQUIRE(pixels[static_cast<size_t>(py * 100 + px)] == (is_inside && onStaleLine(px, py) ? 2U : 1U));
    }
  }
}

TEST_CASE("decoding a code gives its value to half a step, for each kind of extreme") {
  for (const Quantiser q : {Quantiser(Extreme::kMax, 0, 1), Quantiser(Extreme::kMin, 0, 8),
                            Quantiser(Extreme::kMax, -20, 12), Quantiser(Extreme::kAbs, -3, 3)}) {
    for (float v = q.low(); v <= q.high(); v += (q.high() - q.low()) / 1000) {
      REQUIRE(q.encode(v) > 0);
      REQUIRE(std::abs(q.decode(q.encode(v)) - v) <= q.step() / 2 * 1.001F);
    }
    CHECK(q.encode(std::numeric_limits<float>::quiet_NaN()) == 0);
    CHECK(q.encode(q.high() + 5) == q.encode(q.high()));
    CHECK(q.clips(q.high() + 5));
    CHECK_FALSE(q.clips(q.high()));
  }
}

TEST_CASE("the larger code is the value that matters more") {
  const Quantiser most(Extreme::kMax, -4, 4);
  CHECK(most.encode(3) > most.encode(-3.5F));
  const Quantiser least(Extreme::kMin, 0, 4);
  CHECK(least.encode(0.1F) > least.encode(3));
  const Quantiser signed_value(Extreme::kAbs, -1, 1);
  CHECK(signed_value.encode(-0.9F) > signed_value.encode(0.8F));
  CHECK(signed_value.encode(0.9F) > signed_value.encode(-0.9F));
  CHECK(signed_value.encode(0) < signed_value.encode(-0.01F));
  CHECK(signed_value.decode(signed_value.encode(-1)) == -1);
  CHECK(signed_value.decode(signed_value.encode(0)) == 0);
}

TEST_CASE("zooming keeps the cell under the pointer and never leaves the data") {
  Axis a = axis(10'000, 800, 0, 10'000);
  for (int i = 0; i < 40; ++i) {
    const int before = a.cellAt(600.5);
    a.zoom(1.3, 600.5);
    REQUIRE(a.cellAt(600.5) == before);
    REQUIRE(a.begin() >= 0);
    REQUIRE(a.end() <= 10'000);
  }
  a.panPixels(1e9);
  CHECK(a.end() == Approx(10'000));
  a.zoom(1e-9, 10);
  CHECK(a.isFitted());
  CHECK(a.cellAt(-1) == -1);
  CHECK(a.cellAt(800) == -1);
}

TEST_CASE("an axis without cells draws no cell and answers no hit") {
  Axis a;
  a.setPixels(10);
  a.setCells(0);
  CHECK(a.cellsAt(3).empty());
  CHECK(a.cellAt(3) == -1);
}

TEST_CASE("a fitted axis stays fitted while tokens arrive, another keeps its place") {
  Axis a = axis(10, 100, 0, 10);
  a.setCells(20);
  CHECK(a.end() == 20);
  a.show(5, 15);
  a.setCells(30);
  CHECK(a.begin() == 5);
  CHECK(a.end() == 15);
}

}  // namespace
}  // namespace rs::heat
