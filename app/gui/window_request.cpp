// SPDX-License-Identifier: Apache-2.0
#include "app/gui/window.h"
#include "core/base/error.h"
#include "core/base/text.h"

namespace rs::app {

WindowRequest windowRequest(const std::vector<std::string>& arguments) {
  WindowRequest request;
  const std::vector<std::string> options{"--model", "--theme"};
  for (auto argument = arguments.begin(); argument != arguments.end(); ++argument) {
    const bool is_option = argument->rfind("--", 0) == 0;
    if (!is_option && request.file.empty()) {
      request.file = *argument;
      continue;
    }
    const bool is_known = *argument == "--model" || *argument == "--theme";
    if (!is_known) {
      throw Error(ErrorCode::kUsage, "opening the window: unknown " +
                                         std::string(is_option ? "option " : "argument ") + *argument +
                                         didYouMean(*argument, options) +
                                         "; expected routescope [--theme dark|light] [--model MODEL] [FILE]");
    }
    std::string& value = *argument == "--model" ? request.file : request.theme;
    const std::string& name = *argument;
    if (++argument == arguments.end()) {
      throw Error(ErrorCode::kUsage, "opening the window: expected a value after " + name);
    }
    value = *argument;
  }
  if (!request.theme.empty() && request.theme != "dark" && request.theme != "light") {
    throw Error(ErrorCode::kUsage, "reading --theme: expected dark or light, found '" + request.theme + "'");
  }
  return request;
}

}  // namespace rs::app
