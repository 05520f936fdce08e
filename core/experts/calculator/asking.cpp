// SPDX-License-Identifier: Apache-2.0
//
// Closed lists of words: a sentence that contains any other word where it matters does not ask.
#include "core/experts/calculator/asking.h"

#include <algorithm>
#include <array>

namespace rs {
namespace {

constexpr std::size_t kMaxTrigger = 160;
constexpr std::size_t kMaxLeadIn = 20;

template <std::size_t N>
bool isOneOf(std::string_view word, const std::array<std::string_view, N>& lower) {
  return std::any_of(lower.begin(), lower.end(), [&](std::string_view other) { return isWord(word, other); });
}

// Words that ask.
constexpr auto kAsk =
    std::to_array<std::string_view>({"what", "what's", "whats", "calculate", "compute", "evaluate", "solve",
                                     "determine", "find", "tell", "give", "simplify", "calc"});

// Words that may stand between those and the expression.
constexpr auto kBetween = std::to_array<std::string_view>(
    {"is",          "are",     "does",     "do",   "did",    "me",        "us",         "the",
     "value",       "result",  "answer",   "of",   "to",     "for",       "exact",      "exactly",
     "and",         "so",      "now",      "then", "please", "this",      "it",         "if",
     "i",           "we",      "you",      "get",  "when",   "following", "expression", "calculation",
     "computation", "problem", "equation", "sum",  "would",  "be",        "equal"});

// Words that may begin a question that is nothing but an expression, or a command.
constexpr auto kOpening = std::to_array<std::string_view>(
    {"the",   "and",  "so",     "now",   "then",  "q",    "question", "problem", "exercise", "task",
     "ok",    "okay", "please", "first", "next",  "user", "human",    "input",   "prompt",   "hi",
     "hello", "hey",  "can",    "could", "would", "will", "you",      "just"});

// Words that may stand between the expression and the end of the sentence.
constexpr auto kClosing =
    std::to_array<std::string_view>({"equal", "equals", "is", "make", "be", "please", "to", "exactly",
                                     "together", "now", "what", "for", "me", "us"});

// Words that lead in an answer.
constexpr auto kLead = std::to_array<std::string_view>(
    {"the",      "a",        "answer",      "result",    "sum",     "product",   "difference", "quotient",
     "total",    "value",    "it",          "that",      "this",    "of",        "to",         "your",
     "question", "is",       "equals",      "equal",     "so",      "sure",      "here",       "and",
     "final",    "correct",  "therefore",   "thus",      "hence",   "certainly", "ok",         "okay",
     "yes",      "which",    "calculation", "gives",     "get",     "we",        "you",        "makes",
     "ans",      "solution", "response",    "assistant", "reply",   "output",    "exact",      "expression",
     "these",    "those",    "two",         "numbers",   "it's",    "that's",    "here's",     "would",
     "be",       "will",     "i",           "think",     "believe", "simply",    "just",       "ai",
     "bot",      "model",    "calculator",  "exactly"});

constexpr auto kPromptWords = std::to_array<std::string_view>({"is", "equals", "gives", "makes"});
constexpr auto kLeadEnds =
    std::to_array<std::string_view>({"is", "equals", "gives", "makes", "be", "get", "it's", "that's"});

// Words after which an expression may begin that "is" follows: the answer to 3 + 4 is.
constexpr auto kBeforeIs = std::to_array<std::string_view>(
    {"of", "to", "for", "that", "so", "then", "and", "since", "because", "as", "therefore", "thus", "hence",
     "know", "result", "value", "answer", "expression", "now"});

constexpr auto kQuotes =
    std::to_array<std::string_view>({"\"", "'", "`", "$", "**", "\\(", "\\)", "\\[", "\\]", ",", ":"});

// A sentence cut up, with its candidates.
class Sentence {
 public:
  Sentence(std::string_view text, Scratch& scratch) : text_(text), scratch_(scratch) {
    lex(text, scratch.lexemes);
    findCandidates(text, scratch.lexemes, scratch.candidates);
  }

