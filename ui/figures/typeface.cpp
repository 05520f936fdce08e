// SPDX-License-Identifier: Apache-2.0
#include "ui/figures/typeface.h"

#include <QFontInfo>
#include <QFontMetricsF>
#include <QStringList>
#include <algorithm>
#include <utility>

namespace rs::figures {

namespace {
constexpr double kLeastPoints = 6;
}

Typeface::Typeface(QString family, double points) : family_(std::move(family)), points_(points) {
  font_ = QFont(family_);
  font_.setPixelSize(kPixels);
  font_.setHintingPreference(QFont::PreferNoHinting);
  // A glyph from another font would be another one on another machine.
  font_.setStyleStrategy(QFont::NoFontMerging);
  font_.setKerning(true);
  raw_ = QRawFont::fromFont(font_);
}

double Typeface::smallPoints() const {
  return std::max(kLeastPoints, points_ - 1);
}

double Typeface::scaleOf(double points) const {
  return (points > 0 ? points : points_) / kPixels;
}

double Typeface::width(const QString& text, double points) const {
  return QFontMetricsF(font_).horizontalAdvance(text) * scaleOf(points);
}

// By halves: a word can be very long.
qsizetype Typeface::fitting(const QString& text, double width, double points) const {
  constexpr double kRounding = 0.01;
  qsizetype fit = 0;
  for (qsizetype most = text.size(); fit < most;) {
    const qsizetype n = (fit + most + 1) / 2;
    if (this->width(text.left(n), points) <= width + kRounding) {
      fit = n;
    } else {
      most = n - 1;
    }
  }
  return fit > 0 && text[fit - 1].isHighSurrogate() ? fit - 1 : fit;
}

double Typeface::capHeight(double points) const {
  return QFontMetricsF(font_).capHeight() * scaleOf(points);
}

double Typeface::lineHeight(double points) const {
  return 1.3 * kPixels * scaleOf(points);
}

QString Typeface::shown(const QString& text) const {
  QString out;
  for (const char32_t c : text.toUcs4()) {
    if (raw_.supportsCharacter(c)) {
      out += QString::fromUcs4(&c, 1);
    } else {
      missing_.insert(c);
      out += QStringLiteral("\\u{%1}").arg(QString::number(c, 16).toUpper());
    }
  }
  return out;
}

QString Typeface::elided(const QString& text, double width, double points) const {
  if (this->width(text, points) <= width) {
    return text;
  }
  for (qsizetype n = text.size() - 1; n > 0; --n) {
    if (text[n].isLowSurrogate()) {
      continue;
    }
    QString shorter = text.left(n) + QChar(0x2026);
    if (this->width(shorter, points) <= width) {
      return shorter;
    }
  }
  return {};
}

QStringList Typeface::wrapped(const QString& text, double width, double points) const {
  QStringList lines;
  QString line;
  for (const QString& word : text.split(QLatin1Char(' '), Qt::SkipEmptyParts)) {
    const QString longer = line.isEmpty() ? word : line + QLatin1Char(' ') + word;
    if (!line.isEmpty() && this->width(longer, points) > width) {
      lines << line;
      line = word;
    } else {
      line = longer;
    }
  }
  if (!line.isEmpty()) {
    lines << line;
  }
  return lines;
}

QString Typeface::substitute() const {
  const QString found = QFontInfo(font_).family();
  return found == family_ ? QString() : found;
}

}  // namespace rs::figures
