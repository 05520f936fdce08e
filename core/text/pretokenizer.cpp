// SPDX-License-Identifier: Apache-2.0
//
// The pattern as a scanner. Only the first two alternatives need to give characters back; how much is known
// from the last character of the upper run that is in the lower class as well, so nothing is tried twice.
#include "core/text/pretokenizer.h"

#include <optional>

#include "core/text/unicode_class.h"
#include "core/text/utf8.h"

namespace rs {

const std::string_view kO200kPattern =
    R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|)"
    R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|)"
    R"(\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+)";

namespace {

struct Character {
  UnicodeClass kind;
  std::size_t end;
};

bool isUpper(UnicodeClass kind) {
  return kind == UnicodeClass::kUpper || kind == UnicodeClass::kOtherLetter || kind == UnicodeClass::kMark;
}

bool isLower(UnicodeClass kind) {
  return kind == UnicodeClass::kLower || kind == UnicodeClass::kOtherLetter || kind == UnicodeClass::kMark;
}

bool isSymbol(UnicodeClass kind) {
  return kind == UnicodeClass::kOther || kind == UnicodeClass::kMark;
}

bool isLineEnd(char c) {
  return c == '\r' || c == '\n';
}

class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  [[nodiscard]] std::size_t pieceEnd(std::size_t begin) const {
    const Character first = at(begin);
    if (const auto end = wordEnd(begin, first)) {
      return *end;
    }
    if (first.kind == UnicodeClass::kNumber) {
      return numberEnd(begin);
    }
    const std::size_t symbols = text_[begin] == ' ' ? first.end : begin;
    const std::size_t end = runEnd(symbols, isSymbol);
    if (end > symbols) {
      return lineEndsAndSlashes(end);
    }
    return spaceEnd(begin);
  }

 private:
  [[nodiscard]] Character at(std::size_t begin) const {
    const CodePoint point = codePointAt(text_, begin);
    if (!point.valid) {
      return {UnicodeClass::kOther, begin + 1};
    }
    return {unicodeClass(point.value), begin + point.length};
  }

  template <class Predicate>
  [[nodiscard]] std::size_t runEnd(std::size_t begin, Predicate wanted) const {
    while (begin < text_.size()) {
      const Character next = at(begin);
      if (!wanted(next.kind)) {
        break;
      }
      begin = next.end;
    }
    return begin;
  }

  // Alternatives 1 and 2.
  [[nodiscard]] std::optional<std::size_t> wordEnd(std::size_t begin, Character first) const {
    const bool letter = first.kind == UnicodeClass::kUpper || first.kind == UnicodeClass::kLower ||
                        first.kind == UnicodeClass::kOtherLetter;
    const bool prefix = !letter && first.kind != UnicodeClass::kNumber && !isLineEnd(text_[begin]);
    std::optional<std::size_t> end;
    if (prefix) {
      end = mixedEnd(first.end);
    }
    if (!end) {
      end = mixedEnd(begin);
    }
    if (!end && prefix) {
      end = upperEnd(first.end);
    }
    if (!end) {
      end = upperEnd(begin);
    }
    return end ? std::optional(suffixEnd(*end)) : std::nullopt;
  }

  // U* L+: the longest run of U, then L as far as it goes; without an L there, back to the last character of
  // the run that is an L itself.
  [[nodiscard]] std::optional<std::size_t> mixedEnd(std::size_t begin) const {
    std::optional<std::size_t> end;
    while (begin < text_.size()) {
      const Character next = at(begin);
      if (!isUpper(next.kind)) {
        if (isLower(next.kind)) {
          end = runEnd(begin, isLower);
        }
        break;
      }
      begin = next.end;
      if (isLower(next.kind)) {
        end = begin;
      }
    }
    return end;
  }

  // U+ L* where no L follows: mixedEnd would have matched.
  [[nodiscard]] std::optional<std::size_t> upperEnd(std::size_t begin) const {
    const std::size_t end = runEnd(begin, isUpper);
    return end > begin ? std::optional(end) : std::nullopt;
  }

  // A contraction after the letters. Simple case folding makes U+017F an s; no other letter folds to these.
  [[nodiscard]] std::size_t suffixEnd(std::size_t begin) const {
    const std::string_view rest = text_.substr(begin, 3);
    if (rest.size() < 2 || rest[0] != '\'') {
      return begin;
    }
    const auto lower = [&](std::size_t i) {
      const char c = i < rest.size() ? rest[i] : '\0';
      return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    };
    const char one = lower(1);
    if (one == 's' || one == 't' || one == 'm' || one == 'd') {
      return begin + 2;
    }
    const bool two = ((one == 'r' || one == 'v') && lower(2) == 'e') || (one == 'l' && lower(2) == 'l') ||
                     rest.substr(1) == "\u017F";
    return two ? begin + 3 : begin;
  }

  [[nodiscard]] std::size_t numberEnd(std::size_t begin) const {
    constexpr int kDigits = 3;
    for (int i = 0; i < kDigits && begin < text_.size(); ++i) {
      const Character next = at(begin);
      if (next.kind != UnicodeClass::kNumber) {
        break;
      }
      begin = next.end;
    }
    return begin;
  }

  [[nodiscard]] std::size_t lineEndsAndSlashes(std::size_t begin) const {
    while (begin < text_.size() && (isLineEnd(text_[begin]) || text_[begin] == '/')) {
      ++begin;
    }
    return begin;
  }

  // Alternatives 5 to 7: to the last line end of the run; else the whole run at the end of the text, else all
  // but its last character, which the next piece may want as prefix.
  [[nodiscard]] std::size_t spaceEnd(std::size_t begin) const {
    std::size_t end = begin;
    std::size_t last = begin;
    std::optional<std::size_t> line_end;
    while (end < text_.size()) {
      const Character next = at(end);
      if (next.kind != UnicodeClass::kSpace) {
        break;
      }
      if (isLineEnd(text_[end])) {
        line_end = next.end;
      }
      last = end;
      end = next.end;
    }
    if (line_end) {
      return *line_end;
    }
    return end == text_.size() || last == begin ? end : last;
  }

  std::string_view text_;
};

}  // namespace

std::size_t pieceEnd(std::string_view text, std::size_t begin) {
  return Scanner(text).pieceEnd(begin);
}

std::vector<std::string_view> splitPieces(std::string_view text) {
  std::vector<std::string_view> pieces;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = pieceEnd(text, begin);
    pieces.push_back(text.substr(begin, end - begin));
    begin = end;
  }
  return pieces;
}

}  // namespace rs
