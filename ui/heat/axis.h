// SPDX-License-Identifier: Apache-2.0
//
// One axis of a picture of cells: which stretch of cells lies on which pixels, zoom and pan. Raster, hit
// test, labels and figures all ask here, so they cannot disagree.
#pragma once

#include <cstdint>

namespace rs::heat {

// Cells begin (included) to end (excluded).
struct CellSpan {
  int begin = 0;
  int end = 0;
  [[nodiscard]] int size() const { return end - begin; }
  [[nodiscard]] bool empty() const { return begin >= end; }
  bool operator==(const CellSpan&) const = default;
};

class Axis {
 public:
  // The view starts with all cells in it. pixels >= 1.
  void setCells(int cells);
  void setPixels(int pixels);

  [[nodiscard]] int cells() const { return cells_; }
  [[nodiscard]] int pixels() const { return pixels_; }
  // The visible stretch in cells; within 0 to cells() unless there are none.
  [[nodiscard]] double begin() const { return begin_; }
  [[nodiscard]] double end() const { return begin_ + span_; }
  [[nodiscard]] double span() const { return span_; }
  [[nodiscard]] double pixelsPerCell() const { return pixels_ / span_; }

  // The cells one pixel stands for: a partition of the visible cells where several share a pixel, else the
  // one cell. Where many do, a boundary may lie up to a sixteenth of a pixel to the left of its place.
  [[nodiscard]] CellSpan cellsAt(int pixel) const;
  // Where a cell boundary lies, in pixels; outside 0 to pixels() when it is not visible.
  [[nodiscard]] double pixelOf(double cell) const { return (cell - begin_) * pixels_ / span_; }
  // The cell at a position in pixels, -1 where there is none.
  [[nodiscard]] int cellAt(double pixel) const;

  void show(double begin, double end);
  // The same without the least span that a view keeps: figures show what they are asked for. begin < end.
  void showExactly(double begin, double end);
  void fit();
  // factor > 1 zooms in; the cell under the pixel stays under it.
  void zoom(double factor, double pixel);
  void panPixels(double pixels);
  // Moves as little as possible so that the cell is visible, with a margin where there is room.
  void reveal(int cell);
  [[nodiscard]] bool isFitted() const { return span_ >= cells_; }

 private:
  static constexpr double kMinCells = 4;  // the largest zoom shows so many
  void clamp();

  int cells_ = 1;
  int pixels_ = 1;
  double begin_ = 0;
  double span_ = 1;
};

}  // namespace rs::heat
