// SPDX-License-Identifier: Apache-2.0
//
// Reading UTF-8 that may be broken, and turning a stream of bytes into text that never is.
//
// Thread: pure functions; a Utf8Stream belongs to one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace rs {

struct CodePoint {
  char32_t value = 0;       // U+FFFD when not valid
  std::uint8_t length = 0;  // bytes; when not valid, the length of the maximal subpart (at least 1)
  bool valid = false;
  bool cut = false;  // not valid, but only because the text ends: more bytes could complete it
};

namespace detail {
[[nodiscard]] CodePoint longCodePointAt(std::string_view text, std::size_t begin);
}

// The code point at `begin` (< text.size()). Surrogates, overlong forms and values above U+10FFFF are not
// valid.
[[nodiscard]] inline CodePoint codePointAt(std::string_view text, std::size_t begin) {
  const auto first = static_cast<unsigned char>(text[begin]);
  return first < 0x80 ? CodePoint{first, 1, true, false} : detail::longCodePointAt(text, begin);
}

// The text with every maximal subpart of a broken sequence replaced by U+FFFD (the practice of Unicode,
// WHATWG and Python's "replace").
[[nodiscard]] std::string validUtf8(std::string_view bytes);

[[nodiscard]] bool isValidUtf8(std::string_view bytes);

void appendUtf8(char32_t code_point, std::string& out);

// For people: characters as they are, controls and broken bytes as \n, \t, \r, \xE4, the backslash doubled.
[[nodiscard]] std::string visibleText(std::string_view bytes);

// Bytes in, whole characters out; an incomplete end waits for the next bytes.
class Utf8Stream {
 public:
  // Everything that is now certain, broken sequences replaced.
  [[nodiscard]] std::string push(std::string_view bytes);
  // What still waits: one U+FFFD, or nothing.
  [[nodiscard]] std::string finish();

 private:
  std::string waiting_;
};

}  // namespace rs
