// SPDX-License-Identifier: Apache-2.0
#include "ui/imgui/text.h"

namespace rs::canvas {

float PlainText::width(std::string_view text) {
  return ImGui::CalcTextSize(text.data(), text.data() + text.size()).x;
}

float PlainText::height() const {
  return ImGui::GetFontSize();
}

void PlainText::draw(ImDrawList& list, ImVec2 at, ImU32 colour, std::string_view text) {
  list.AddText(ImGui::GetFont(), ImGui::GetFontSize(), at, colour, text.data(), text.data() + text.size());
}

}  // namespace rs::canvas
