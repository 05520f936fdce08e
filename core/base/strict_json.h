// SPDX-License-Identifier: Apache-2.0
//
// JSON from files that nobody vouches for: repeated keys, deep nesting, bad UTF-8 and numbers beyond a double
// are refused instead of guessed at.
//
// Thread: pure functions.
#pragma once

#include <cstddef>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "core/base/error.h"

namespace rs {

struct JsonLimits {
  std::size_t depth = 64;              // arrays and objects inside one another
  std::size_t bytes = 100'000'000;     // of the text
  ErrorCode code = ErrorCode::kModel;  // what a refusal is thrown as
};

// Errors: Error{limits.code}; `what` says what is being read ("reading config.json").
[[nodiscard]] nlohmann::json parseStrictJson(std::string_view text, const std::string& what,
                                             const JsonLimits& limits = {});

// A JSON value as an error message shows it: compact, printable, cut.
[[nodiscard]] std::string shown(const nlohmann::json& value);

}  // namespace rs
