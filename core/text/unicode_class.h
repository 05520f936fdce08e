// SPDX-License-Identifier: Apache-2.0
//
// The few classes of code points that o200k's splitting pattern tells apart (general categories of Unicode
// 15.0; White_Space for \s).
//
// Thread: pure functions.
#pragma once

#include <cstddef>
#include <cstdint>

namespace rs {

enum class UnicodeClass : std::uint8_t {
  kOther,        // everything else: punctuation, symbols, controls, unassigned
  kUpper,        // Lu, Lt
  kLower,        // Ll
  kOtherLetter,  // Lm, Lo: in both letter classes of the pattern
  kMark,         // Mn, Mc, Me: in both letter classes, but no letter
  kNumber,       // Nd, Nl, No
  kSpace,        // White_Space, line ends included
};

[[nodiscard]] UnicodeClass unicodeClass(char32_t code_point);

namespace detail {
inline constexpr std::size_t kClassStartCount = 3121;
extern const std::uint32_t kClassStarts[kClassStartCount];
}  // namespace detail

}  // namespace rs