  [[nodiscard]] std::size_t size() const { return scratch_.lexemes.size(); }
  [[nodiscard]] const std::vector<Candidate>& candidates() const { return scratch_.candidates; }
  [[nodiscard]] std::string_view at(std::size_t i) const { return scratch_.lexemes[i].in(text_); }
  [[nodiscard]] bool is(std::size_t i, LexemeKind kind) const {
    return i < size() && scratch_.lexemes[i].kind == kind;
  }
  [[nodiscard]] std::string_view word(std::size_t i) const {
    return is(i, LexemeKind::kWord) ? at(i) : std::string_view();
  }
  [[nodiscard]] bool isQuote(std::size_t i) const {
    return is(i, LexemeKind::kMark) && isOneOf(at(i), kQuotes);
  }
  [[nodiscard]] bool isEndMark(std::size_t i) const {
    return is(i, LexemeKind::kMark) && (at(i) == "?" || at(i) == ".");
  }

  [[nodiscard]] Asked asked(const Candidate& candidate, std::size_t from, std::size_t to,
                            int max_decimals) const {
    Asked result;
    result.outcome = evaluate(text_, scratch_.lexemes, candidate, max_decimals);
    const std::size_t begin = scratch_.lexemes[from].begin;
    const std::size_t end = scratch_.lexemes[to - 1].end;
    result.trigger = std::string(text_.substr(begin, end - begin));
    if (result.trigger.size() > kMaxTrigger) {
      // Cut on a letter, not within one.
      std::size_t cut = kMaxTrigger;
      while (cut > 0 && (static_cast<unsigned char>(result.trigger[cut]) & 0xC0U) == 0x80U) {
        --cut;
      }
      result.trigger.resize(cut);
    }
    return result;
  }

