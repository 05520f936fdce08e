// SPDX-License-Identifier: Apache-2.0
//
// Tool descriptions as Harmony shows them to the model: TypeScript-like declarations made from JSON schemas.
//
// Thread: pure functions.
#pragma once

#include <string>

#include "core/text/harmony.h"

namespace rs::harmony {

// The section "# Tools". Errors: Error{kUsage} when the parameters of a tool are no JSON.
[[nodiscard]] std::string toolsSection(const Tools& tools);

// The lines of a text without their ends; a last line that is empty does not count. Lifetime: views into
// `text`.
[[nodiscard]] std::vector<std::string_view> linesOf(std::string_view text);

}  // namespace rs::harmony
