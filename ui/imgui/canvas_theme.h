// SPDX-License-Identifier: Apache-2.0
//
// The colours of a canvas beside its data, for dark and light windows. Text stands out from the ground at
// least 4.5:1, lines and marks at least 3:1 (WCAG 2.1); a test measures it.
#pragma once

#include <imgui.h>

namespace rs::canvas {

struct CanvasTheme {
  ImU32 ground;
  ImU32 panel;  // behind legends and tool tips
  ImU32 text;
  ImU32 dim_text;
  ImU32 grid;  // decoration only
  ImU32 cursor;
  ImU32 hover;
  ImU32 selection;  // drawn over data, mostly transparent
  ImU32 edit;       // marks of edits
  ImU32 no_data;
  ImU32 no_data_line;
  ImU32 stale_line;
};

inline constexpr CanvasTheme kDarkCanvas{
    IM_COL32(0x1e, 0x1f, 0x22, 255), IM_COL32(0x2b, 0x2d, 0x30, 255), IM_COL32(0xe6, 0xe6, 0xe6, 255),
    IM_COL32(0xb0, 0xb3, 0xb8, 255), IM_COL32(0x3c, 0x3f, 0x44, 255), IM_COL32(0xff, 0xff, 0xff, 255),
    IM_COL32(0x9d, 0xc7, 0xff, 255), IM_COL32(0x6a, 0xa9, 0xff, 60),  IM_COL32(0xff, 0x9e, 0x3d, 255),
    IM_COL32(0x30, 0x31, 0x34, 255), IM_COL32(0x52, 0x55, 0x5a, 255), IM_COL32(0x1e, 0x1f, 0x22, 255)};
inline constexpr CanvasTheme kLightCanvas{
    IM_COL32(0xff, 0xff, 0xff, 255), IM_COL32(0xf3, 0xf3, 0xf5, 255), IM_COL32(0x1b, 0x1c, 0x1e, 255),
    IM_COL32(0x55, 0x58, 0x5e, 255), IM_COL32(0xd8, 0xd9, 0xdc, 255), IM_COL32(0xc0, 0x00, 0x55, 255),
    IM_COL32(0x1f, 0x5f, 0xbf, 255), IM_COL32(0x1f, 0x5f, 0xbf, 60),  IM_COL32(0xb3, 0x4a, 0x00, 255),
    IM_COL32(0xe8, 0xe8, 0xea, 255), IM_COL32(0xb6, 0xb8, 0xbd, 255), IM_COL32(0xff, 0xff, 0xff, 255)};

}  // namespace rs::canvas
