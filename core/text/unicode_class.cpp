// SPDX-License-Identifier: Apache-2.0
//
// Looks a code point up in the table of ranges: the first 128 directly, others by bisection.
#include "core/text/unicode_class.h"

#include <algorithm>
#include <array>

namespace rs {

namespace {

UnicodeClass bisect(char32_t code_point) {
  const auto key = static_cast<std::uint32_t>(code_point) << 3 | 7U;
  const auto* const begin = std::begin(detail::kClassStarts);
  const auto* const after = std::upper_bound(begin, std::end(detail::kClassStarts), key);
  return static_cast<UnicodeClass>(after[-1] & 7U);
}

std::array<UnicodeClass, 128> asciiClasses() {
  std::array<UnicodeClass, 128> classes{};
  for (char32_t c = 0; c < classes.size(); ++c) {
    classes[c] = bisect(c);
  }
  return classes;
}

}  // namespace

UnicodeClass unicodeClass(char32_t code_point) {
  static const std::array<UnicodeClass, 128> ascii = asciiClasses();
  return code_point < ascii.size() ? ascii[code_point] : bisect(code_point);
}

}  // namespace rs
