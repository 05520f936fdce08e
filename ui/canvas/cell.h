// SPDX-License-Identifier: Apache-2.0
//
// Places in a run, as the canvases name them.
#pragma once

#include <algorithm>

#include "ui/heat/axis.h"
#include "ui/imgui/input_queue.h"

namespace rs::canvas {

// -1: none.
struct Cell {
  int token = -1;
  int layer = -1;
  int expert = -1;
  bool operator==(const Cell&) const = default;
};

// Tokens begin (included) to end (excluded).
using Tokens = heat::CellSpan;

// Shift adds to a selection (up to what lies between), Alt takes away from it (the larger rest stays), else a
// new one.
[[nodiscard]] inline Tokens combine(const Tokens& old, const Tokens& now, Modifiers held) {
  if ((held & kShift) != 0 && !old.empty()) {
    return {std::min(old.begin, now.begin), std::max(old.end, now.end)};
  }
  if ((held & kAlt) != 0) {
    const Tokens before{old.begin, std::min(old.end, now.begin)};
    const Tokens after{std::max(old.begin, now.end), old.end};
    const Tokens& rest = before.size() >= after.size() ? before : after;
    return rest.empty() ? Tokens{} : rest;
  }
  return now;
}

// Something was done to the routing here. -1: every token, layer or expert.
enum class MarkKind { kEdited, kForced, kBanned, kVirtual };
struct Mark {
  Cell cell;
  MarkKind kind = MarkKind::kEdited;
  bool operator==(const Mark&) const = default;
};

// Computed before the last edit: tokens and layers.
struct StaleBox {
  Tokens tokens;
  heat::CellSpan layers;
  bool operator==(const StaleBox&) const = default;
};

}  // namespace rs::canvas
