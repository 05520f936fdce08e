// SPDX-License-Identifier: Apache-2.0
#include "ui/imgui/text_atlas.h"

#include <QFontMetricsF>
#include <QImage>
#include <QPainter>
#include <algorithm>
#include <cmath>

namespace rs::canvas {
namespace {

constexpr int kSide = 1024;
constexpr int kGap = 1;
constexpr size_t kMostLines = 20'000;  // measured ones cost memory, too

QString toQt(std::string_view text) {
  return QString::fromUtf8(text.data(), static_cast<qsizetype>(text.size()));
}

}  // namespace

void TextAtlas::beginFrame(const QFont& font, double scale) {
  if (font != font_ || scale != scale_ || is_full_ || lines_.size() > kMostLines) {
    font_ = font;
    scale_ = scale;
    height_ = static_cast<float>(std::ceil(QFontMetricsF(font_).height()));
    clear();
  }
}

void TextAtlas::clear() {
  lines_.clear();
  next_x_ = 0;
  next_y_ = 0;
  is_full_ = false;
  texture_.resize(kSide, kSide);
}

TextAtlas::Line& TextAtlas::measured(std::string_view text) {
  const auto [it, is_new] = lines_.try_emplace(std::string(text));
  if (is_new) {
    const double width = QFontMetricsF(font_).horizontalAdvance(toQt(text));
    it->second.width = std::min(kSide, static_cast<int>(std::ceil(width * scale_)));
  }
  return it->second;
}

float TextAtlas::width(std::string_view text) {
  return static_cast<float>(measured(text).width / scale_);
}

// Draws the line in white on nothing into the next free place.
bool TextAtlas::place(Line& line, std::string_view text) {
  const int height = static_cast<int>(std::ceil(height_ * scale_));
  if (next_x_ + line.width > kSide) {
    next_x_ = 0;
    next_y_ += height + kGap;
  }
  if (next_y_ + height > kSide) {
    is_full_ = true;
    return false;
  }
  QImage image(line.width, height, QImage::Format_RGBA8888);
  image.fill(Qt::transparent);
  image.setDevicePixelRatio(scale_);
  QPainter painter(&image);
  painter.setFont(font_);
  painter.setPen(Qt::white);
  painter.drawText(QPointF(0, QFontMetricsF(font_).ascent()), toQt(text));
  painter.end();
  line.x = next_x_;
  line.y = next_y_;
  line.height = height;
  for (int row = 0; row < height; ++row) {
    const auto* from = reinterpret_cast<const uint32_t*>(image.constScanLine(row));
    std::copy_n(from, line.width, texture_.pixels().begin() + (line.y + row) * kSide + line.x);
  }
  texture_.touch();
  next_x_ += line.width + kGap;
  return true;
}

void TextAtlas::draw(ImDrawList& list, ImVec2 at, ImU32 colour, std::string_view text) {
  Line& line = measured(text);
  if (line.width == 0 || (line.height == 0 && !place(line, text))) {
    return;
  }
  // On whole device pixels, texel for pixel.
  const auto scale = static_cast<float>(scale_);
  const ImVec2 from(std::round(at.x * scale) / scale, std::round(at.y * scale) / scale);
  const ImVec2 to(from.x + static_cast<float>(line.width) / scale,
                  from.y + static_cast<float>(line.height) / scale);
  const auto side = static_cast<float>(kSide);
  list.AddImage(
      texture_.handle(), from, to,
      ImVec2(static_cast<float>(line.x) / side, static_cast<float>(line.y) / side),
      ImVec2(static_cast<float>(line.x + line.width) / side, static_cast<float>(line.y + line.height) / side),
      colour);
}

}  // namespace rs::canvas
