// SPDX-License-Identifier: Apache-2.0
//
// Which stretches of a line are expressions, judged by what they are made of and what stands beside them.
#include <algorithm>
#include <array>

#include "core/experts/calculator/expression.h"

namespace rs {
namespace {

template <std::size_t N>
bool isOneOf(std::string_view word, const std::array<std::string_view, N>& lower) {
  return std::any_of(lower.begin(), lower.end(), [&](std::string_view other) { return isWord(word, other); });
}

// Words after which a number is the argument of something else.
constexpr auto kFunctions = std::to_array<std::string_view>(
    {"sqrt", "root",    "log",  "ln",   "sin",   "cos",     "tan",   "exp",  "abs",   "mod",  "max",
     "min",  "percent", "than", "half", "third", "quarter", "power", "plus", "minus", "times"});

// Words before which 3-5 or 3/5 is a label.
constexpr auto kLabels = std::to_array<std::string_view>(
    {"page",  "pages",  "pp",     "chapter", "chapters", "verse",   "verses", "section", "sections", "line",
     "lines", "score",  "scores", "version", "figure",   "figures", "table",  "tables",  "grade",    "grades",
     "age",   "ages",   "aged",   "phone",   "tel",      "call",    "route",  "flight",  "room",     "won",
     "lost",  "volume", "items",  "rows",    "columns",  "weeks",   "days",   "years"});

constexpr auto kNouns =
    std::to_array<std::string_view>({"sum", "total", "product", "difference", "quotient"});
constexpr auto kCommands = std::to_array<std::string_view>({"add", "subtract", "multiply", "divide"});

class Finder {
 public:
  Finder(std::string_view line, std::span<const Lexeme> lexemes, std::vector<Candidate>& out)
      : line_(line), lexemes_(lexemes), out_(out) {}

  void run() {
    out_.clear();
    std::size_t i = 0;
    while (i < lexemes_.size()) {
      if (is(i, LexemeKind::kWord)) {
        i = verbal(i);
      } else if (isArithmetic(i)) {
        i = infix(i);
      } else {
        ++i;
      }
    }
  }

 private:
  [[nodiscard]] bool is(std::size_t i, LexemeKind kind) const {
    return i < lexemes_.size() && lexemes_[i].kind == kind;
  }
  [[nodiscard]] bool isNumber(std::size_t i) const {
    return is(i, LexemeKind::kNumber) || is(i, LexemeKind::kDecimal);
  }
  [[nodiscard]] bool isComma(std::size_t i) const {
    return is(i, LexemeKind::kMark) && lexemes_[i].in(line_) == ",";
  }
  [[nodiscard]] std::string_view word(std::size_t i) const {
    return is(i, LexemeKind::kWord) ? lexemes_[i].in(line_) : std::string_view();
  }
  [[nodiscard]] bool isArithmetic(std::size_t i) const {
    return isNumber(i) || is(i, LexemeKind::kOpen) || is(i, LexemeKind::kClose) ||
           (i < lexemes_.size() && lexemes_[i].isOperator());
  }

  // One past a number with an optional sign; i if there is none.
  [[nodiscard]] std::size_t afterNumber(std::size_t i) const {
    const std::size_t at = is(i, LexemeKind::kMinus) && !lexemes_[i].space_after ? i + 1 : i;
    return isNumber(at) ? at + 1 : i;
  }

  // the product of A and B; multiply A by B. Returns where to go on.
  std::size_t verbal(std::size_t i) {
    const bool noun =
        isOneOf(word(i), kNouns) && (isWord(word(i + 1), "of") || isWord(word(i + 1), "between"));
    if (!noun && !isOneOf(word(i), kCommands)) {
      return i + 1;
    }
    std::size_t at = noun ? i + 2 : i + 1;
    std::size_t count = 0;
    std::size_t end = at;
    while (afterNumber(at) > at) {
      ++count;
      end = afterNumber(at);
      at = afterJoint(word(i), end);
    }
    const bool many = isWord(word(i), "sum") || isWord(word(i), "total") || isWord(word(i), "product") ||
                      isWord(word(i), "add");
    if (count < 2 || (count > 2 && !many) || isArithmetic(end) || is(end, LexemeKind::kBad)) {
      return i + 1;
    }
    out_.push_back({i, end, noun ? ExpressionForm::kNoun : ExpressionForm::kCommand});
    return end;
  }

