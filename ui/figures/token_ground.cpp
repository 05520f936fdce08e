// SPDX-License-Identifier: Apache-2.0
#include "ui/figures/token_ground.h"

#include <algorithm>
#include <cmath>

#include "ui/reading/text_reading.h"

namespace rs::figures {
namespace {

using canvas::StripValue;

constexpr QColor noValue() {
  return {232, 232, 234};
}

QColor mixed(double attention) {
  const double t = std::clamp(attention, 0.0, 1.0);
  const auto mix = [t](int from, int to) { return static_cast<int>(std::lround(from + (to - from) * t)); };
  return {mix(255, 236), mix(255, 134), mix(255, 74)};
}

}  // namespace

QString unitOf(StripValue value) {
  switch (value) {
    case StripValue::kProbability:
      return QStringLiteral("probability of the token");
    case StripValue::kMargin:
      return QStringLiteral("smallest margin of its layers");
    case StripValue::kEntropy:
      return QStringLiteral("entropy before it (nats)");
    case StripValue::kSurprise:
      return QStringLiteral("surprise (nats)");
    case StripValue::kLoad:
      return QStringLiteral("weight of the expert");
    case StripValue::kNone:
      break;
  }
  return {};
}

QColor TokenGround::colourOf(double token_value) const {
  if (std::isnan(token_value)) {
    return noValue();
  }
  const double t = (token_value - low) / (high - low);
  return mixed(canvas::extremeOf(value) == heat::Extreme::kMin ? 1 - t : t);
}

TokenGround groundOver(StripValue value, canvas::ValueRange range, const std::vector<double>& values) {
  TokenGround ground{value, static_cast<double>(range.low), static_cast<double>(range.high)};
  double largest = 0;
  for (const double one : values) {
    largest = std::isfinite(one) ? std::max(largest, one) : largest;
    ground.has_gaps = ground.has_gaps || std::isnan(one);
  }
  ground.is_cut = largest > ground.high;
  const bool has_end = value == StripValue::kProbability || value == StripValue::kLoad;
  if (!has_end && largest > 0 && !ground.is_cut) {
    ground.high = roundedScale(0, largest, 4).high;
  }
  return ground;
}

double groundKeyHeight(const Typeface& face) {
  return 1.4 * face.lineHeight();
}

void groundKey(Sheet& sheet, const QRectF& area, const TokenGround& ground) {
  constexpr int kSteps = 64;
  const Typeface& face = sheet.face();
  const double middle = area.top() + face.lineHeight() / 2;
  double x = area.left();
  const auto write = [&](const QString& text) {
    sheet.textBeside({x, middle}, text);
    x += face.width(text) + 4;
  };
  write(face.elided(unitOf(ground.value) + QStringLiteral(":"), area.width() * 0.45));
  write(ui::numberText(ground.low, 0));
  const QRectF bar(x, middle - 3, std::min(60.0, area.width() * 0.15), 6);
  for (int i = 0; i < kSteps; ++i) {
    const double value = ground.low + (ground.high - ground.low) * (i + 0.5) / kSteps;
    sheet.fill(QRectF(bar.left() + bar.width() * i / kSteps, bar.top(), bar.width() / kSteps, bar.height()),
               ground.colourOf(value));
  }
  sheet.frame(bar, Ink::grey(), 0.4);
  x = bar.right() + 4;
  write((ground.is_cut ? QStringLiteral("\u2265 ") : QString()) + QString::number(ground.high, 'g', 3));
  if (ground.has_gaps) {
    x += 4;
    sheet.fill(QRectF(x, middle - 3, 7, 6), noValue());
    x += 10;
    write(QStringLiteral("no value"));
  }
}

}  // namespace rs::figures
