// SPDX-License-Identifier: Apache-2.0
//
// Text in a canvas. The window draws it with Qt's fonts (TextAtlas: every script, the same glyphs as the rest
// of the window); tests without Qt use ImGui's built-in font.
#pragma once

#include <imgui.h>

#include <string_view>

namespace rs::canvas {

class Text {
 public:
  virtual ~Text() = default;
  // Logical pixels; text is UTF-8 of one line.
  [[nodiscard]] virtual float width(std::string_view text) = 0;
  [[nodiscard]] virtual float height() const = 0;
  // at: the upper left corner.
  virtual void draw(ImDrawList& list, ImVec2 at, ImU32 colour, std::string_view text) = 0;
};

class PlainText final : public Text {
 public:
  [[nodiscard]] float width(std::string_view text) override;
  [[nodiscard]] float height() const override;
  void draw(ImDrawList& list, ImVec2 at, ImU32 colour, std::string_view text) override;
};

}  // namespace rs::canvas