  // One past "and", ",", ", and", or "by", "to", "from" after their commands; `at` if there is none of these.
  [[nodiscard]] std::size_t afterJoint(std::string_view head, std::size_t at) const {
    const std::string_view own = isWord(head, "subtract")                             ? "from"
                                 : isWord(head, "multiply") || isWord(head, "divide") ? "by"
                                 : isWord(head, "add")                                ? "to"
                                                                                      : "and";
    const bool ordered = own == "from" || isWord(head, "divide");
    const std::size_t next = isComma(at) && !ordered ? at + 1 : at;
    return isWord(word(next), own) || (isWord(word(next), "and") && !ordered) ? next + 1 : next;
  }

  // 127 * 89. Returns where to go on.
  std::size_t infix(std::size_t begin) {
    std::size_t end = begin;
    while (isArithmetic(end)) {
      ++end;
    }
    const std::size_t first = stripLeft(begin, end);
    std::size_t numbers = 0;
    std::size_t operators = 0;
    for (std::size_t i = first; i < end; ++i) {
      numbers += isNumber(i) ? 1 : 0;
      operators += lexemes_[i].isOperator() ? 1 : 0;
    }
    if (numbers >= 2 && operators >= 1 && !is(end - 1, LexemeKind::kOpen) && isFreeOnTheLeft(begin, first) &&
        isFreeOnTheRight(end) && !isLabel(first, end)) {
      out_.push_back({first, end, formOf(first, end)});
    }
    return end;
  }

  // Drops list markers, and an opening bracket that does not close within the stretch.
  [[nodiscard]] std::size_t stripLeft(std::size_t begin, std::size_t end) const {
    std::size_t first = begin;
    if (begin == 0 && lexemes_[0].isOperator() && lexemes_[0].space_after) {
      first = 1;  // - 3 + 4 =
    }
    const std::size_t number = is(first, LexemeKind::kOpen) ? first + 1 : first;
    if (is(number, LexemeKind::kNumber) && is(number + 1, LexemeKind::kClose) && number + 2 < end &&
        (is(number + 2, LexemeKind::kNumber) || is(number + 2, LexemeKind::kOpen))) {
      first = number + 2;  // 1) 3 + 4 =
    }
    if (is(first, LexemeKind::kClose) && first + 1 < end && lexemes_[first].space_after) {
      ++first;  // a) 3 + 4 =
    }
    int depth = 0;
    for (std::size_t i = first; i < end; ++i) {
      depth += is(i, LexemeKind::kOpen) ? 1 : is(i, LexemeKind::kClose) ? -1 : 0;
    }
    const bool call = first > 0 && !lexemes_[first].space_before;
    return depth == 1 && is(first, LexemeKind::kOpen) && !call ? first + 1 : first;
  }

  [[nodiscard]] bool isFreeOnTheLeft(std::size_t begin, std::size_t first) const {
    if (first > begin || begin == 0) {
      return true;  // after a marker or an opening bracket, or at the beginning of the line
    }
    const Lexeme& left = lexemes_[begin - 1];
    const bool apart = lexemes_[begin].space_before;
    switch (left.kind) {
      case LexemeKind::kWord: {
        const bool variable = left.end - left.begin == 1;
        const bool operand = lexemes_[first].isOperator() && lexemes_[first].space_after;
        return apart && !variable && !operand && !isOneOf(left.in(line_), kFunctions) &&
               !isFactorOf(begin - 1);
      }
      case LexemeKind::kEquals:
        return apart || (begin >= 2 && (isNumber(begin - 2) || is(begin - 2, LexemeKind::kClose)));
      case LexemeKind::kMark:
        return isFreeAfter(begin - 1, apart);
      default:
        return false;
    }
  }

  // 20 percent of 3 + 4, half of 3 + 4
  [[nodiscard]] bool isFactorOf(std::size_t i) const {
    return isWord(word(i), "of") && i > 0 &&
           (is(i - 1, LexemeKind::kBad) || isNumber(i - 1) || isOneOf(word(i - 1), kFunctions));
  }

  [[nodiscard]] bool isFreeAfter(std::size_t i, bool apart) const {
    constexpr auto kAlways = std::to_array<std::string_view>({"\"", "'", "`", "$", "|", "\\(", "\\["});
    constexpr auto kWithSpace = std::to_array<std::string_view>({".", ":", ",", ";", "?", "!", "]"});
    constexpr auto kAtStart = std::to_array<std::string_view>({">", "#", "["});
    const std::string_view mark = lexemes_[i].in(line_);
    const auto among = [mark](const auto& marks) {
      return std::find(marks.begin(), marks.end(), mark) != marks.end();
    };
    if (i > 0 && lexemes_[i - 1].isOperator()) {
      return false;  // 5 + $3 * 2
    }
    const bool bold = mark == "**" && !apart && lexemes_[i].space_before;
    return bold || among(kAlways) || (apart && among(kWithSpace)) || (i == 0 && among(kAtStart));
  }

