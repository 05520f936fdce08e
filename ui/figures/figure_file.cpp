// SPDX-License-Identifier: Apache-2.0
//
// The files of a figure: PDF with data and recipe attached, SVG, PNG; data and recipe on their own.
#include <QBuffer>
#include <QFileInfo>
#include <QImage>
#include <QJsonDocument>
#include <QJsonObject>
#include <QPageSize>
#include <QPainter>
#include <QPdfWriter>
#include <QSaveFile>
#include <QSvgGenerator>
#include <cmath>

#include "core/base/error.h"
#include "ui/figures/heat_figure.h"

namespace rs::figures {
namespace {

constexpr int kVectorDpi = 1200;

// Qt writes the time of writing and takes no other. Same length: no offset in the file moves.
void fixDates(QByteArray& pdf) {
  for (const QByteArray& key : {QByteArray("/CreationDate (D:"), QByteArray("/ModDate (D:")}) {
    for (qsizetype at = pdf.indexOf(key); at >= 0; at = pdf.indexOf(key, at + 1)) {
      const qsizetype begin = at + key.size();
      for (qsizetype i = begin; i < pdf.size() && pdf[i] != ')'; ++i) {
        if (pdf[i] >= '0' && pdf[i] <= '9') {
          pdf[i] = '0';
        } else if (pdf[i] == '-' || pdf[i] == 'Z') {
          pdf[i] = '+';
        }
      }
      pdf.replace(begin, 8, "20000101");
    }
  }
}

QString nameOf(canvas::HeatMode mode) {
  switch (mode) {
    case canvas::HeatMode::kAll:
      return QStringLiteral("all");
    case canvas::HeatMode::kLayer:
      return QStringLiteral("layer");
    case canvas::HeatMode::kToken:
      return QStringLiteral("token");
  }
  return {};
}

}  // namespace

FigureFormat figureFormat(const QString& path) {
  const QString suffix = QFileInfo(path).suffix().toLower();
  if (suffix == QLatin1String("pdf")) {
    return FigureFormat::kPdf;
  }
  if (suffix == QLatin1String("svg")) {
    return FigureFormat::kSvg;
  }
  if (suffix == QLatin1String("png")) {
    return FigureFormat::kPng;
  }
  throw Error(
      ErrorCode::kUsage,
      "writing a figure: expected a name that ends with .pdf, .svg or .png, found " + path.toStdString());
}

QByteArray HeatFigure::csv() const {
  QByteArray text("token,layer,expert,value\n");
  const bool is_grid = options_.mode == canvas::HeatMode::kToken;
  const int first = is_grid ? options_.token : options_.first_token;
  const int end = is_grid ? options_.token + 1 : options_.end_token;
  const bool is_layer = options_.mode == canvas::HeatMode::kLayer;
  std::vector<float> values(static_cast<size_t>(source_.experts()));
  for (int token = first; token < end; ++token) {
    for (int layer = is_layer ? options_.layer : 0;
         layer < (is_layer ? options_.layer + 1 : source_.layers()); ++layer) {
      source_.values(options_.value, token, layer, values);
      for (int expert = 0; expert < source_.experts(); ++expert) {
        const float value = values[static_cast<size_t>(expert)];
        if (!std::isnan(value)) {
          text += QByteArray::number(token) + ',' + QByteArray::number(layer) + ',' +
                  QByteArray::number(expert) + ',' + QByteArray::number(static_cast<double>(value), 'g', 9) +
                  '\n';
        }
      }
    }
  }
  return text;
}

QByteArray HeatFigure::recipe() const {
  const auto latin = [](std::string_view text) {
    return QString::fromUtf8(text.data(), static_cast<qsizetype>(text.size()));
  };
  const QJsonObject recipe{
      {"figure", "heatmap"},
      {"mode", nameOf(options_.mode)},
      {"value", latin(canvas::infoOf(options_.value).name)},
      {"layer", options_.layer},
      {"token", options_.token},
      {"first_token", options_.first_token},
      {"end_token", options_.end_token},
      {"colour_map", latin(heat::allColourMaps()[static_cast<size_t>(map_)].name)},
      {"low", static_cast<double>(range_.low)},
      {"high", static_cast<double>(range_.high)},
      {"step", static_cast<double>(picture_.quantiser().step())},
      {"cells", static_cast<qint64>(cells())},
      {"cells_as_image", cells() > kMostRectangles},
      {"clipped_values", static_cast<qint64>(picture_.clipped())},
      {"data_attached", cells() <= kMostRows},
      {"width_points", options_.size_points.width()},
      {"height_points", options_.size_points.height()},
      {"font_points", options_.font_points},
      {"provenance", options_.provenance},
  };
  return QJsonDocument(recipe).toJson(QJsonDocument::Indented);
}

QByteArray HeatFigure::pdf() const {
  QByteArray file;
  QBuffer buffer(&file);
  buffer.open(QIODevice::WriteOnly);
  {
    QPdfWriter writer(&buffer);
    writer.setResolution(kVectorDpi);
    writer.setPageSize(QPageSize(options_.size_points, QPageSize::Point, QString(), QPageSize::ExactMatch));
    writer.setPageMargins(QMarginsF(0, 0, 0, 0));
    writer.setTitle(options_.title);
    writer.setCreator(QStringLiteral("Routescope"));
    writer.addFileAttachment(QStringLiteral("recipe.json"), recipe(), QStringLiteral("application/json"));
    if (cells() <= kMostRows) {
      writer.addFileAttachment(QStringLiteral("data.csv"), csv(), QStringLiteral("text/csv"));
    }
    QPainter painter(&writer);
    paint(painter, false);
  }
  buffer.close();
  fixDates(file);
  return file;
}

QByteArray HeatFigure::svg() const {
  QByteArray file;
  QBuffer buffer(&file);
  buffer.open(QIODevice::WriteOnly);
  QSvgGenerator generator;
  generator.setOutputDevice(&buffer);
  generator.setResolution(kVectorDpi);
  const QSizeF size = options_.size_points * kVectorDpi / 72;
  generator.setSize(size.toSize());
  generator.setViewBox(QRectF(QPointF(0, 0), size));
  generator.setTitle(options_.title);
  generator.setDescription(QString::fromUtf8(recipe()));
  QPainter painter(&generator);
  paint(painter, options_.text_as_outlines);
  painter.end();
  return file;
}

QByteArray HeatFigure::png() const {
  const QSizeF size = options_.size_points * options_.png_dpi / 72;
  QImage image(size.toSize(), QImage::Format_RGB32);
  image.fill(Qt::white);
  image.setDotsPerMeterX(static_cast<int>(std::lround(options_.png_dpi / 0.0254)));
  image.setDotsPerMeterY(image.dotsPerMeterX());
  image.setText(QStringLiteral("recipe"), QString::fromUtf8(recipe()));
  QPainter painter(&image);
  painter.setRenderHint(QPainter::TextAntialiasing);
  paint(painter, false);
  painter.end();
  QByteArray file;
  QBuffer buffer(&file);
  buffer.open(QIODevice::WriteOnly);
  image.save(&buffer, "PNG");
  return file;
}

QByteArray HeatFigure::bytes(FigureFormat format) const {
  switch (format) {
    case FigureFormat::kPdf:
      return pdf();
    case FigureFormat::kSvg:
      return svg();
    case FigureFormat::kPng:
      return png();
  }
  return {};
}

void HeatFigure::write(const QString& path) const {
  const QByteArray file = bytes(figureFormat(path));
  QSaveFile out(path);
  if (!out.open(QIODevice::WriteOnly) || out.write(file) != file.size() || !out.commit()) {
    throw Error(ErrorCode::kIo, "writing a figure: " + out.errorString().toStdString() +
                                    "; nothing was changed: " + path.toStdString());
  }
}

}  // namespace rs::figures
