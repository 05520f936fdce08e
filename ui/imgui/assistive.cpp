// SPDX-License-Identifier: Apache-2.0
#include "ui/imgui/assistive.h"

#include <QAccessible>
#include <utility>

namespace rs::canvas {
namespace {

ToolListener listener_now = nullptr;

}  // namespace

void tellTools(QAccessibleEvent& event) {
  if (listener_now != nullptr) {
    listener_now(event);
  }
  QAccessible::updateAccessibility(&event);
}

ToolListener setToolListener(ToolListener listener) {
  return std::exchange(listener_now, listener);
}

}  // namespace rs::canvas
