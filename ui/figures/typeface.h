// SPDX-License-Identifier: Apache-2.0
//
// The font of a figure: measures text, the same for every device, and knows which characters the font lacks.
//
// Thread: one at a time, with a QGuiApplication (offscreen will do).
#pragma once

#include <QFont>
#include <QRawFont>
#include <QString>
#include <set>

namespace rs::figures {

class Typeface {
 public:
  Typeface(QString family, double points);

  // Text is set at this many pixels and scaled: no device rounds it in its own way.
  static constexpr int kPixels = 100;
  [[nodiscard]] const QFont& font() const { return font_; }
  [[nodiscard]] double points() const { return points_; }
  [[nodiscard]] double smallPoints() const;
  // points: 0 for the figure's own size.
  [[nodiscard]] double width(const QString& text, double points = 0) const;
  [[nodiscard]] double capHeight(double points = 0) const;
  [[nodiscard]] double lineHeight(double points = 0) const;

  // The text with what the font has no glyph for written as \u{4E2D}, which would else vanish.
  [[nodiscard]] QString shown(const QString& text) const;
  // How many QChars from the front are no wider than this, in whole characters.
  [[nodiscard]] qsizetype fitting(const QString& text, double width, double points = 0) const;
  // The longest beginning that fits, with an ellipsis; empty if not even that does.
  [[nodiscard]] QString elided(const QString& text, double width, double points = 0) const;
  // Lines no wider than this, broken at blanks.
  [[nodiscard]] QStringList wrapped(const QString& text, double width, double points) const;
  // Characters that shown() had to replace, so far.
  [[nodiscard]] const std::set<char32_t>& missing() const { return missing_; }
  // The family that stands in where this machine lacks the font; "" if it is there.
  [[nodiscard]] QString substitute() const;

 private:
  [[nodiscard]] double scaleOf(double points) const;

  QString family_;
  double points_;
  QFont font_;
  QRawFont raw_;
  mutable std::set<char32_t> missing_;
};

}  // namespace rs::figures
