// SPDX-License-Identifier: Apache-2.0
//
// One ImGui context with its font atlas as a Texture; made current for as long as a scope lives.
#pragma once

#include <imgui.h>

#include "ui/imgui/texture.h"

namespace rs::canvas {

class ImGuiScope {
 public:
  explicit ImGuiScope(ImGuiContext* context) : previous_(ImGui::GetCurrentContext()) {
    ImGui::SetCurrentContext(context);
  }
  ~ImGuiScope() { ImGui::SetCurrentContext(previous_); }
  ImGuiScope(const ImGuiScope&) = delete;
  ImGuiScope& operator=(const ImGuiScope&) = delete;

 private:
  ImGuiContext* previous_;
};

class ImGuiOwner {
 public:
  ImGuiOwner();
  ~ImGuiOwner();
  ImGuiOwner(const ImGuiOwner&) = delete;
  ImGuiOwner& operator=(const ImGuiOwner&) = delete;

  [[nodiscard]] ImGuiContext* get() const { return context_; }
  // Between these two the canvas draws into ImGui::GetBackgroundDrawList(). Size: logical pixels; scale:
  // device pixels for each.
  void beginFrame(float width, float height, float scale, float seconds);
  ImDrawData* endFrame();

 private:
  ImGuiContext* context_;
  Texture font_;
};

}  // namespace rs::canvas
