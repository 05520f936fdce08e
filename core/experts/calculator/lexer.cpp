// SPDX-License-Identifier: Apache-2.0
//
// One pass over the bytes. What looks like a number but is part of something else becomes kBad as a whole, so
// that no half of a version, a time or an identifier is ever taken for an operand.
#include "core/experts/calculator/lexer.h"

#include <array>

namespace rs {
namespace {

constexpr bool isWide(char c) {
  return (static_cast<unsigned char>(c) & 0x80U) != 0;
}
constexpr bool isNameByte(char c) {
  return isLetter(c) || isDigit(c) || c == '_';
}

struct Spelling {
  std::string_view text;
  LexemeKind kind;
};

// Longer spellings before their beginnings.
constexpr std::array kSpellings{
    Spelling{"**", LexemeKind::kMark},
    Spelling{"==", LexemeKind::kMark},
    Spelling{"=>", LexemeKind::kMark},
    Spelling{"!=", LexemeKind::kMark},
    Spelling{"<=", LexemeKind::kMark},
    Spelling{">=", LexemeKind::kMark},
    Spelling{":=", LexemeKind::kMark},
    Spelling{"+=", LexemeKind::kMark},
    Spelling{"-=", LexemeKind::kMark},
    Spelling{"*=", LexemeKind::kMark},
    Spelling{"/=", LexemeKind::kMark},
    Spelling{"//", LexemeKind::kMark},
    Spelling{"/*", LexemeKind::kMark},
    Spelling{"*/", LexemeKind::kMark},
    Spelling{"++", LexemeKind::kMark},
    Spelling{"->", LexemeKind::kMark},
    Spelling{"\\times", LexemeKind::kTimes},
    Spelling{"\\cdot", LexemeKind::kTimes},
    Spelling{"\\div", LexemeKind::kDivide},
    Spelling{"\\(", LexemeKind::kMark},
    Spelling{"\\[", LexemeKind::kMark},
    Spelling{"\\)", LexemeKind::kMark},
    Spelling{"\\]", LexemeKind::kMark},
    Spelling{"+", LexemeKind::kPlus},
    Spelling{"-", LexemeKind::kMinus},
    Spelling{"*", LexemeKind::kTimes},
    Spelling{"/", LexemeKind::kDivide},
    Spelling{"(", LexemeKind::kOpen},
    Spelling{")", LexemeKind::kClose},
    Spelling{"=", LexemeKind::kEquals},
    Spelling{"\xC3\x97", LexemeKind::kTimes},       // multiplication sign
    Spelling{"\xC2\xB7", LexemeKind::kTimes},       // middle dot
    Spelling{"\xE2\x8B\x85", LexemeKind::kTimes},   // dot operator
    Spelling{"\xE2\x88\x97", LexemeKind::kTimes},   // asterisk operator
    Spelling{"\xC3\xB7", LexemeKind::kDivide},      // division sign
    Spelling{"\xE2\x88\x95", LexemeKind::kDivide},  // division slash
    Spelling{"\xE2\x88\x92", LexemeKind::kMinus},   // minus sign
};

// No-break, thin, narrow no-break and ideographic space.
constexpr std::array<std::string_view, 4> kWideSpaces{"\xC2\xA0", "\xE2\x80\x89", "\xE2\x80\xAF",
                                                      "\xE3\x80\x80"};

class Lexer {
 public:
  Lexer(std::string_view text, std::vector<Lexeme>& out) : text_(text), out_(out) {}

  void run() {
    out_.clear();
    while (at_ < text_.size()) {
      if (const std::size_t space = spaceAt(at_); space > 0) {
        at_ += space;
        spaced_ = true;
        continue;
      }
      const std::size_t begin = at_;
      const LexemeKind kind = next();
      push(kind, begin);
    }
    if (!out_.empty()) {
      out_.back().space_after = true;
    }
    for (std::size_t i = 1; i < out_.size(); ++i) {
      out_[i - 1].space_after = out_[i].space_before;
    }
    spellOperators();
  }

 private:
  [[nodiscard]] char peek(std::size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }

  [[nodiscard]] std::size_t spaceAt(std::size_t at) const {
    if (isSpace(text_[at])) {
      return 1;
    }
    for (const std::string_view space : kWideSpaces) {
      if (text_.substr(at, space.size()) == space) {
        return space.size();
      }
    }
    return 0;
  }

  [[nodiscard]] const Spelling* spellingAt(std::size_t at) const {
    for (const Spelling& spelling : kSpellings) {
      if (text_.substr(at, spelling.text.size()) == spelling.text) {
        return &spelling;
      }
    }
    return nullptr;
  }

  void push(LexemeKind kind, std::size_t begin) {
    out_.push_back(
        {kind, spaced_, false, false, static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(at_)});
    spaced_ = false;
  }

  LexemeKind next() {
    if (isDigit(peek())) {
      return number();
    }
    if (const Spelling* spelling = spellingAt(at_)) {
      at_ += spelling->text.size();
      return spelling->kind;
    }
    if (isNameByte(peek()) || isWide(peek())) {
      return word();
    }
    ++at_;
    return LexemeKind::kMark;
  }

