// SPDX-License-Identifier: Apache-2.0
//
// Recursive descent over lexemes; every intermediate value is an exact fraction.
#include "core/experts/calculator/expression.h"

#include "core/base/text.h"
#include "core/experts/calculator/big_int.h"

namespace rs {
namespace {

constexpr std::size_t kMaxDigits = 1000;
constexpr int kMaxDepth = 64;

// Ends a computation that has no value; never leaves this file.
struct NoValue {
  std::string reason;
};

std::string plainDigits(std::string_view number) {
  std::string digits;
  for (const char c : number) {
    if (isDigit(c)) {
      digits += c;
    }
  }
  const std::size_t first = digits.find_first_not_of('0');
  return first == std::string::npos ? "0" : digits.substr(first);
}

Fraction quotient(const Fraction& a, const Fraction& b) {
  if (b.numerator.isZero()) {
    throw NoValue{"division by zero"};
  }
  return a / b;
}

class Parser {
 public:
  Parser(std::string_view line, std::span<const Lexeme> lexemes) : line_(line), lexemes_(lexemes) {}

  Fraction whole() {
    Fraction value = sum(0);
    if (!done()) {
      const bool bracket = kind() == LexemeKind::kOpen || kind() == LexemeKind::kClose ||
                           lexemes_[at_ - 1].kind == LexemeKind::kClose;
      throw NoValue{bracket ? "a bracket without an operator beside it, or without its partner"
                            : "two numbers without an operator between them"};
    }
    return value;
  }

  // 89 or -89
  Fraction operand() { return signedPrimary(0); }

  // The expression with one space around each operator, as far as it has been read.
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  [[nodiscard]] bool done() const { return at_ == lexemes_.size(); }
  [[nodiscard]] LexemeKind kind() const { return done() ? LexemeKind::kMark : lexemes_[at_].kind; }

  Fraction sum(int depth) {
    Fraction value = product(depth);
    while (kind() == LexemeKind::kPlus || kind() == LexemeKind::kMinus) {
      const bool plus = kind() == LexemeKind::kPlus;
      ++at_;
      text_ += plus ? " + " : " - ";
      const Fraction right = product(depth);
      value = plus ? value + right : value - right;
    }
    return value;
  }

  Fraction product(int depth) {
    Fraction value = signedPrimary(depth);
    while (kind() == LexemeKind::kTimes || kind() == LexemeKind::kDivide) {
      const bool times = kind() == LexemeKind::kTimes;
      ++at_;
      text_ += times ? " * " : " / ";
      const Fraction right = signedPrimary(depth);
      value = times ? value * right : quotient(value, right);
    }
    return value;
  }

  Fraction signedPrimary(int depth) {
    if (kind() != LexemeKind::kMinus) {
      return primary(depth);
    }
    ++at_;
    text_ += '-';
    const Fraction value = primary(depth);
    return {-value.numerator, value.denominator};
  }

  Fraction primary(int depth) {
    if (depth > kMaxDepth) {
      throw NoValue{"brackets nested too deeply"};
    }
    if (kind() == LexemeKind::kNumber) {
      const std::string digits = plainDigits(lexemes_[at_].in(line_));
      ++at_;
      text_ += digits;
      return {BigInt::fromDigits(digits), BigInt(1)};
    }
    if (kind() == LexemeKind::kDecimal) {
      throw NoValue{"a number that is not whole"};
    }
    if (kind() != LexemeKind::kOpen) {
      throw NoValue{"an operator without a number beside it"};
    }
    ++at_;
    text_ += '(';
    Fraction value = sum(depth + 1);
    if (kind() != LexemeKind::kClose) {
      throw NoValue{"brackets that do not match"};
    }
    ++at_;
    text_ += ')';
    return value;
  }

  std::string_view line_;
  std::span<const Lexeme> lexemes_;
  std::size_t at_ = 0;
  std::string text_;
};

std::size_t countDigits(std::string_view line, std::span<const Lexeme> lexemes) {
  std::size_t count = 0;
  for (const Lexeme& lexeme : lexemes) {
    for (const char c : lexeme.in(line)) {
      count += isDigit(c) ? 1 : 0;
    }
  }
  return count;
}

// What a noun or a command does with the numbers that it names.
struct Verbal {
  char op = '+';
  bool reversed = false;  // subtract A from B
  bool absolute = false;  // the difference between A and B
};

Verbal verbalOf(std::string_view line, std::span<const Lexeme> lexemes) {
  const std::string_view word = lexemes[0].in(line);
  if (isWord(word, "product") || isWord(word, "multiply")) {
    return {'*'};
  }
  if (isWord(word, "quotient") || isWord(word, "divide")) {
    return {'/'};
  }
  if (isWord(word, "subtract")) {
    return {'-', true};
  }
  if (isWord(word, "difference")) {
    return {'-', false, isWord(lexemes[1].in(line), "between")};
  }
  return {'+'};
}

Fraction combine(char op, const Fraction& a, const Fraction& b) {
  switch (op) {
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
    default:
      return quotient(a, b);
  }
}

Fraction verbalValue(std::string_view line, std::span<const Lexeme> lexemes, std::string& text) {
  const Verbal verbal = verbalOf(line, lexemes);
  std::vector<Fraction> values;
  std::vector<std::string> texts;
  for (std::size_t i = 1; i < lexemes.size(); ++i) {
    if (lexemes[i].kind == LexemeKind::kWord || lexemes[i].kind == LexemeKind::kMark) {
      continue;  // of, and, by, a comma
    }
    const std::size_t length = lexemes[i].kind == LexemeKind::kMinus ? 2 : 1;
    Parser parser(line, lexemes.subspan(i, length));
    values.push_back(parser.operand());
    texts.push_back(parser.text());
    i += length - 1;
  }
  if (verbal.reversed) {
    std::swap(values[0], values[1]);
    std::swap(texts[0], texts[1]);
  }
  Fraction value = values[0];
  for (std::size_t k = 1; k < values.size(); ++k) {
    value = combine(verbal.op, value, values[k]);
  }
  if (verbal.absolute && value.numerator.isNegative()) {
    value.numerator = -value.numerator;
    std::swap(texts[0], texts[1]);
  }
  text = join(texts, std::string{' ', verbal.op, ' '});
  return value;
}

}  // namespace

Outcome evaluate(std::string_view line, std::span<const Lexeme> lexemes, const Candidate& candidate,
                 int max_decimals) {
  const auto own = lexemes.subspan(candidate.first, candidate.last - candidate.first);
  Outcome outcome;
  if (countDigits(line, own) > kMaxDigits) {
    outcome.reason = format("more than %zu digits", kMaxDigits);
    return outcome;
  }
  try {
    Fraction value;
    if (candidate.form == ExpressionForm::kNoun || candidate.form == ExpressionForm::kCommand) {
      value = verbalValue(line, own, outcome.expression);
    } else {
      Parser parser(line, own);
      value = parser.whole();
      outcome.expression = parser.text();
    }
    if (const auto text = decimalText(value, max_decimals)) {
      outcome.value = *text;
    } else {
      outcome.reason = format("its decimals do not end within %d digits", max_decimals);
    }
  } catch (const NoValue& none) {
    outcome.reason = none.reason;
  }
  return outcome;
}

}  // namespace rs
