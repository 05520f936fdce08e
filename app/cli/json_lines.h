// SPDX-License-Identifier: Apache-2.0
//
// Verbs that answer each JSON line of standard input with one of standard output.
#pragma once

#include <cstdint>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <vector>

#include "app/cli/console.h"

namespace rs::app {

// Calls `answer` with each line's object and prints what it returns; blank lines are passed over. Broken
// UTF-8 in an answer is replaced. Errors: Error{kUsage} naming the line that is no JSON object, or for which
// `answer` threw Error{kUsage}; Error{kCancelled} on Ctrl-C.
void answerJsonLines(const Console& console,
                     const std::function<nlohmann::ordered_json(const nlohmann::ordered_json&)>& answer);

// The whole numbers of the member "ids". Errors: Error{kUsage}.
[[nodiscard]] std::vector<std::int32_t> idsOf(const nlohmann::ordered_json& object);

}  // namespace rs::app
