// SPDX-License-Identifier: Apache-2.0
//
// Words of a shell's command line.
//
// Thread: pure functions.
#pragma once

#include <string>

namespace rs::figures {

// As it is if no shell would touch it, else between single quotes.
[[nodiscard]] std::string shellWord(const std::string& text);
// first_token -> first-token, and back.
[[nodiscard]] std::string optionName(const std::string& param);
[[nodiscard]] std::string paramName(const std::string& option);

}  // namespace rs::figures
