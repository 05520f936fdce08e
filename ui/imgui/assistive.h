// SPDX-License-Identifier: Apache-2.0
//
// The one way of what canvases tell to screen readers and the like. Thread: the window's own.
#pragma once

class QAccessibleEvent;

namespace rs::canvas {

void tellTools(QAccessibleEvent& event);

// Hears every event too, whether or not Qt has found a tool that wants it. Null: nobody. Returns who heard
// before.
using ToolListener = void (*)(QAccessibleEvent& event);
ToolListener setToolListener(ToolListener listener);

}  // namespace rs::canvas
