// SPDX-License-Identifier: Apache-2.0
#include "ui/canvas/gestures.h"

#include <cmath>

namespace rs::canvas {
namespace {

constexpr int kLeft = 0;
constexpr int kRight = 1;
constexpr int kMiddle = 2;
constexpr float kDragThreshold = 4;

}  // namespace

Modifiers Gestures::modifiers() const {
  const ImGuiIO& io = ImGui::GetIO();
  return (io.KeyCtrl ? kCtrl : 0U) | (io.KeyShift ? kShift : 0U) | (io.KeyAlt ? kAlt : 0U);
}

void Gestures::update(const ItemBox& area) {
  const ImGuiIO& io = ImGui::GetIO();
  is_inside_ = area.contains(io.MousePos);
  zoom_ = 1;
  pan_ = ImVec2(0, 0);
  // Alt turns the wheel on its side; a canvas zooms all the same.
  const float steps = io.KeyAlt && io.MouseWheel == 0 ? io.MouseWheelH : io.MouseWheel;
  if (is_inside_ && steps != 0) {
    zoom_ = std::pow(io.KeyCtrl ? 1.05F : io.KeyShift ? 2.0F : 1.25F, steps);
  } else if (is_inside_ && io.MouseWheelH != 0) {
    pan_.x = io.MouseWheelH * 60;
  }
  updateLeft();
  updatePan();
}

void Gestures::updateLeft() {
  const ImGuiIO& io = ImGui::GetIO();
  click_.reset();
  double_click_.reset();
  drag_ends_ = false;
  if (io.MouseClicked[kLeft]) {
    left_began_here_ = is_inside_;
    drag_.reset();
    drag_modifiers_ = modifiers();
  }
  if (!left_began_here_) {
    return;
  }
  if (io.MouseDown[kLeft] && ImGui::IsMouseDragging(kLeft, kDragThreshold)) {
    drag_ = io.MouseClickedPos[kLeft];
  }
  if (io.MouseReleased[kLeft]) {
    left_began_here_ = false;
    drag_ends_ = drag_.has_value();
    if (!drag_ends_) {
      click_ = io.MousePos;
    }
  } else if (!io.MouseDown[kLeft]) {
    drag_.reset();
  }
  if (io.MouseDoubleClicked[kLeft]) {
    double_click_ = io.MousePos;
  }
}

void Gestures::updatePan() {
  const ImGuiIO& io = ImGui::GetIO();
  menu_.reset();
  for (const int button : {kRight, kMiddle}) {
    bool& began_here = pan_began_here_[button - kRight];
    if (io.MouseClicked[button]) {
      began_here = is_inside_;
      has_panned_ = false;
    }
    if (!began_here) {
      continue;
    }
    if (io.MouseDown[button] && (has_panned_ || ImGui::IsMouseDragging(button, kDragThreshold))) {
      // The first step makes up for the pixels below the threshold.
      const ImVec2 whole = ImGui::GetMouseDragDelta(button, 0);
      pan_ = has_panned_ ? io.MouseDelta : whole;
      has_panned_ = true;
    }
    if (io.MouseReleased[button]) {
      began_here = false;
      if (button == kRight && !has_panned_) {
        menu_ = io.MousePos;
      }
    }
  }
}

}  // namespace rs::canvas
