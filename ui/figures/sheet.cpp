// SPDX-License-Identifier: Apache-2.0
#include "ui/figures/sheet.h"

#include <QPainter>
#include <QPainterPath>
#include <QPen>
#include <algorithm>
#include <cmath>

namespace rs::figures {
namespace {

constexpr double kTick = 2.5;  // points

double shiftOf(Align align, double width) {
  switch (align) {
    case Align::kLeft:
      break;
    case Align::kCentre:
      return width / 2;
    case Align::kRight:
      return width;
  }
  return 0;
}

// 1, 2 or 5 times a power of ten.
double niceStepOf(double span, int about) {
  const double rough = span / std::max(about, 1);
  const double power = std::pow(10, std::floor(std::log10(rough)));
  for (const double digit : {1.0, 2.0, 5.0}) {
    if (digit * power >= rough * (1 - 1e-9)) {
      return digit * power;
    }
  }
  return 10 * power;
}

double stepOf(double low, double high, int about) {
  return niceStepOf(high > low ? high - low : 1, about);
}

}  // namespace

Sheet::Sheet(QPainter& painter, const Typeface& face, double unit, bool text_as_outlines)
    : painter_(painter), face_(face), outlines_(text_as_outlines) {
  painter_.save();
  painter_.scale(unit, unit);
  painter_.setRenderHint(QPainter::LosslessImageRendering);
  painter_.setRenderHint(QPainter::SmoothPixmapTransform, false);
  painter_.setFont(face.font());
}

Sheet::~Sheet() {
  painter_.restore();
}

void Sheet::line(QPointF from, QPointF to, QColor colour, double width) {
  painter_.setPen(QPen(colour, width, Qt::SolidLine, Qt::FlatCap));
  // Without it pixels make neighbours of one width thin and thick.
  painter_.setRenderHint(QPainter::Antialiasing);
  painter_.drawLine(from, to);
  painter_.setRenderHint(QPainter::Antialiasing, false);
}

void Sheet::dashed(QPointF from, QPointF to, QColor colour, double width) {
  QPen pen(colour, width, Qt::CustomDashLine, Qt::FlatCap);
  pen.setDashPattern({4, 3});
  painter_.setPen(pen);
  painter_.drawLine(from, to);
}

void Sheet::polyline(const std::vector<QPointF>& points, QColor colour, double width) {
  painter_.setPen(QPen(colour, width, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
  painter_.setBrush(Qt::NoBrush);
  painter_.setRenderHint(QPainter::Antialiasing);
  painter_.drawPolyline(points.data(), static_cast<int>(points.size()));
  painter_.setRenderHint(QPainter::Antialiasing, false);
}

void Sheet::fill(const QRectF& area, QColor colour) {
  painter_.fillRect(area, colour);
}

void Sheet::frame(const QRectF& area, QColor colour, double width) {
  painter_.setPen(QPen(colour, width, Qt::SolidLine, Qt::FlatCap, Qt::MiterJoin));
  painter_.setBrush(Qt::NoBrush);
  painter_.drawRect(area);
}

void Sheet::dot(QPointF middle, double radius, QColor colour) {
  painter_.setPen(Qt::NoPen);
  painter_.setBrush(colour);
  painter_.setRenderHint(QPainter::Antialiasing);
  painter_.drawEllipse(middle, radius, radius);
  painter_.setRenderHint(QPainter::Antialiasing, false);
}

void Sheet::ring(QPointF middle, double radius, QColor colour, double width) {
  painter_.setPen(QPen(colour, width));
  painter_.setBrush(Qt::white);
  painter_.setRenderHint(QPainter::Antialiasing);
  painter_.drawEllipse(middle, radius, radius);
  painter_.setRenderHint(QPainter::Antialiasing, false);
}

void Sheet::image(const QRectF& area, const QImage& image) {
  painter_.drawImage(area, image);
}

void Sheet::text(QPointF at, const QString& what, Align align, double points, QColor colour) {
  const double size = points > 0 ? points : face_.points();
  const double scale = size / Typeface::kPixels;
  const QString shown = face_.shown(what);
  painter_.save();
  painter_.translate(at.x() - shiftOf(align, face_.width(shown, size)), at.y());
  painter_.scale(scale, scale);
  if (outlines_) {
    QPainterPath outline;
    outline.addText(0, 0, face_.font(), shown);
    painter_.setRenderHint(QPainter::Antialiasing);
    painter_.fillPath(outline, colour);
  } else {
    painter_.setPen(colour);
    painter_.drawText(QPointF(0, 0), shown);
  }
  painter_.restore();
}

void Sheet::textBeside(QPointF middle, const QString& what, Align align, double points, QColor colour) {
  text({middle.x(), middle.y() + face_.capHeight(points) / 2}, what, align, points, colour);
}

void Sheet::textUpwards(QPointF middle, const QString& what, double points) {
  painter_.save();
  painter_.translate(middle);
  painter_.rotate(-90);
  text({0, face_.capHeight(points) / 2}, what, Align::kCentre, points);
  painter_.restore();
}

void Sheet::errorBar(QPointF low, QPointF high, QColor colour) {
  constexpr double kCap = 1.2;
  const bool is_upright = low.x() == high.x();
  const QPointF across = is_upright ? QPointF(kCap, 0) : QPointF(0, kCap);
  line(low, high, colour, 0.6);
  line(low - across, low + across, colour, 0.6);
  line(high - across, high + across, colour, 0.6);
}

std::vector<double> ticksOf(double low, double high, int about) {
  const double step = stepOf(low, high, about);
  std::vector<double> ticks;
  const double slack = step * 1e-6;
  for (double k = std::ceil((low - slack) / step); k * step <= high + slack; ++k) {
    ticks.push_back(k * step);
  }
  return ticks;
}

QString tickText(double value, double step) {
  const int digits = std::clamp(static_cast<int>(std::ceil(-std::log10(step) - 1e-9)), 0, 9);
  // No minus before nothing.
  const double shown = std::abs(value) < step * 1e-6 ? 0 : value;
  return QString::number(shown, 'f', digits).replace(QLatin1Char('-'), QChar(0x2212));
}

Scale roundedScale(double low, double high, int about) {
  const double step = stepOf(low, high, about);
  Scale scale;
  scale.low = std::floor(low / step + 1e-9) * step;
  scale.high = std::ceil(high / step - 1e-9) * step;
  if (scale.high <= scale.low) {
    scale.high = scale.low + step;
  }
  return scale;
}

double axisWidth(const Typeface& face) {
  return 4.6 * face.points() + 6;
}

double axisHeight(const Typeface& face) {
  return kTick + 2 + face.capHeight() + face.lineHeight() + 0.4 * face.points();
}

void leftAxis(Sheet& sheet, const QRectF& area, const Scale& scale, const QString& name) {
  const double line = sheet.face().lineHeight();
  const int about = std::max(2, static_cast<int>(std::abs(scale.to - scale.from) / (2.2 * line)));
  const double step = stepOf(scale.low, scale.high, about);
  for (const double tick : ticksOf(scale.low, scale.high, about)) {
    const double y = scale.at(tick);
    sheet.line({area.left() - kTick, y}, {area.left(), y});
    sheet.textBeside({area.left() - kTick - 2, y}, tickText(tick, step), Align::kRight);
  }
  sheet.textUpwards(
      {area.left() - axisWidth(sheet.face()) + sheet.face().lineHeight() / 2, area.center().y()},
      sheet.face().elided(name, area.height() + 16));
}

void bottomAxis(Sheet& sheet, const QRectF& area, const Scale& scale, const QString& name) {
  const int about = std::max(2, static_cast<int>(area.width() / (5 * sheet.face().points())));
  const double step = stepOf(scale.low, scale.high, about);
  const double base = area.bottom() + kTick + 2 + sheet.face().capHeight();
  for (const double tick : ticksOf(scale.low, scale.high, about)) {
    const double x = scale.at(tick);
    sheet.line({x, area.bottom()}, {x, area.bottom() + kTick});
    sheet.text({x, base}, tickText(tick, step), Align::kCentre);
  }
  sheet.text({area.center().x(), base + sheet.face().lineHeight()}, name, Align::kCentre);
}

void indexAxis(Sheet& sheet, const QRectF& area, int first, int end, const QString& name) {
  const double cell = area.width() / std::max(end - first, 1);
  const double widest = sheet.face().width(QString::number(std::max(end - 1, 0))) + sheet.face().points();
  const double rough = std::max(1.0, widest / cell);
  const int step = std::max(1, static_cast<int>(std::lround(niceStepOf(rough, 1))));
  const double base = area.bottom() + kTick + 2 + sheet.face().capHeight();
  for (int index = (first + step - 1) / step * step; index < end; index += step) {
    const double x = area.left() + (index - first + 0.5) * cell;
    sheet.line({x, area.bottom()}, {x, area.bottom() + kTick});
    sheet.text({x, base}, QString::number(index), Align::kCentre);
  }
  sheet.text({area.center().x(), base + sheet.face().lineHeight()}, name, Align::kCentre);
}

namespace {

constexpr double kLongestName = 60;

double widestOf(const Typeface& face, const CellNames& cells) {
  double widest = 0;
  for (const QString& name : cells.names) {
    widest = std::max(widest, face.width(face.shown(name), face.smallPoints()));
  }
  return std::min(widest, kLongestName);
}

bool liesFlat(const Typeface& face, const CellNames& cells, double width) {
  return widestOf(face, cells) + 2 < width / static_cast<double>(cells.names.size());
}

double nameRoom(const Typeface& face, const CellNames& cells, double width) {
  return liesFlat(face, cells, width) ? face.capHeight(face.smallPoints()) : widestOf(face, cells);
}

}  // namespace

double namesHeight(const Typeface& face, const CellNames& cells, double width) {
  return 4 + nameRoom(face, cells, width) + face.lineHeight() + 0.4 * face.points();
}

void namesAxis(Sheet& sheet, const QRectF& area, const CellNames& cells) {
  const Typeface& face = sheet.face();
  const double small = face.smallPoints();
  const double room = nameRoom(face, cells, area.width());
  const double cell = area.width() / static_cast<double>(cells.names.size());
  const bool is_flat = liesFlat(face, cells, area.width());
  const bool names_all = is_flat || face.capHeight(small) * 1.25 <= cell;
  double last = -1e9;
  for (qsizetype i = 0; i < cells.names.size(); ++i) {
    const double x = area.left() + (static_cast<double>(i) + 0.5) * cell;
    const bool is_named = names_all || (cells.important[static_cast<std::size_t>(i)] &&
                                        x - last >= face.capHeight(small) * 1.25);
    if (!is_named) {
      continue;
    }
    last = x;
    const QString name = face.elided(face.shown(cells.names[i]), kLongestName, small);
    if (is_flat) {
      sheet.text({x, area.bottom() + 4 + room}, name, Align::kCentre, small);
    } else {
      sheet.textUpwards({x, area.bottom() + 4 + face.width(name, small) / 2}, name, small);
    }
  }
  sheet.text({area.center().x(), area.bottom() + 4 + room + face.lineHeight()}, cells.axis, Align::kCentre);
}

namespace {

constexpr double kMark = 10;
constexpr double kGap = 10;

// Calls place(entry, text, offset) for every entry; returns the height.
template <typename Place>
double placeLegend(const Typeface& face, const std::vector<LegendEntry>& entries, double width, Place place) {
  const double line = face.lineHeight();
  double x = 0;
  double y = 0;
  for (const LegendEntry& entry : entries) {
    const QString text = face.elided(face.shown(entry.text), width - kMark - 3);
    const double needs = kMark + 3 + face.width(text);
    if (x > 0 && x + needs > width) {
      x = 0;
      y += line;
    }
    place(entry, text, QPointF(x, y));
    x += needs + kGap;
  }
  return entries.empty() ? 0 : y + line;
}

}  // namespace

double legendHeight(const Typeface& face, const std::vector<LegendEntry>& entries, double width) {
  return placeLegend(face, entries, width, [](const LegendEntry&, const QString&, QPointF) {});
}

void legend(Sheet& sheet, QPointF top_left, double width, const std::vector<LegendEntry>& entries) {
  const double half = sheet.face().lineHeight() / 2;
  placeLegend(sheet.face(), entries, width,
              [&](const LegendEntry& entry, const QString& text, QPointF offset) {
                const QPointF left = top_left + offset + QPointF(0, half);
                const QPointF middle = left + QPointF(kMark / 2, 0);
                const QPointF right = left + QPointF(kMark, 0);
                switch (entry.mark) {
                  case LegendEntry::Mark::kBox:
                    sheet.fill(QRectF(left.x() + 1.5, left.y() - 2.5, kMark - 3, 5), entry.colour);
                    break;
                  case LegendEntry::Mark::kLine:
                    sheet.line(left, right, entry.colour, 1);
                    break;
                  case LegendEntry::Mark::kDashed:
                    sheet.dashed(left, right, entry.colour);
                    break;
                  case LegendEntry::Mark::kDot:
                    sheet.dot(middle, 1.8, entry.colour);
                    break;
                  case LegendEntry::Mark::kRing:
                    sheet.ring(middle, 1.8, entry.colour);
                    break;
                }
                sheet.textBeside(right + QPointF(3, 0), text);
              });
}

}  // namespace rs::figures
