// SPDX-License-Identifier: Apache-2.0
//
// Cuts a stretch of text into numbers, operators, words and marks, as the calculator sees it.
//
// Thread: pure functions.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace rs {

enum class LexemeKind : std::uint8_t {
  kNumber,   // 127, 1,234
  kDecimal,  // 3.5: a number, but not a whole one
  kBad,      // digits that are no number: 3x, 1.2.3, 9:30, 1,2, 5%
  kPlus,
  kMinus,
  kTimes,
  kDivide,
  kOpen,
  kClose,
  kEquals,
  kWord,
  kMark,  // anything else, such as a question mark, == or ^
};

struct Lexeme {
  LexemeKind kind{};
  bool space_before = false;  // white space, or the beginning of the stretch, on its left
  bool space_after = false;   // white space, or the end of the stretch, on its right
  bool spelled = false;       // an operator written as a word: times
  std::uint32_t begin = 0;    // bytes of the stretch
  std::uint32_t end = 0;
  [[nodiscard]] std::string_view in(std::string_view text) const { return text.substr(begin, end - begin); }
  [[nodiscard]] bool isOperator() const {
    return kind == LexemeKind::kPlus || kind == LexemeKind::kMinus || kind == LexemeKind::kTimes ||
           kind == LexemeKind::kDivide;
  }
};

// Replaces `lexemes`. Any bytes are fine. Cost: linear.
void lex(std::string_view text, std::vector<Lexeme>& lexemes);

// Whether two words are the same but for the case of ASCII letters; `lower` is in lower case.
[[nodiscard]] bool isWord(std::string_view word, std::string_view lower);

[[nodiscard]] constexpr bool isDigit(char c) {
  return c >= '0' && c <= '9';
}
[[nodiscard]] constexpr bool isSpace(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}
[[nodiscard]] constexpr bool isLetter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

}  // namespace rs
