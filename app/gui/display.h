// SPDX-License-Identifier: Apache-2.0
//
// Whether there is a display to open a window on, asked before Qt does, which would end the program.
#pragma once

#include <string>

namespace rs::app {

// What stands against a window, in words; "" if nothing does.
[[nodiscard]] std::string displayProblem();

}  // namespace rs::app
