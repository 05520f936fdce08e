// SPDX-License-Identifier: Apache-2.0
//
// What a heat figure holds and how it is painted; figure_file.cpp writes it.
#include "ui/figures/heat_figure.h"

#include <QFont>
#include <QFontMetricsF>
#include <QImage>
#include <QPaintDevice>
#include <QPainter>
#include <QPainterPath>
#include <algorithm>
#include <cmath>

#include "core/base/error.h"
#include "ui/canvas/labels.h"
#include "ui/heat/heat_raster.h"

namespace rs::figures {
namespace {

constexpr double kLeft = 34;  // points
constexpr double kRight = 58;
constexpr double kTop = 16;
constexpr double kBottom = 24;
constexpr double kBar = 8;
constexpr double kRasterDpi = 600;

QColor colourOf(heat::Pixel pixel) {
  const heat::Rgb c = heat::rgbOf(pixel);
  return {c.r, c.g, c.b};
}

heat::Axis axisOf(int cells, int begin, int end, int pixels) {
  heat::Axis axis;
  axis.setCells(cells);
  axis.setPixels(pixels);
  axis.showExactly(begin, end);
  return axis;
}

void require(bool holds, const std::string& what) {
  if (!holds) {
    throw Error(ErrorCode::kUsage, "drawing a heat map: " + what);
  }
}

}  // namespace

// The painter in points, with its fonts, and where the cells go.
struct HeatFigure::Sheet {
  QPainter& painter;
  double unit;  // device pixels a point
  QRectF plot;  // device pixels
  heat::Axis x;
  heat::Axis y;
  heat::Palette palette;
  bool text_as_outlines;