  [[nodiscard]] bool isFreeOnTheRight(std::size_t end) const {
    if (end >= lexemes_.size()) {
      return true;
    }
    const Lexeme& right = lexemes_[end];
    if (right.kind != LexemeKind::kMark) {
      return right.kind != LexemeKind::kBad && (right.kind != LexemeKind::kWord || right.space_before);
    }
    constexpr auto kGoesOn =
        std::to_array<std::string_view>({"%", "^", "!", "[", "//", "/*", "++", "<", ">", "~", "&", "\\"});
    const std::string_view mark = right.in(line_);
    const bool power = mark == "**" && (right.space_before == right.space_after);
    return !power && std::find(kGoesOn.begin(), kGoesOn.end(), mark) == kGoesOn.end();
  }

  [[nodiscard]] bool isGlued(std::size_t first, std::size_t last) const {
    for (std::size_t i = first + 1; i < last; ++i) {
      if (lexemes_[i].space_before) {
        return false;
      }
    }
    return true;
  }

  [[nodiscard]] static bool isCross(std::string_view sign) {
    return sign == "x" || sign == "X" || sign == "\xC3\x97";
  }

  [[nodiscard]] ExpressionForm formOf(std::size_t first, std::size_t last) const {
    bool firm = !isGlued(first, last);
    for (std::size_t i = first; i < last; ++i) {
      if (lexemes_[i].spelled) {
        return ExpressionForm::kSpelled;
      }
      // 1920x1080 is a size more often than a product.
      const bool times = is(i, LexemeKind::kTimes) && !isCross(lexemes_[i].in(line_));
      firm = firm || is(i, LexemeKind::kPlus) || times || is(i, LexemeKind::kOpen);
    }
    return firm ? ExpressionForm::kPlain : ExpressionForm::kWeak;
  }

  // Dates, telephone numbers, and ranges that a word announces.
  [[nodiscard]] bool isLabel(std::size_t first, std::size_t last) const {
    const std::size_t count = last - first;
    if (count > 7 || count % 2 == 0 || !isGlued(first, last)) {
      return false;
    }
    for (std::size_t i = first; i < last; ++i) {
      const bool right_kind = (i - first) % 2 == 0 ? is(i, LexemeKind::kNumber)
                                                   : is(i, LexemeKind::kMinus) || is(i, LexemeKind::kDivide);
      if (!right_kind || ((i - first) % 2 == 1 && lexemes_[i].kind != lexemes_[first + 1].kind)) {
        return false;
      }
    }
    const bool announced = (first > 0 && isOneOf(word(first - 1), kLabels)) ||
                           (first > 1 && !word(first - 1).empty() && isOneOf(word(first - 2), kLabels));
    return announced || isTelephone(first, count) || isDate(first, count);
  }

  [[nodiscard]] std::size_t width(std::size_t i) const { return lexemes_[i].end - lexemes_[i].begin; }

  [[nodiscard]] bool isTelephone(std::size_t first, std::size_t count) const {
    if (!is(first + 1, LexemeKind::kMinus) || (count != 5 && count != 7)) {
      return false;
    }
    const std::size_t area = count == 7 ? first + 2 : first;
    return width(area) == 3 && width(area + 2) == 3 && width(area + 4) == 4 &&
           (count == 5 || width(first) == 1);
  }

  [[nodiscard]] bool isDate(std::size_t first, std::size_t count) const {
    if (count != 5) {
      return false;
    }
    const auto number = [this](std::size_t i) {
      int value = 0;
      for (const char c : lexemes_[i].in(line_).substr(0, 5)) {
        value = isDigit(c) ? value * 10 + (c - '0') : 0;
      }
      return value;
    };
    const auto isYear = [&](std::size_t i) { return width(i) == 4 && number(i) >= 1000 && number(i) < 2200; };
    const auto isDay = [&](std::size_t i) { return width(i) <= 2 && number(i) >= 1 && number(i) <= 31; };
    return isDay(first + 2) && ((isYear(first) && isDay(first + 4)) || (isDay(first) && isYear(first + 4)));
  }

  std::string_view line_;
  std::span<const Lexeme> lexemes_;
  std::vector<Candidate>& out_;
};

}  // namespace

void findCandidates(std::string_view line, std::span<const Lexeme> lexemes, std::vector<Candidate>& out) {
  Finder(line, lexemes, out).run();
}

}  // namespace rs
