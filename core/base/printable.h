// SPDX-License-Identifier: Apache-2.0
//
// Text from a file, made safe to print in a message: foreign names never move the cursor or break a line.
//
// Thread: pure functions.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace rs {

// Control characters and bytes that are not UTF-8 become \xNN; longer than at_most bytes: cut, with "...".
[[nodiscard]] std::string printable(std::string_view text, std::size_t at_most = 120);

// printable() between single quotes.
[[nodiscard]] std::string inQuotes(std::string_view text, std::size_t at_most = 120);

}  // namespace rs
