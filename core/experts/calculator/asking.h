// SPDX-License-Identifier: Apache-2.0
//
// How a text asks for the value of an expression: in a question or a command, or by writing the expression
// and then "=" or "is". Also the words that lead in an answer.
//
// Thread: pure functions; a Scratch belongs to one thread and only saves allocations.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/experts/calculator/expression.h"

namespace rs {

struct Scratch {
  std::vector<Lexeme> lexemes;
  std::vector<Candidate> candidates;
};

struct Asked {
  Outcome outcome;
  std::string trigger;  // the words that ask
};

enum class Whose {
  kText,         // a sentence of plain text: it must ask in words, or be an expression with a question mark
  kUserLine,     // a line or sentence of a user's message: may be nothing but the expression
  kUserMessage,  // all of a user's message
};

// Whether a sentence, its end mark included, asks for a value: What is 127 * 89?
[[nodiscard]] std::optional<Asked> findQuestion(std::string_view sentence, Whose whose, int max_decimals,
                                                Scratch& scratch);

// Whether a line asks at its very end, which is "=", "is" or the like: 127 * 89 =
[[nodiscard]] std::optional<Asked> findPrompt(std::string_view line, int max_decimals, Scratch& scratch);

// Whether a text ends in a sign or word that findPrompt or leadsIn could accept. Cost: the last word.
[[nodiscard]] bool mayAsk(std::string_view text);

// Whether a sentence is the beginning of an answer and nothing else: The answer is
[[nodiscard]] bool leadsIn(std::string_view sentence, Scratch& scratch);

}  // namespace rs
