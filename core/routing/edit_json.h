// SPDX-License-Identifier: Apache-2.0
//
// Lists of edits as JSON: {"routescope_edits": 1, "edits": […]} or the bare list.
//
// Thread: pure functions.
#pragma once

#include <string>
#include <string_view>

#include "core/routing/edit.h"

namespace rs {

inline constexpr int kEditsVersion = 1;

// Reads structure and types; values are checked against a model by compile().
// Errors: Error{kUsage} with the edit's number and field, expected and found: text that is not JSON, a number
// that is not finite, a key that comes twice, an unknown operation or field, a missing or wrongly typed
// field.
[[nodiscard]] EditList parseEdits(std::string_view text);

// The list as a file, one edit a line; parseEdits gives the same list back, numbers to the last bit.
[[nodiscard]] std::string editsToJson(const EditList& edits);

}  // namespace rs
