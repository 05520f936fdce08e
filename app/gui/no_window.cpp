// SPDX-License-Identifier: Apache-2.0
//
// Stands in for the window in a build without Qt.
#include "app/gui/window.h"
#include "core/base/error.h"

namespace rs::app {

bool hasWindow() {
  return false;
}

int runWindow(const WindowRequest& /*request*/, int /*argc*/, char** /*argv*/) {
  throw Error(ErrorCode::kUnsupported,
              "opening the window: this build has none (RS_GUI is off); the verbs are in routescope --help");
}

}  // namespace rs::app
