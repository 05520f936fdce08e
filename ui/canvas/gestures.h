// SPDX-License-Identifier: Apache-2.0
//
// The gestures all canvases share, out of ImGui's mouse: wheel zooms, middle or right drag pans, a left click
// sets the cursor, a left drag selects, a right click asks for the menu.
#pragma once

#include <imgui.h>

#include <optional>

#include "ui/imgui/input_queue.h"
#include "ui/imgui/item_registry.h"

namespace rs::canvas {

class Gestures {
 public:
  // area: where a gesture may begin. Call once a frame, before reading.
  void update(const ItemBox& area);

  [[nodiscard]] ImVec2 at() const { return ImGui::GetIO().MousePos; }
  [[nodiscard]] bool isInside() const { return is_inside_; }
  [[nodiscard]] Modifiers modifiers() const;
  // > 1 zooms in; Ctrl finer, Shift faster.
  [[nodiscard]] float zoom() const { return zoom_; }
  // Logical pixels the content shall move by.
  [[nodiscard]] ImVec2 pan() const { return pan_; }

  [[nodiscard]] std::optional<ImVec2> click() const { return click_; }
  [[nodiscard]] std::optional<ImVec2> doubleClick() const { return double_click_; }
  [[nodiscard]] std::optional<ImVec2> menu() const { return menu_; }
  // While a left drag goes on: where it began. Its end is at().
  [[nodiscard]] std::optional<ImVec2> drag() const { return drag_; }
  [[nodiscard]] bool dragEnds() const { return drag_ends_; }
  [[nodiscard]] Modifiers dragModifiers() const { return drag_modifiers_; }

 private:
  void updateLeft();
  void updatePan();

  bool is_inside_ = false;
  bool left_began_here_ = false;
  bool pan_began_here_[2] = {};  // right, middle
  bool has_panned_ = false;
  float zoom_ = 1;
  ImVec2 pan_{0, 0};
  std::optional<ImVec2> click_;
  std::optional<ImVec2> double_click_;
  std::optional<ImVec2> menu_;
  std::optional<ImVec2> drag_;
  bool drag_ends_ = false;
  Modifiers drag_modifiers_ = kNoModifier;
};

}  // namespace rs::canvas
