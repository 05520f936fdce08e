// SPDX-License-Identifier: Apache-2.0
//
// Small text helpers shared by messages and tables.
//
// Thread: pure functions.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace rs {

// printf into a string; the compiler checks the arguments.
[[nodiscard]] [[gnu::format(printf, 1, 2)]] std::string format(const char* pattern, ...);

// [32, 5760, 90]
[[nodiscard]] std::string shapeText(std::span<const std::int64_t> shape);

// 13.8 GB, 512 B: powers of ten.
[[nodiscard]] std::string bytesText(std::uint64_t bytes);

// The known names nearest to a mistyped one by edit distance, best first; empty if none is near.
[[nodiscard]] std::vector<std::string> nearest(std::string_view name, std::span<const std::string> known,
                                               std::size_t at_most = 3);

// ", did you mean 'a' or 'b'?" or the empty string.
[[nodiscard]] std::string didYouMean(std::string_view name, std::span<const std::string> known);

[[nodiscard]] std::string join(std::span<const std::string> parts, std::string_view separator);

}  // namespace rs