 private:
  std::string_view text_;
  Scratch& scratch_;
};

bool asksAt(const Sentence& s, std::size_t i) {
  const std::string_view word = s.word(i);
  if (isOneOf(word, kAsk)) {
    return true;
  }
  const std::string_view before = i > 0 ? s.word(i - 1) : std::string_view();
  return ((isWord(word, "much") || isWord(word, "many")) && isWord(before, "how")) ||
         (isWord(word, "out") && (isWord(before, "work") || isWord(before, "figure")));
}

// The lexeme that asks, walking left from the expression over words that may stand between; size() if none.
std::size_t findAsk(const Sentence& s, std::size_t first) {
  for (std::size_t i = first; i-- > 0;) {
    if (asksAt(s, i)) {
      return isOneOf(s.word(i), kAsk) ? i : i - 1;
    }
    if (!s.isQuote(i) && !isOneOf(s.word(i), kBetween)) {
      break;
    }
  }
  return s.size();
}

bool opensSentence(const Sentence& s, std::size_t first) {
  for (std::size_t i = 0; i < first; ++i) {
    const bool list_marker = s.isEndMark(i) || s.is(i, LexemeKind::kNumber) || s.is(i, LexemeKind::kClose) ||
                             s.is(i, LexemeKind::kOpen) || s.is(i, LexemeKind::kMinus) ||
                             s.is(i, LexemeKind::kTimes);
    if (!s.isQuote(i) && !isOneOf(s.word(i), kOpening) && !(list_marker && i < 3)) {
      return false;
    }
  }
  return true;
}

struct Closing {
  bool fits = true;
  bool equals = false;
  bool question_mark = false;
};

Closing closingOf(const Sentence& s, std::size_t last) {
  Closing closing;
  for (std::size_t i = last; i < s.size(); ++i) {
    closing.equals = closing.equals || s.is(i, LexemeKind::kEquals);
    closing.question_mark = closing.question_mark || (s.is(i, LexemeKind::kMark) && s.at(i) == "?");
    closing.fits = closing.fits && (s.isQuote(i) || s.isEndMark(i) || s.is(i, LexemeKind::kEquals) ||
                                    isOneOf(s.word(i), kClosing));
  }
  return closing;
}

// Whether the words right before an expression ask for something else than its value at this point.
bool isWithinQuestion(const Sentence& s, std::size_t first) {
  for (std::size_t i = first; i-- > 0 && (s.is(i, LexemeKind::kWord) || s.isQuote(i));) {
    if (asksAt(s, i)) {
      return true;
    }
  }
  return false;
}

// The lexeme where the words begin that end a line and ask: "=", "is", "is equal to"; size() if there are
// none.
std::size_t promptAt(const Sentence& s) {
  const std::size_t n = s.size();
  if (n < 2) {
    return n;
  }
  if (s.is(n - 1, LexemeKind::kEquals) || isOneOf(s.word(n - 1), kPromptWords)) {
    return n - 1;
  }
  if (isWord(s.word(n - 1), "to") && isWord(s.word(n - 2), "equal")) {
    return n >= 3 && isWord(s.word(n - 3), "is") ? n - 3 : n - 2;
  }
  return n;
}

bool fitsWordPrompt(const Sentence& s, const Candidate& candidate) {
  if (isWithinQuestion(s, candidate.first)) {
    return false;
  }
  const std::string_view before = candidate.first > 0 ? s.word(candidate.first - 1) : std::string_view();
  switch (candidate.form) {
    case ExpressionForm::kPlain:
      return before.empty() || isOneOf(before, kBeforeIs);
    case ExpressionForm::kWeak: {
      const bool to_or_of = isWord(before, "to") || isWord(before, "of");
      const std::string_view noun = candidate.first > 1 ? s.word(candidate.first - 2) : std::string_view();
      return to_or_of && (isWord(noun, "answer") || isWord(noun, "value") || isWord(noun, "result"));
    }
    default:
      return true;
  }
}

}  // namespace

std::optional<Asked> findQuestion(std::string_view sentence, Whose whose, int max_decimals,
                                  Scratch& scratch) {
  const Sentence s(sentence, scratch);
  if (s.candidates().size() != 1) {
    return std::nullopt;
  }
  const Candidate& candidate = s.candidates()[0];
  const Closing closing = closingOf(s, candidate.last);
  if (!closing.fits) {
    return std::nullopt;
  }
  std::size_t from = findAsk(s, candidate.first);
  if (from == s.size()) {
    const bool weak = candidate.form == ExpressionForm::kWeak;
    const bool by_itself = candidate.form == ExpressionForm::kCommand ||
                           (closing.equals && closing.question_mark) ||
                           (whose != Whose::kText && closing.equals) || (closing.question_mark && !weak) ||
                           (whose == Whose::kUserLine && !weak) || whose == Whose::kUserMessage;
    if (!by_itself || !opensSentence(s, candidate.first)) {
      return std::nullopt;
    }
    from = candidate.first;
  }
  return s.asked(candidate, from, s.size(), max_decimals);
}

std::optional<Asked> findPrompt(std::string_view line, int max_decimals, Scratch& scratch) {
  const Sentence s(line, scratch);
  const std::size_t prompt = promptAt(s);
  if (prompt >= s.size() || s.candidates().empty()) {
    return std::nullopt;
  }
  const Candidate& candidate = s.candidates().back();
  std::size_t end = prompt;
  while (end > candidate.last && s.isQuote(end - 1)) {
    --end;  // **127 * 89** =
  }
  const bool by_sign = s.is(prompt, LexemeKind::kEquals);
  if (candidate.last != end || (!by_sign && !fitsWordPrompt(s, candidate))) {
    return std::nullopt;
  }
  return s.asked(candidate, candidate.first, s.size(), max_decimals);
}

bool mayAsk(std::string_view text) {
  if (text.ends_with('=') || text.ends_with(':')) {
    return true;
  }
  std::size_t begin = text.size();
  while (begin > 0 && (isLetter(text[begin - 1]) || text[begin - 1] == '\'')) {
    --begin;
  }
  const std::string_view word = text.substr(begin);
  return isOneOf(word, kPromptWords) || isOneOf(word, kLeadEnds) || isWord(word, "to");
}

bool leadsIn(std::string_view sentence, Scratch& scratch) {
  const Sentence s(sentence, scratch);
  const std::size_t n = s.size();
  if (n == 0 || n > kMaxLeadIn) {
    return false;
  }
  std::size_t words = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const bool sign = s.is(i, LexemeKind::kEquals) && i + 1 == n;
    if (!sign && !s.isQuote(i) && !isOneOf(s.word(i), kLead)) {
      return false;
    }
    words += s.is(i, LexemeKind::kWord) ? 1 : 0;
  }
  if (s.is(n - 1, LexemeKind::kEquals)) {
    return true;
  }
  const std::string_view before = n > 1 ? s.word(n - 2) : std::string_view();
  const std::string_view last = s.word(n - 1);
  const bool here = isWord(before, "here");
  return words > 0 && !here &&
         (s.at(n - 1) == ":" || isOneOf(last, kLeadEnds) || (isWord(last, "to") && isWord(before, "equal")));
}

}  // namespace rs
