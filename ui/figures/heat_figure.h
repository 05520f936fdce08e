// SPDX-License-Identifier: Apache-2.0
//
// A heat map for paper: one painter path for PDF, SVG and PNG, from the same values, axes and colours as the
// canvas, never from its pixels on screen. Thread: any with a QGuiApplication (offscreen will do). Errors:
// kUsage for a request that cannot be drawn, kIo.
#pragma once

#include <QByteArray>
#include <QSizeF>
#include <QString>
#include <optional>

#include "ui/canvas/heat_picture.h"
#include "ui/canvas/heat_view.h"

class QPainter;

namespace rs::figures {

struct HeatFigureOptions {
  canvas::HeatMode mode = canvas::HeatMode::kAll;
  canvas::HeatValue value = canvas::HeatValue::kWeight;
  int layer = 0;                                 // of kLayer
  int token = 0;                                 // of kToken
  int first_token = 0;                           // of kAll and kLayer
  int end_token = -1;                            // excluded; -1: all
  std::optional<heat::ColourMap> map = {};       // none: the value's own
  std::optional<canvas::ValueRange> range = {};  // none: the source's
  QSizeF size_points{468, 260};                  // 72 to the inch
  int font_points = 7;
  bool text_as_outlines = true;  // in SVG, which cannot carry a font
  int png_dpi = 300;
  QString title = {};
  QString provenance = {};  // what the values are of: goes into the recipe
};

enum class FigureFormat { kPdf, kSvg, kPng };
// By the file's extension. Errors: kUsage.
[[nodiscard]] FigureFormat figureFormat(const QString& path);

class HeatFigure {
 public:
  // Lifetime: the source outlives the figure. Errors: kUsage when the source has no such value, layer or
  // token.
  HeatFigure(const canvas::HeatSource& source, HeatFigureOptions options);

  [[nodiscard]] int64_t cells() const;
  // Cells are drawn as rectangles up to this many, beyond it as one lossless image.
  static constexpr int64_t kMostRectangles = 4096;
  // Beyond so many the exact values are not attached.
  static constexpr int64_t kMostRows = 1'000'000;

  // On the whole device of the painter, whatever its resolution.
  void paint(QPainter& painter, bool text_as_outlines) const;
  // The same figure and options give the same bytes.
  [[nodiscard]] QByteArray bytes(FigureFormat format) const;
  // Whole or not at all.
  void write(const QString& path) const;

  // token,layer,expert,value of every cell that has data.
  [[nodiscard]] QByteArray csv() const;
  // JSON: how to make the figure again.
  [[nodiscard]] QByteArray recipe() const;

 private:
  struct Sheet;
  [[nodiscard]] QByteArray pdf() const;
  [[nodiscard]] QByteArray svg() const;
  [[nodiscard]] QByteArray png() const;
  void paintCells(const Sheet& sheet) const;
  void paintRows(const Sheet& sheet) const;
  void paintColumns(const Sheet& sheet) const;
  void paintColourBar(const Sheet& sheet) const;
  [[nodiscard]] int firstRow() const;

  const canvas::HeatSource& source_;
  HeatFigureOptions options_;
  heat::ColourMap map_;
  canvas::ValueRange range_;
  canvas::HeatPicture picture_;
  std::unique_ptr<heat::HeatPyramid> grid_;  // of kToken
};

}  // namespace rs::figures
