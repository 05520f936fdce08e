// SPDX-License-Identifier: Apache-2.0
#include "ui/figures/shell_text.h"

#include <algorithm>

namespace rs::figures {

std::string shellWord(const std::string& text) {
  constexpr const char* kPlain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=./:,@%";
  if (!text.empty() && text.find_first_not_of(kPlain) == std::string::npos) {
    return text;
  }
  std::string quoted = "'";
  for (const char c : text) {
    quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  }
  return quoted + "'";
}

std::string optionName(const std::string& param) {
  std::string name = param;
  std::replace(name.begin(), name.end(), '_', '-');
  return name;
}

std::string paramName(const std::string& option) {
  std::string name = option;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

}  // namespace rs::figures
