// SPDX-License-Identifier: Apache-2.0
//
// Finds integer expressions among lexemes and works out their exact values.
//
// Thread: pure functions.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/experts/calculator/lexer.h"

namespace rs {

struct Outcome {
  std::string expression;  // normalised: "(127 + 3) * 89"; as far as it could be read
  std::string value;       // decimal; empty if there is none
  std::string reason;      // why there is no value
  [[nodiscard]] bool hasValue() const { return !value.empty(); }
};

// How an expression is written, which says how much more evidence it takes to believe in it.
enum class ExpressionForm {
  kPlain,    // 127 * 89
  kSpelled,  // 127 times 89
  kWeak,     // 3-5, 24/7 or 4x4: without spaces it could be a range, a score, a ratio, a size
  kNoun,     // the product of 127 and 89
  kCommand,  // multiply 127 by 89
};

// A stretch of lexemes, [first, last), that looks like an expression.
struct Candidate {
  std::size_t first = 0;
  std::size_t last = 0;
  ExpressionForm form{};
};

// All candidates in a line, from left to right. Stretches that belong to something larger (a variable, a
// function, a date, a telephone number, a list) are not among them.
void findCandidates(std::string_view line, std::span<const Lexeme> lexemes, std::vector<Candidate>& out);

// Range: 0 <= max_decimals. Cost: quadratic in the number of digits, which is limited.
[[nodiscard]] Outcome evaluate(std::string_view line, std::span<const Lexeme> lexemes,
                               const Candidate& candidate, int max_decimals);

}  // namespace rs
