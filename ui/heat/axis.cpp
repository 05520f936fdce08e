// SPDX-License-Identifier: Apache-2.0
#include "ui/heat/axis.h"

#include <algorithm>
#include <cmath>

#include "core/base/error.h"

namespace rs::heat {
namespace {

// Boundaries between pixels lie on multiples of this, so that the maximum over a pixel is found one level up:
// a power of four, at most a sixteenth of a pixel.
int grainOf(double cells_a_pixel) {
  int grain = 1;
  while (grain * 64.0 <= cells_a_pixel) {
    grain *= 4;
  }
  return grain;
}

}  // namespace

void Axis::setCells(int cells) {
  check(cells >= 0, "axis: a count of cells");
  const bool was_fitted = isFitted();
  cells_ = cells;
  if (was_fitted) {
    fit();
  } else {
    clamp();
  }
}

void Axis::setPixels(int pixels) {
  check(pixels >= 1, "axis: at least one pixel");
  pixels_ = pixels;
}

CellSpan Axis::cellsAt(int pixel) const {
  const int grain = grainOf(span_ / pixels_);
  const auto boundary = [&](int p) {
    const int cell = static_cast<int>(std::floor(begin_ + span_ * static_cast<double>(p) / pixels_));
    return p <= 0 || p >= pixels_ ? cell : cell - cell % grain;
  };
  const int first = boundary(pixel);
  const int last = std::max(first + 1, boundary(pixel + 1));
  return {std::clamp(first, 0, cells_), std::clamp(last, 0, cells_)};
}

int Axis::cellAt(double pixel) const {
  if (pixel < 0 || pixel >= pixels_) {
    return -1;
  }
  const double cell = std::floor(begin_ + pixel * span_ / pixels_);
  return cell >= 0 && cell < cells_ ? static_cast<int>(cell) : -1;
}

void Axis::show(double begin, double end) {
  begin_ = begin;
  span_ = end - begin;
  clamp();
}

void Axis::showExactly(double begin, double end) {
  check(begin >= 0 && begin < end && end <= cells_, "axis: a stretch of its cells");
  begin_ = begin;
  span_ = end - begin;
}

void Axis::fit() {
  begin_ = 0;
  span_ = std::max(1, cells_);
}

void Axis::zoom(double factor, double pixel) {
  const double at = begin_ + pixel * span_ / pixels_;
  const double widest = std::max(1, cells_);
  span_ = std::clamp(span_ / factor, std::min(kMinCells, widest), widest);
  begin_ = at - pixel * span_ / pixels_;
  clamp();
}

void Axis::panPixels(double pixels) {
  begin_ += pixels * span_ / pixels_;
  clamp();
}

void Axis::reveal(int cell) {
  const double margin = std::min(span_ / 8, 4.0);
  if (cell < begin_ + margin) {
    begin_ = cell - margin;
  } else if (cell + 1 > end() - margin) {
    begin_ = cell + 1 + margin - span_;
  }
  clamp();
}

void Axis::clamp() {
  const double widest = std::max(1, cells_);
  span_ = std::clamp(span_, std::min(kMinCells, widest), widest);
  begin_ = std::clamp(begin_, 0.0, widest - span_);
}

}  // namespace rs::heat
