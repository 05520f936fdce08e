// SPDX-License-Identifier: Apache-2.0
//
// Lines of text drawn once by Qt into a texture, at the resolution of the screen, and from there as often as
// wanted. Thread: the window's own.
#pragma once

#include <QFont>
#include <string>
#include <unordered_map>

#include "ui/imgui/text.h"
#include "ui/imgui/texture.h"

namespace rs::canvas {

class TextAtlas final : public Text {
 public:
  // Forgets everything when font or scale differ from the last frame's, or when there was no room left.
  void beginFrame(const QFont& font, double scale);
  // Whether a line was left out for want of room; the next frame has it.
  [[nodiscard]] bool isFull() const { return is_full_; }

  [[nodiscard]] float width(std::string_view text) override;
  [[nodiscard]] float height() const override { return height_; }
  void draw(ImDrawList& list, ImVec2 at, ImU32 colour, std::string_view text) override;

 private:
  struct Line {
    int x = 0;
    int y = 0;
    int width = 0;   // device pixels
    int height = 0;  // 0: measured, not drawn yet
  };
  void clear();
  Line& measured(std::string_view text);
  bool place(Line& line, std::string_view text);

  Texture texture_;
  QFont font_;
  double scale_ = 0;
  float height_ = 0;
  std::unordered_map<std::string, Line> lines_;
  int next_x_ = 0;
  int next_y_ = 0;
  bool is_full_ = false;
};

}  // namespace rs::canvas
