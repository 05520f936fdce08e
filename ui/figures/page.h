// SPDX-License-Identifier: Apache-2.0
//
// The sheet that a figure is drawn on: its size, type and title.
//
// Thread: values and pure functions.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "core/base/extension.h"

namespace rs::figures {

// Widths that places of publication ask for.
struct SizePreset {
  std::string_view name;  // stable: "icml"
  double width = 0;       // points, 72 to the inch
  std::string_view what;  // "ICML, one column"
};
[[nodiscard]] std::span<const SizePreset> sizePresets();

// A width and a height in points; height 0: what the figure needs.
struct PageSize {
  std::string text;  // as it was asked for
  double width = 0;
  double height = 0;
};
// "nature", "nature x 60mm", "234x150", "89mmx60mm", "3.25in". Without a unit: points.
// Errors: Error{kUsage} with the nearest names, and for a sheet without room for a figure.
[[nodiscard]] PageSize parseSize(const std::string& text);

struct Page {
  PageSize size = parseSize("neurips");
  double font_points = 7;
  Choice font;      // sans, serif
  Choice svg_text;  // outlines, text
  int png_dpi = 300;
  std::string title;  // "": none, as most papers want it

  Page();
  // Everything but size and title.
  void visit(ParamVisitor& visitor);
  [[nodiscard]] bool drawsSvgOutlines() const { return svg_text.value == 0; }
};

}  // namespace rs::figures
