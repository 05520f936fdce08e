// SPDX-License-Identifier: Apache-2.0
//
// The edit language explained in plain text, from its descriptions.
#pragma once

#include <string>

namespace rs {

// Every operation by stage, with its fields: type, range, default, help.
[[nodiscard]] std::string editsHelp();

}  // namespace rs
