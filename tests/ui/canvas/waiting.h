// SPDX-License-Identifier: Apache-2.0
//
// Waiting for a canvas to have drawn all there is to draw.
#pragma once

#include <QTest>

#include "ui/imgui/canvas.h"

namespace rs::canvas {

inline void settleCanvas(const ImGuiCanvas& canvas) {
  int frames = -1;
  for (int quiet = 0; quiet < 3;) {
    QTest::qWait(15);
    quiet = frames == canvas.framesDrawn() && frames > 0 ? quiet + 1 : 0;
    frames = canvas.framesDrawn();
  }
}

}  // namespace rs::canvas
