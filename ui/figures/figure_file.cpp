// SPDX-License-Identifier: Apache-2.0
//
// The files of a figure: PDF with data and recipe attached, SVG and PNG with both as metadata.
#include <QBuffer>
#include <QFileInfo>
#include <QImage>
#include <QPageSize>
#include <QPainter>
#include <QPdfWriter>
#include <QSaveFile>
#include <QSvgGenerator>
#include <cmath>

#include "core/base/error.h"
#include "ui/figures/figure.h"

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

QString metadata(const char* id, const QByteArray& text) {
  return QStringLiteral("<metadata id=\"%1\">%2</metadata>\n")
      .arg(QString::fromLatin1(id), QString::fromUtf8(text).toHtmlEscaped());
}

}  // namespace

FigureFormat figureFormat(const std::string& path) {
  const QString suffix = QFileInfo(QString::fromStdString(path)).suffix().toLower();
  if (suffix == QLatin1String("pdf")) {
    return FigureFormat::kPdf;
  }
  if (suffix == QLatin1String("svg")) {
    return FigureFormat::kSvg;
  }
  if (suffix == QLatin1String("png")) {
    return FigureFormat::kPng;
  }
  throw Error(ErrorCode::kUsage,
              "writing a figure: expected a name that ends with .pdf, .svg or .png, found " + path);
}

QByteArray Figure::pdf() const {
  QByteArray file;
  QBuffer buffer(&file);
  buffer.open(QIODevice::WriteOnly);
  {
    QPdfWriter writer(&buffer);
    writer.setResolution(kVectorDpi);
    writer.setPageSize(QPageSize(size_, QPageSize::Point, QString(), QPageSize::ExactMatch));
    writer.setPageMargins(QMarginsF(0, 0, 0, 0));
    writer.setTitle(QString::fromStdString(request_.page.title));
    writer.setCreator(QStringLiteral("Routescope"));
    writer.addFileAttachment(QStringLiteral("recipe.json"), recipe_, QStringLiteral("application/json"));
    if (!csv_.isEmpty()) {
      writer.addFileAttachment(QStringLiteral("data.csv"), csv_, QStringLiteral("text/csv"));
    }
    QPainter painter(&writer);
    paint(painter, kVectorDpi / 72.0, false);
  }
  buffer.close();
  fixDates(file);
  return file;
}

QByteArray Figure::svg() const {
  QByteArray file;
  QBuffer buffer(&file);
  buffer.open(QIODevice::WriteOnly);
  QSvgGenerator generator;
  generator.setOutputDevice(&buffer);
  generator.setResolution(kVectorDpi);
  const QSizeF size = size_ * kVectorDpi / 72;
  generator.setSize(size.toSize());
  generator.setViewBox(QRectF(QPointF(0, 0), size));
  QPainter painter(&generator);
  paint(painter, kVectorDpi / 72.0, request_.page.drawsSvgOutlines());
  painter.end();
  const qsizetype body = file.indexOf("<defs>");
  check(body > 0, "an SVG begins with its definitions");
  // Not by the generator, which in Qt 6.4 writes them without escaping.
  QString more =
      QStringLiteral("<title>%1</title>\n<desc>%2</desc>\n")
          .arg(QString::fromStdString(request_.page.title).toHtmlEscaped(), caption_.toHtmlEscaped());
  more += metadata("recipe.json", recipe_);
  if (!csv_.isEmpty()) {
    more += metadata("data.csv", csv_);
  }
  return file.insert(body, more.toUtf8());
}

QByteArray Figure::png() const {
  const double unit = request_.page.png_dpi / 72.0;
  const QSizeF size = size_ * unit;
  QImage image(size.toSize(), QImage::Format_RGB32);
  if (image.isNull()) {
    throw Error(ErrorCode::kMemory,
                "drawing a PNG: not enough memory for its pixels; ask for a smaller --size "
                "or --png-dpi");
  }
  image.fill(Qt::white);
  image.setDotsPerMeterX(static_cast<int>(std::lround(request_.page.png_dpi / 0.0254)));
  image.setDotsPerMeterY(image.dotsPerMeterX());
  image.setText(QStringLiteral("recipe"), QString::fromUtf8(recipe_));
  if (!csv_.isEmpty()) {
    image.setText(QStringLiteral("data"), QString::fromUtf8(csv_));
  }
  QPainter painter(&image);
  // As outlines: how a screen smooths its text must not matter.
  paint(painter, unit, true);
  painter.end();
  QByteArray file;
  QBuffer buffer(&file);
  buffer.open(QIODevice::WriteOnly);
  image.save(&buffer, "PNG");
  return file;
}

QByteArray Figure::bytes(FigureFormat format) const {
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

void Figure::write(const std::string& path) const {
  const QByteArray file = bytes(figureFormat(path));
  QSaveFile out(QString::fromStdString(path));
  if (!out.open(QIODevice::WriteOnly) || out.write(file) != file.size() || !out.commit()) {
    throw Error(ErrorCode::kIo,
                "writing a figure: " + out.errorString().toStdString() + "; nothing was changed: " + path);
  }
}

}  // namespace rs::figures
