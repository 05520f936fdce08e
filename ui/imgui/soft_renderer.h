// SPDX-License-Identifier: Apache-2.0
//
// Draws ImGui's triangles without GL: where there is none, and in tests that compare pixels. Texels are not
// filtered.
#pragma once

#include <imgui.h>

#include <cstdint>
#include <span>

namespace rs::canvas {

// pixels: width x height device pixels, bytes R, G, B, A, opaque; drawn over. Textures are Texture::handle().
void renderInSoftware(const ImDrawData& data, int width, int height, std::span<uint32_t> pixels);

}  // namespace rs::canvas
