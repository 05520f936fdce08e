// SPDX-License-Identifier: Apache-2.0
//
// Both directions from one table, worked out at compile time.
#include "core/text/byte_level.h"

#include <array>
#include <cstddef>
#include <cstdint>

#include "core/text/utf8.h"

namespace rs {

namespace {

constexpr std::size_t kCharacters = 0x144;  // one past the last character of the alphabet

struct Alphabet {
  std::array<std::uint16_t, 256> character_of{};
  std::array<std::int16_t, kCharacters> byte_of{};
};

constexpr Alphabet makeAlphabet() {
  Alphabet alphabet;
  for (auto& byte : alphabet.byte_of) {
    byte = -1;
  }
  std::uint16_t next = 0x100;
  for (std::uint16_t b = 0; b < 256; ++b) {
    const bool itself = (b >= 33 && b <= 126) || (b >= 161 && b <= 172) || b >= 174;
    const std::uint16_t character = itself ? b : next++;
    alphabet.character_of[b] = character;
    alphabet.byte_of[character] = static_cast<std::int16_t>(b);
  }
  return alphabet;
}

constexpr Alphabet kAlphabet = makeAlphabet();

}  // namespace

bool appendFromByteLevel(std::string_view characters, std::string& bytes) {
  const std::size_t before = bytes.size();
  for (std::size_t at = 0; at < characters.size();) {
    const CodePoint point = codePointAt(characters, at);
    const std::int16_t byte =
        point.valid && point.value < kCharacters ? kAlphabet.byte_of[point.value] : std::int16_t{-1};
    if (byte < 0) {
      bytes.resize(before);
      return false;
    }
    bytes.push_back(static_cast<char>(static_cast<unsigned char>(byte)));
    at += point.length;
  }
  return true;
}

std::string toByteLevel(std::string_view bytes) {
  std::string characters;
  for (const char byte : bytes) {
    appendUtf8(kAlphabet.character_of[static_cast<unsigned char>(byte)], characters);
  }
  return characters;
}

}  // namespace rs
