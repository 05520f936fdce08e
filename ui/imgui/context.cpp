// SPDX-License-Identifier: Apache-2.0
#include "ui/imgui/context.h"

#include <algorithm>

namespace rs::canvas {

ImGuiOwner::ImGuiOwner() : context_(ImGui::CreateContext()) {
  const ImGuiScope scope(context_);
  ImGuiIO& io = ImGui::GetIO();
  io.IniFilename = nullptr;  // the window keeps its layout itself
  // Draw lists have 16-bit indices here; beyond 65,535 vertices ImGui needs a renderer that knows offsets, or
  // aborts.
  io.BackendFlags |= ImGuiBackendFlags_RendererHasVtxOffset;
  // Lines from the atlas need smooth sampling; ours is exact, so that text and cells stay crisp.
  ImGui::GetStyle().AntiAliasedLinesUseTex = false;
  unsigned char* pixels = nullptr;
  int width = 0;
  int height = 0;
  io.Fonts->GetTexDataAsRGBA32(&pixels, &width, &height);
  font_.resize(width, height);
  std::copy_n(reinterpret_cast<const uint32_t*>(pixels), font_.pixels().size(), font_.pixels().begin());
  font_.touch();
  io.Fonts->SetTexID(font_.handle());
}

ImGuiOwner::~ImGuiOwner() {
  ImGui::DestroyContext(context_);
}

void ImGuiOwner::beginFrame(float width, float height, float scale, float seconds) {
  ImGuiIO& io = ImGui::GetIO();
  io.DisplaySize = ImVec2(width, height);
  io.DisplayFramebufferScale = ImVec2(scale, scale);
  io.DeltaTime = seconds;
  ImGui::NewFrame();
}

ImDrawData* ImGuiOwner::endFrame() {
  ImGui::Render();
  return ImGui::GetDrawData();
}

}  // namespace rs::canvas
