// SPDX-License-Identifier: Apache-2.0
//
// What kinds of figures paint with: points instead of pixels, one way for PDF, SVG, PNG and the preview.
//
// Thread: the painter's.
#pragma once

#include <QColor>
#include <QImage>
#include <QPointF>
#include <QRectF>
#include <QString>
#include <QStringList>
#include <vector>

#include "ui/figures/typeface.h"

class QPainter;

namespace rs::figures {

enum class Align { kLeft, kCentre, kRight };

// Colours that stay apart in print and for every eye (Okabe and Ito).
struct Ink {
  static constexpr QColor black() { return {0, 0, 0}; }
  static constexpr QColor grey() { return {110, 110, 110}; }
  static constexpr QColor lightGrey() { return {205, 205, 208}; }
  static constexpr QColor blue() { return {0, 114, 178}; }
  static constexpr QColor orange() { return {230, 159, 0}; }
  static constexpr QColor vermilion() { return {213, 94, 0}; }
  static constexpr QColor green() { return {0, 158, 115}; }
  static constexpr QColor purple() { return {204, 121, 167}; }
};

class Sheet {
 public:
  // Lifetime: painter and typeface outlive the sheet. unit: device pixels to a point.
  Sheet(QPainter& painter, const Typeface& face, double unit, bool text_as_outlines);
  ~Sheet();
  Sheet(const Sheet&) = delete;
  Sheet& operator=(const Sheet&) = delete;

  [[nodiscard]] const Typeface& face() const { return face_; }

  // Units: points, from the upper left corner.
  void line(QPointF from, QPointF to, QColor colour = Ink::black(), double width = 0.5);
  void dashed(QPointF from, QPointF to, QColor colour, double width = 0.6);
  void polyline(const std::vector<QPointF>& points, QColor colour, double width = 0.8);
  void fill(const QRectF& area, QColor colour);
  void frame(const QRectF& area, QColor colour = Ink::black(), double width = 0.5);
  void dot(QPointF middle, double radius, QColor colour);
  // A dot that is not filled.
  void ring(QPointF middle, double radius, QColor colour, double width = 0.8);
  // Lossless, and as it is: without smoothing.
  void image(const QRectF& area, const QImage& image);
  // at: the base line at the left end, middle or right end of the text. points: 0 for the figure's size.
  void text(QPointF at, const QString& what, Align align = Align::kLeft, double points = 0,
            QColor colour = Ink::black());
  // The middle of capital letters at this height.
  void textBeside(QPointF middle, const QString& what, Align align = Align::kLeft, double points = 0,
                  QColor colour = Ink::black());
  // Read from below to above.
  void textUpwards(QPointF middle, const QString& what, double points = 0);
  void errorBar(QPointF low, QPointF high, QColor colour = Ink::black());

 private:
  QPainter& painter_;
  const Typeface& face_;
  bool outlines_;
};

// --- axes ---

// Where values lie between two ends in points.
struct Scale {
  double low = 0;
  double high = 1;
  double from = 0;
  double to = 1;
  [[nodiscard]] double at(double value) const { return from + (value - low) / (high - low) * (to - from); }
};

// Round numbers within the range, about so many; at least the two ends' neighbourhood holds one.
[[nodiscard]] std::vector<double> ticksOf(double low, double high, int about);
// As short as tells them apart.
[[nodiscard]] QString tickText(double value, double step);
// The range with both ends on ticks, and never empty.
[[nodiscard]] Scale roundedScale(double low, double high, int about);

// What axes need beside and below a frame, in points.
[[nodiscard]] double axisWidth(const Typeface& face);
[[nodiscard]] double axisHeight(const Typeface& face);
// The frame's left side: ticks, numbers, a name read upwards.
void leftAxis(Sheet& sheet, const QRectF& area, const Scale& scale, const QString& name);
// Under the frame: whole numbers at the middles of cells, thinned out to fit.
void indexAxis(Sheet& sheet, const QRectF& area, int first, int end, const QString& name);
// Under the frame: numbers.
void bottomAxis(Sheet& sheet, const QRectF& area, const Scale& scale, const QString& name);

// Under the frame: a name to each of equally wide cells, read upwards where they are narrow. Where even that
// is too much only the important ones are named.
struct CellNames {
  QStringList names;
  std::vector<bool> important;
  QString axis;
};
[[nodiscard]] double namesHeight(const Typeface& face, const CellNames& cells, double width);
void namesAxis(Sheet& sheet, const QRectF& area, const CellNames& cells);

// A legend in one line, from the left; entries that do not fit go to the next line.
struct LegendEntry {
  enum class Mark { kBox, kLine, kDashed, kDot, kRing };
  Mark mark = Mark::kBox;
  QColor colour;
  QString text;
};
[[nodiscard]] double legendHeight(const Typeface& face, const std::vector<LegendEntry>& entries,
                                  double width);
void legend(Sheet& sheet, QPointF top_left, double width, const std::vector<LegendEntry>& entries);

}  // namespace rs::figures
