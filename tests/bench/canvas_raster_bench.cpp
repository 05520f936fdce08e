// SPDX-License-Identifier: Apache-2.0
//
// Times of the heat map's data: canvas_raster_bench [TOKENS [ROWS]]. Processor time of this thread, so that
// other jobs on the machine do not count.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <random>
#include <vector>

#include "ui/heat/heat_raster.h"

namespace {

using rs::heat::Axis;
using rs::heat::HeatPyramid;
double now() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) * 1e3 + static_cast<double>(t.tv_nsec) / 1e6;
}

void report(const char* what, std::vector<double> times) {
  std::sort(times.begin(), times.end());
  std::printf("%-44s median %8.3f ms   p99 %8.3f ms   n %zu\n", what, times[times.size() / 2],
              times[times.size() * 99 / 100], times.size());
}

// Four of 32 rows a layer hold a value, as routing does.
std::vector<uint8_t> routingLike(int tokens, int rows) {
  std::mt19937 random(1);
  std::vector<uint8_t> cells(static_cast<size_t>(tokens) * static_cast<size_t>(rows));
  for (size_t layer = 0; layer + 32 <= cells.size(); layer += 32) {
    for (int slot = 0; slot < 4; ++slot) {
      cells[layer + random() % 32] = static_cast<uint8_t>(1 + random() % 255);
    }
  }
  return cells;
}

void benchRaster(const HeatPyramid& pyramid, const char* what, double tokens) {
  Axis x;
  Axis y;
  x.setCells(pyramid.columns());
  y.setCells(pyramid.rows());
  x.setPixels(1600);
  y.setPixels(900);
  y.fit();
  const rs::heat::Palette palette({rs::heat::Extreme::kMax, 0, 1}, rs::heat::ColourMap::kViridis, 0, 1);
  rs::heat::HeatRaster raster;
  std::vector<rs::heat::Pixel> pixels(1600 * 900);
  std::vector<double> times;
  for (int i = 0; i < 200; ++i) {
    const double from = (pyramid.columns() - tokens) * i / 200;
    x.show(from, from + tokens);
    const double start = now();
    raster.draw(pyramid, x, y, 0, palette, pixels);
    times.push_back(now() - start);
  }
  report(what, times);
}

}  // namespace

int main(int argc, char** argv) {
  const int tokens = argc > 1 ? std::atoi(argv[1]) : 131072;
  const int rows = argc > 2 ? std::atoi(argv[2]) : 768;
  const std::vector<uint8_t> cells = routingLike(tokens, rows);
  double start = now();
  HeatPyramid pyramid(rows);
  pyramid.append(cells);
  std::printf("%d tokens x %d rows: built in %.1f ms, %.1f MB\n", tokens, rows, now() - start,
              static_cast<double>(pyramid.bytes()) / 1e6);
  std::vector<double> appends;
  for (int i = 0; i < 2000; ++i) {
    start = now();
    pyramid.append(std::span(cells).first(static_cast<size_t>(rows)));
    appends.push_back(now() - start);
  }
  report("append one token", appends);
  benchRaster(pyramid, "raster 1600 x 900, all tokens", pyramid.columns());
  benchRaster(pyramid, "raster 1600 x 900, 16,384 tokens", std::min(16384, tokens));
  benchRaster(pyramid, "raster 1600 x 900, 1,600 tokens", std::min(1600, tokens));
  benchRaster(pyramid, "raster 1600 x 900, 100 tokens", std::min(100, tokens));
  return 0;
}
