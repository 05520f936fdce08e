// SPDX-License-Identifier: Apache-2.0
//
// The program without a verb: the window.
#pragma once

#include <string>
#include <vector>

namespace rs::app {

struct WindowRequest {
  std::string file;   // a model directory, a session, "demo"; "": the start screen
  std::string theme;  // "dark", "light"; "": as set in the window
};

// Reads `routescope [--theme dark|light] [--model MODEL] [FILE]`.
// Errors: Error{kUsage} for anything else.
[[nodiscard]] WindowRequest windowRequest(const std::vector<std::string>& arguments);

// Whether this build has a window at all.
[[nodiscard]] bool hasWindow();

// Opens the window and returns its exit status once it is closed.
// Errors: Error{kUnsupported} in one line where there is no display, or no window in this build.
int runWindow(const WindowRequest& request, int argc, char** argv);

}  // namespace rs::app