  LexemeKind word() {
    if (isDigit(peek(1)) && (peek() == 'x' || peek() == 'X') && !spaced_ && !out_.empty() &&
        out_.back().kind == LexemeKind::kNumber) {
      ++at_;  // the sign in 127x89
      return LexemeKind::kWord;
    }
    while (at_ < text_.size()) {
      const bool apostrophe = peek() == '\'' && isLetter(peek(1));
      const bool wide = isWide(peek()) && spaceAt(at_) == 0 && spellingAt(at_) == nullptr;
      if (!isNameByte(peek()) && !apostrophe && !wide) {
        break;
      }
      ++at_;
    }
    return LexemeKind::kWord;
  }

  std::size_t digits() {
    const std::size_t begin = at_;
    while (isDigit(peek())) {
      ++at_;
    }
    return at_ - begin;
  }

  LexemeKind number() {
    const std::size_t begin = at_;
    LexemeKind kind = LexemeKind::kNumber;
    const std::size_t leading = digits();
    bool grouped = false;
    while (peek() == ',' && isDigit(peek(1))) {
      ++at_;
      grouped = true;
      kind = digits() == 3 && leading <= 3 && kind == LexemeKind::kNumber ? kind : LexemeKind::kBad;
    }
    int dots = 0;
    while (peek() == '.' && isDigit(peek(1))) {
      ++at_;
      digits();
      ++dots;
    }
    if (dots > 0 && kind == LexemeKind::kNumber) {
      kind = dots == 1 ? LexemeKind::kDecimal : LexemeKind::kBad;
    }
    const bool hexadecimal = text_.substr(begin, at_ - begin) == "0";
    if ((peek() == 'x' || peek() == 'X') && isDigit(peek(1)) && !hexadecimal && !grouped && dots == 0) {
      return kind;  // 127x89
    }
    return swallow() ? LexemeKind::kBad : kind;
  }

  // Whatever is glued to the digits and makes them part of something else.
  bool swallow() {
    const std::size_t begin = at_;
    while (at_ < text_.size()) {
      const bool joined = (peek() == ':' || peek() == '\'' || peek() == '.' || peek() == ',') &&
                          (isDigit(peek(1)) || (at_ > begin && isNameByte(peek(1))));
      const bool wide = isWide(peek()) && spaceAt(at_) == 0 && spellingAt(at_) == nullptr && !isPunctuation();
      if (!isNameByte(peek()) && !joined && !wide && peek() != '%' && peek() != '^') {
        break;
      }
      ++at_;
    }
    return at_ > begin;
  }

  // Dashes, quotes and the like (U+2010 to U+203F) end a number without spoiling it.
  [[nodiscard]] bool isPunctuation() const { return peek() == '\xE2' && peek(1) == '\x80'; }

  [[nodiscard]] static bool endsOperand(const Lexeme& lexeme) {
    return lexeme.kind == LexemeKind::kNumber || lexeme.kind == LexemeKind::kDecimal ||
           lexeme.kind == LexemeKind::kClose;
  }

  [[nodiscard]] static bool startsOperand(const Lexeme& lexeme) {
    return lexeme.kind == LexemeKind::kNumber || lexeme.kind == LexemeKind::kDecimal ||
           lexeme.kind == LexemeKind::kOpen || (lexeme.kind == LexemeKind::kMinus && !lexeme.space_after);
  }

  // times, plus, minus, x, divided by and multiplied by become operators where they stand between operands.
  void spellOperators() {
    std::size_t kept = 0;
    for (std::size_t i = 0; i < out_.size(); ++i) {
      Lexeme lexeme = out_[i];
      if (lexeme.kind == LexemeKind::kWord && kept > 0 && endsOperand(out_[kept - 1])) {
        i += spell(i, lexeme);
      }
      out_[kept++] = lexeme;
    }
    out_.resize(kept);
  }

  // Returns how many further words were used.
  std::size_t spell(std::size_t i, Lexeme& lexeme) const {
    const std::string_view word = lexeme.in(text_);
    const bool two = i + 2 < out_.size() && isWord(out_[i + 1].in(text_), "by");
    const std::size_t after = two ? i + 2 : i + 1;
    if (after >= out_.size() || !startsOperand(out_[after])) {
      return 0;
    }
    LexemeKind kind = LexemeKind::kWord;
    if (two) {
      kind = isWord(word, "divided")      ? LexemeKind::kDivide
             : isWord(word, "multiplied") ? LexemeKind::kTimes
                                          : LexemeKind::kWord;
    } else {
      kind = isWord(word, "times") || isWord(word, "x") ? LexemeKind::kTimes
             : isWord(word, "plus")                     ? LexemeKind::kPlus
             : isWord(word, "minus")                    ? LexemeKind::kMinus
                                                        : LexemeKind::kWord;
    }
    if (kind == LexemeKind::kWord) {
      return 0;
    }
    lexeme.kind = kind;
    lexeme.spelled = word.size() > 1;
    lexeme.end = out_[after - 1].end;
    lexeme.space_after = out_[after - 1].space_after;
    return two ? 1 : 0;
  }

  std::string_view text_;
  std::vector<Lexeme>& out_;
  std::size_t at_ = 0;
  bool spaced_ = true;
};

}  // namespace

bool isWord(std::string_view word, std::string_view lower) {
  if (word.size() != lower.size()) {
    return false;
  }
  for (std::size_t i = 0; i < word.size(); ++i) {
    const char c = word[i] >= 'A' && word[i] <= 'Z' ? static_cast<char>(word[i] - 'A' + 'a') : word[i];
    if (c != lower[i]) {
      return false;
    }
  }
  return true;
}

void lex(std::string_view text, std::vector<Lexeme>& lexemes) {
  Lexer(text, lexemes).run();
}

}  // namespace rs
