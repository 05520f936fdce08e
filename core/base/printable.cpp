// SPDX-License-Identifier: Apache-2.0
#include "core/base/printable.h"

#include "core/base/text.h"

namespace rs {
namespace {

// Bytes of the UTF-8 character that starts the text, 0 if none does. Overlong forms and surrogates are none.
std::size_t characterLength(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned first = byte(0);
  if (first < 0x80) {
    return 1;
  }
  const std::size_t length = first < 0xC2 ? 0 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : first < 0xF5 ? 4 : 0;
  if (length == 0 || length > text.size()) {
    return 0;
  }
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) {
      return 0;
    }
  }
  const unsigned second = byte(1);
  const bool overlong = (first == 0xE0 && second < 0xA0) || (first == 0xF0 && second < 0x90);
  const bool outside = (first == 0xED && second > 0x9F) || (first == 0xF4 && second > 0x8F);
  return overlong || outside ? 0 : length;
}

bool isControl(std::string_view character) {
  const auto first = static_cast<unsigned char>(character[0]);
  const bool is_c1 = first == 0xC2 && static_cast<unsigned char>(character[1]) < 0xA0;
  return first < 0x20 || first == 0x7F || is_c1;
}

}  // namespace

std::string printable(std::string_view text, std::size_t at_most) {
  std::string out;
  while (!text.empty()) {
    const std::size_t length = characterLength(text);
    std::string piece(text.substr(0, length == 0 ? 1 : length));
    text.remove_prefix(piece.size());
    if (length == 0 || isControl(piece)) {
      std::string escaped;
      for (const char c : piece) {
        escaped += format("\\x%02x", static_cast<unsigned>(static_cast<unsigned char>(c)));
      }
      piece = escaped;
    }
    if (out.size() + piece.size() > at_most) {
      return out + "...";
    }
    out += piece;
  }
  return out;
}

std::string inQuotes(std::string_view text, std::size_t at_most) {
  return "'" + printable(text, at_most) + "'";
}

}  // namespace rs