  [[nodiscard]] double textWidth(const QString& text) const {
    return QFontMetricsF(painter.font(), painter.device()).horizontalAdvance(text);
  }
  [[nodiscard]] double ascent() const { return QFontMetricsF(painter.font(), painter.device()).ascent(); }
  // at: the base line's left end.
  void text(QPointF at, const QString& what) const {
    if (text_as_outlines) {
      QPainterPath outline;
      outline.addText(at, painter.font(), what);
      painter.fillPath(outline, Qt::black);
    } else {
      painter.drawText(at, what);
    }
  }
  void line(QPointF from, QPointF to) const { painter.drawLine(from, to); }
};

HeatFigure::HeatFigure(const canvas::HeatSource& source, HeatFigureOptions options)
    : source_(source),
      options_(std::move(options)),
      map_(options_.map.value_or(canvas::infoOf(options_.value).map)) {
  require(source.offers(options_.value),
          "the run has no values of '" + std::string(canvas::infoOf(options_.value).name) + "'");
  const int n = source.tokens();
  if (options_.end_token < 0) {
    options_.end_token = n;
  }
  require(options_.first_token >= 0 && options_.first_token < options_.end_token && options_.end_token <= n,
          "tokens " + std::to_string(options_.first_token) + " to " + std::to_string(options_.end_token) +
              " of a run of " + std::to_string(n));
  require(options_.layer >= 0 && options_.layer < source.layers(),
          "layer " + std::to_string(options_.layer) + " of " + std::to_string(source.layers()));
  require(options_.token >= 0 && options_.token < n,
          "token " + std::to_string(options_.token) + " of a run of " + std::to_string(n));
  require(options_.size_points.width() >= 150 && options_.size_points.height() >= 80,
          "a page of less than 150 x 80 points has no room for axes");
  range_ = options_.range.value_or(source.range(options_.value));
  require(range_.low < range_.high, "a range of colours that is empty");
  picture_.setSource(&source);
  picture_.setValue(options_.value);
  while (picture_.update(1e9)) {
  }
  if (options_.mode == canvas::HeatMode::kToken) {
    grid_ = std::make_unique<heat::HeatPyramid>(picture_.gridOf(options_.token));
  }
}

int HeatFigure::firstRow() const {
  return options_.mode == canvas::HeatMode::kLayer ? options_.layer * source_.experts() : 0;
}

int64_t HeatFigure::cells() const {
  const int64_t tokens = options_.end_token - options_.first_token;
  switch (options_.mode) {
    case canvas::HeatMode::kAll:
      return tokens * source_.layers() * source_.experts();
    case canvas::HeatMode::kLayer:
      return tokens * source_.experts();
    case canvas::HeatMode::kToken:
      return int64_t{source_.layers()} * source_.experts();
  }
  return 0;
}

void HeatFigure::paint(QPainter& painter, bool text_as_outlines) const {
  const double unit = painter.device()->logicalDpiX() / 72.0;
  QFont font(QStringLiteral("DejaVu Sans"));
  font.setPixelSize(std::max(1, static_cast<int>(std::lround(options_.font_points * unit))));
  font.setHintingPreference(QFont::PreferNoHinting);
  painter.setFont(font);
  painter.setRenderHint(QPainter::LosslessImageRendering);
  painter.setPen(QPen(Qt::black, 0.4 * unit));
  const QSizeF size = options_.size_points * unit;
  const QRectF plot(kLeft * unit, kTop * unit, size.width() - (kLeft + kRight) * unit,
                    size.height() - (kTop + kBottom) * unit);
  const auto pixels = [&](double length) {
    return std::max(1, static_cast<int>(std::lround(length / unit / 72 * kRasterDpi)));
  };
  const bool is_grid = options_.mode == canvas::HeatMode::kToken;
  const int rows =
      options_.mode == canvas::HeatMode::kAll ? source_.layers() * source_.experts() : source_.experts();
  const Sheet sheet{painter,
                    unit,
                    plot,
                    is_grid ? axisOf(source_.experts(), 0, source_.experts(), pixels(plot.width()))
                            : axisOf(picture_.pyramid().columns(), options_.first_token, options_.end_token,
                                     pixels(plot.width())),
                    is_grid ? axisOf(source_.layers(), 0, source_.layers(), pixels(plot.height()))
                            : axisOf(rows, 0, rows, pixels(plot.height())),
                    [this] {
                      heat::Palette palette(picture_.quantiser(), map_, range_.low, range_.high);
                      palette.setNoData(heat::pixelOf({0xe8, 0xe8, 0xea}), heat::pixelOf({0xb6, 0xb8, 0xbd}));
                      return palette;
                    }(),
                    text_as_outlines};
  paintCells(sheet);
  paintRows(sheet);
  paintColumns(sheet);
  paintColourBar(sheet);
  if (!options_.title.isEmpty()) {
    sheet.text({plot.left(), plot.top() - 5 * unit}, options_.title);
  }
}

void HeatFigure::paintCells(const Sheet& sheet) const {
  const heat::HeatPyramid& pyramid = grid_ != nullptr ? *grid_ : picture_.pyramid();
  QPainter& painter = sheet.painter;
  if (cells() > kMostRectangles) {
    QImage image(sheet.x.pixels(), sheet.y.pixels(), QImage::Format_RGBX8888);
    heat::HeatRaster().draw(pyramid, sheet.x, sheet.y, firstRow(), sheet.palette,
                            {reinterpret_cast<heat::Pixel*>(image.bits()),
                             static_cast<size_t>(image.width()) * static_cast<size_t>(image.height())});
    painter.drawImage(sheet.plot, image.convertToFormat(QImage::Format_RGB32));
  } else {
    const double width = sheet.plot.width() / sheet.x.span();
    const double height = sheet.plot.height() / sheet.y.span();
    for (int column = static_cast<int>(sheet.x.begin()); column < sheet.x.end(); ++column) {
      for (int row = 0; row < sheet.y.cells(); ++row) {
        const QRectF cell(sheet.plot.left() + (column - sheet.x.begin()) * width,
                          sheet.plot.top() + row * height, width, height);
        const uint8_t code =
            pyramid.column(column)[static_cast<size_t>(firstRow()) + static_cast<size_t>(row)];
        painter.fillRect(cell, colourOf(sheet.palette[code]));
        if (code == 0) {
          painter.save();
          painter.setPen(QPen(colourOf(sheet.palette.noDataLine()), 0.3 * sheet.unit));
          sheet.line(cell.bottomLeft(), cell.topRight());
          painter.restore();
        }
      }
    }
  }
  painter.drawRect(sheet.plot);
}

void HeatFigure::paintRows(const Sheet& sheet) const {
  const double row_height = sheet.plot.height() / sheet.y.span();
  const bool is_layer = options_.mode == canvas::HeatMode::kLayer;
  const int per_label = options_.mode == canvas::HeatMode::kAll ? source_.experts() : 1;
  const int n_labels = is_layer ? source_.experts() : source_.layers();
  const double line = sheet.ascent() * 1.3;
  const int step = canvas::niceStep(line / (row_height * per_label));
  for (int i = 0; i < n_labels; i += step) {
    const std::string name = is_layer ? source_.expertName(options_.layer, i) : "L" + std::to_string(i);
    const QString text = QString::fromStdString(name);
    const double middle = sheet.plot.top() + (i + 0.5) * per_label * row_height;
    sheet.text({sheet.plot.left() - 4 * sheet.unit - sheet.textWidth(text), middle + sheet.ascent() * 0.38},
               text);
    if (per_label > 1 && i > 0) {
      const double border = sheet.plot.top() + i * per_label * row_height;
      sheet.line({sheet.plot.left() - 3 * sheet.unit, border}, {sheet.plot.left(), border});
    }
  }
}

void HeatFigure::paintColumns(const Sheet& sheet) const {
  const bool is_grid = options_.mode == canvas::HeatMode::kToken;
  const double width = sheet.plot.width() / sheet.x.span();
  const int step = canvas::niceStep((is_grid ? 22 : 40) * sheet.unit / width);
  const int first = (static_cast<int>(sheet.x.begin()) + step - 1) / step * step;
  for (int cell = first; cell < sheet.x.end(); cell += step) {
    const double middle = sheet.plot.left() + (cell + 0.5 - sheet.x.begin()) * width;
    sheet.line({middle, sheet.plot.bottom()}, {middle, sheet.plot.bottom() + 2.5 * sheet.unit});
    const QString label =
        is_grid ? QString::fromStdString(source_.expertName(0, cell)) : QString::number(cell);
    sheet.text({middle - sheet.textWidth(label) / 2, sheet.plot.bottom() + 3 * sheet.unit + sheet.ascent()},
               label);
  }
  const QString title = is_grid ? QStringLiteral("expert, token %1").arg(options_.token)
                        : options_.mode == canvas::HeatMode::kLayer
                            ? QStringLiteral("token position, layer %1").arg(options_.layer)
                            : QStringLiteral("token position");
  sheet.text({sheet.plot.center().x() - sheet.textWidth(title) / 2,
              sheet.plot.bottom() + 5 * sheet.unit + 2.2 * sheet.ascent()},
             title);
}

void HeatFigure::paintColourBar(const Sheet& sheet) const {
  constexpr int steps = 128;
  const double unit = sheet.unit;
  const QRectF bar(sheet.plot.right() + 8 * unit, sheet.plot.top(), kBar * unit,
                   sheet.plot.height() - 14 * unit);
  for (int i = 0; i < steps; ++i) {
    const heat::Rgb c = heat::colourAt(map_, 1 - static_cast<double>(i) / (steps - 1));
    sheet.painter.fillRect(
        QRectF(bar.left(), bar.top() + bar.height() * i / steps, bar.width(), bar.height() / steps),
        QColor(c.r, c.g, c.b));
  }
  sheet.painter.drawRect(bar);
  for (int i = 0; i <= 4; ++i) {
    const float part = static_cast<float>(i) / 4;
    const double y = bar.bottom() - bar.height() * static_cast<double>(part);
    sheet.line({bar.right(), y}, {bar.right() + 2 * unit, y});
    sheet.text({bar.right() + 4 * unit, y + sheet.ascent() * 0.38},
               QString::fromStdString(canvas::shortNumber(range_.low + (range_.high - range_.low) * part)));
  }
  const std::string_view name = canvas::infoOf(options_.value).name;
  sheet.text({bar.left(), bar.top() - 5 * unit},
             QString::fromUtf8(name.data(), static_cast<qsizetype>(name.size())));
  const QRectF swatch(bar.left(), bar.bottom() + 5 * unit, bar.width(), 6 * unit);
  sheet.painter.fillRect(swatch, colourOf(sheet.palette[0]));
  sheet.line(swatch.bottomLeft(), swatch.topRight());
  sheet.text({swatch.right() + 4 * unit, swatch.bottom()}, QStringLiteral("no data"));
}

}  // namespace rs::figures
