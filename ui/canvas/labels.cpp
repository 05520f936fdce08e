// SPDX-License-Identifier: Apache-2.0
#include "ui/canvas/labels.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

namespace rs::canvas {

int niceStep(double at_least) {
  int power = 1;
  while (power < 100'000'000) {
    for (const int digit : {1, 2, 5}) {
      if (digit * power >= at_least) {
        return digit * power;
      }
    }
    power *= 10;
  }
  return power;
}

std::string shortNumber(float value) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.3g", static_cast<double>(value));
  return text.data();
}

std::string elided(const std::string& text, double width, Text& measure) {
  if (static_cast<double>(measure.width(text)) <= width) {
    return text;
  }
  const std::string dots = "\u2026";
  size_t n = std::min(text.size(), static_cast<size_t>(std::max(0.0, width / 3)));  // no glyph is narrower
  for (; n > 0; --n) {
    if ((static_cast<unsigned char>(text[n]) & 0xc0U) == 0x80U) {
      continue;  // within a code point
    }
    std::string shorter = text.substr(0, n) + dots;
    if (static_cast<double>(measure.width(shorter)) <= width) {
      return shorter;
    }
  }
  return {};
}

void drawPanel(const CanvasFrame& frame, const std::vector<std::string>& lines, ImVec2 beside) {
  constexpr float pad = 6;
  constexpr float distance = 14;
  ImDrawList& list = *ImGui::GetBackgroundDrawList();
  float width = 0;
  for (const std::string& line : lines) {
    width = std::max(width, frame.text.width(line));
  }
  const float right = width + 2 * pad;
  const float bottom = static_cast<float>(lines.size()) * frame.text.height() + 2 * pad;
  const bool fits_right = beside.x + distance + right <= frame.width;
  const ImVec2 at(std::max(0.0F, fits_right ? beside.x + distance : beside.x - distance - right),
                  std::clamp(beside.y + distance, 0.0F, std::max(0.0F, frame.height - bottom)));
  list.AddRectFilled(at, ImVec2(at.x + right, at.y + bottom), frame.theme.panel);
  list.AddRect(at, ImVec2(at.x + right, at.y + bottom), frame.theme.dim_text);
  for (size_t i = 0; i < lines.size(); ++i) {
    frame.text.draw(list, ImVec2(at.x + pad, at.y + pad + static_cast<float>(i) * frame.text.height()),
                    frame.theme.text, lines[i]);
  }
}

void drawMarkShape(ImDrawList& list, MarkKind kind, ImVec2 middle, float radius, ImU32 colour, ImU32 ground) {
  const auto [x, y] = std::array<float, 2>{middle.x, middle.y};
  const float r = radius;
  list.AddCircleFilled(middle, r + 2, ground, 12);
  switch (kind) {
    case MarkKind::kForced:
      list.AddTriangleFilled(ImVec2(x, y - r), ImVec2(x + r, y + r), ImVec2(x - r, y + r), colour);
      break;
    case MarkKind::kBanned:
      list.AddLine(ImVec2(x - r, y - r), ImVec2(x + r, y + r), colour, 2);
      list.AddLine(ImVec2(x - r, y + r), ImVec2(x + r, y - r), colour, 2);
      break;
    case MarkKind::kVirtual:
      list.AddCircle(middle, r, colour, 12, 2);
      break;
    case MarkKind::kEdited:
      list.AddQuadFilled(ImVec2(x, y - r), ImVec2(x + r, y), ImVec2(x, y + r), ImVec2(x - r, y), colour);
      break;
  }
}

}  // namespace rs::canvas
