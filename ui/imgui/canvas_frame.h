// SPDX-License-Identifier: Apache-2.0
//
// What a canvas draws with in one frame; no Qt, so that canvases are tested without a window.
#pragma once

#include <vector>

#include "ui/imgui/canvas_theme.h"
#include "ui/imgui/input_queue.h"
#include "ui/imgui/item_registry.h"
#include "ui/imgui/text.h"

namespace rs::canvas {

// Sizes in logical pixels.
struct CanvasFrame {
  Text& text;
  ItemRegistry& items;
  const CanvasTheme& theme;
  const std::vector<KeyPress>& keys;
  float width;
  float height;
  float scale;  // device pixels for each
};

}  // namespace rs::canvas
