// SPDX-License-Identifier: Apache-2.0
//
// Small things that canvases write and draw: numbers, shortened text, panels of lines, the shapes of marks.
#pragma once

#include <string>
#include <vector>

#include "ui/canvas/cell.h"
#include "ui/imgui/canvas_frame.h"

namespace rs::canvas {

// The least of 1, 2, 5, 10, 20, … that is not below.
[[nodiscard]] int niceStep(double at_least);
// Three significant digits.
[[nodiscard]] std::string shortNumber(float value);
// The longest beginning (of whole code points) that fits, with an ellipsis where something is left out; empty
// if not even that fits.
[[nodiscard]] std::string elided(const std::string& text, double width, Text& measure);

// Lines in a box beside a point, moved to lie within the canvas.
void drawPanel(const CanvasFrame& frame, const std::vector<std::string>& lines, ImVec2 beside);
void drawMarkShape(ImDrawList& list, MarkKind kind, ImVec2 middle, float radius, ImU32 colour, ImU32 ground);

}  // namespace rs::canvas
