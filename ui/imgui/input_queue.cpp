// SPDX-License-Identifier: Apache-2.0
#include "ui/imgui/input_queue.h"

#include <imgui.h>

#include <cfloat>

namespace rs::canvas {

void InputQueue::move(float x, float y) {
  // A drag sends hundreds of moves a second; only the last of a run matters.
  if (!events_.empty() && events_.back().kind == Kind::kMove) {
    events_.back().x = x;
    events_.back().y = y;
    return;
  }
  events_.push_back({.kind = Kind::kMove, .x = x, .y = y});
}

void InputQueue::leave() {
  events_.push_back({.kind = Kind::kMove, .x = -FLT_MAX, .y = -FLT_MAX});
}

void InputQueue::button(MouseButton button, bool is_down, Modifiers modifiers) {
  events_.push_back({.kind = Kind::kButton, .button = button, .is_down = is_down, .modifiers = modifiers});
}

void InputQueue::wheel(float steps_x, float steps_y, Modifiers modifiers) {
  events_.push_back({.kind = Kind::kWheel, .x = steps_x, .y = steps_y, .modifiers = modifiers});
}

void InputQueue::key(KeyPress press) {
  events_.push_back({.kind = Kind::kKey, .key = press});
}

// Whether the frame can still take the event and see both apart.
bool InputQueue::fits(const Event& event, const Frame& frame) {
  if (event.modifiers && frame.modifiers && *event.modifiers != *frame.modifiers) {
    return false;
  }
  switch (event.kind) {
    case Kind::kMove:
      return frame.buttons == 0 && !frame.has_wheeled && !frame.has_key;
    case Kind::kButton:
      // A press after a move waits for a frame of its own: what lies under the pointer is known only after
      // the move.
      return !frame.has_moved && !frame.has_wheeled && !frame.has_key &&
             (frame.buttons >> static_cast<unsigned>(event.button) & 1U) == 0;
    case Kind::kWheel:
      return frame.buttons == 0 && !frame.has_key;
    case Kind::kKey:
      return frame.buttons == 0 && !frame.has_wheeled;
  }
  return false;
}

void InputQueue::apply(const Event& event, Frame& frame, std::vector<KeyPress>& keys) {
  ImGuiIO& io = ImGui::GetIO();
  if (event.modifiers) {
    frame.modifiers = event.modifiers;
    io.KeyCtrl = (*event.modifiers & kCtrl) != 0;
    io.KeyShift = (*event.modifiers & kShift) != 0;
    io.KeyAlt = (*event.modifiers & kAlt) != 0;
  }
  switch (event.kind) {
    case Kind::kMove:
      frame.has_moved = true;
      io.MousePos = ImVec2(event.x, event.y);
      break;
    case Kind::kButton:
      frame.buttons |= 1U << static_cast<unsigned>(event.button);
      io.MouseDown[static_cast<int>(event.button)] = event.is_down;
      break;
    case Kind::kWheel:
      frame.has_wheeled = true;
      io.MouseWheelH += event.x;
      io.MouseWheel += event.y;
      break;
    case Kind::kKey:
      frame.has_key = true;
      keys.push_back(event.key);
      break;
  }
}

std::vector<KeyPress> InputQueue::drain() {
  Frame frame;
  std::vector<KeyPress> keys;
  while (!events_.empty() && fits(events_.front(), frame)) {
    apply(events_.front(), frame, keys);
    events_.pop_front();
  }
  return keys;
}

}  // namespace rs::canvas
