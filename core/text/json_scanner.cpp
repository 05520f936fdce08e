// SPDX-License-Identifier: Apache-2.0
//
// The scanner moves one index over the text; every failure names the place it stopped at.
#include "core/text/json_scanner.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "core/base/error.h"
#include "core/base/text.h"
#include "core/text/utf8.h"

namespace rs {

namespace {

constexpr std::size_t kDeepest = 64;

bool isBlank(char c) {
  return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

bool isDigit(char c) {
  return c >= '0' && c <= '9';
}

}  // namespace

void JsonScanner::blanks() {
  // Most of an indented file is blanks.
  constexpr std::string_view kBlanks = "        ";
  if (at_ < text_.size() && text_[at_] == '\n') {
    ++at_;
  }
  while (text_.size() - at_ >= kBlanks.size() &&
         std::memcmp(text_.data() + at_, kBlanks.data(), kBlanks.size()) == 0) {
    at_ += kBlanks.size();
  }
  while (at_ < text_.size() && isBlank(text_[at_])) {
    ++at_;
  }
}

char JsonScanner::peek() {
  blanks();
  return at_ < text_.size() ? text_[at_] : '\0';
}

void JsonScanner::fail(const std::string& expected) const {
  const std::string_view before = text_.substr(0, std::min(at_, text_.size()));
  const auto line = 1 + std::count(before.begin(), before.end(), '\n');
  const std::string found =
      at_ < text_.size() ? "'" + visibleText(text_.substr(at_, 1)) + "'" : std::string("the end of the file");
  throw Error(ErrorCode::kModel, what_ + ": expected " + expected + " at line " + std::to_string(line) +
                                     ", byte " + std::to_string(at_) + ", found " + found);
}

void JsonScanner::take(char wanted, const char* expected) {
  if (peek() != wanted) {
    fail(expected);
  }
  ++at_;
}

void JsonScanner::enterObject() {
  take('{', "an object '{'");
  first_ = true;
}

void JsonScanner::enterArray() {
  take('[', "an array '['");
  first_ = true;
}

// True before another element, false after the closing bracket, which is taken.
bool JsonScanner::separate(char close) {
  const char next = peek();
  if (next == close) {
    ++at_;
    first_ = false;
    return false;
  }
  if (!std::exchange(first_, false)) {
    take(',', close == '}' ? "',' or '}'" : "',' or ']'");
  }
  return true;
}

std::optional<std::string_view> JsonScanner::nextKey() {
  if (!separate('}')) {
    return std::nullopt;
  }
  const std::string_view key = string();
  take(':', "':'");
  return key;
}

bool JsonScanner::nextElement() {
  return separate(']');
}

std::string_view JsonScanner::string() {
  take('"', "a string");
  const std::size_t begin = at_;
  bool escaped = false;
  for (; at_ < text_.size(); ++at_) {
    const auto c = static_cast<unsigned char>(text_[at_]);
    if (c == '"') {
      const std::string_view plain = text_.substr(begin, at_ - begin);
      ++at_;
      return escaped ? std::string_view(scratch_) : plain;
    }
    if (c < 0x20) {
      fail("no raw control character in a string");
    }
    if (c == '\\') {
      if (!std::exchange(escaped, true)) {
        scratch_ = text_.substr(begin, at_ - begin);
      }
      escape();
    } else if (escaped) {
      scratch_.push_back(text_[at_]);
    }
  }
  fail("the end of a string");
}

// At the backslash; leaves at_ on the last character of the escape.
void JsonScanner::escape() {
  ++at_;
  constexpr std::string_view kLetters = "\"\\/bfnrt";
  constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
  const char letter = at_ < text_.size() ? text_[at_] : '\0';
  if (letter != 'u') {
    const std::size_t which = kLetters.find(letter);
    if (letter == '\0' || which == std::string_view::npos) {
      fail("an escape of JSON");
    }
    scratch_.push_back(kMeanings[which]);
    return;
  }
  char32_t value = hexDigits();
  if (value >= 0xD800 && value <= 0xDBFF && text_.substr(at_ + 1, 2) == "\\u") {
    at_ += 2;
    const char32_t low = hexDigits();
    value = low >= 0xDC00 && low <= 0xDFFF ? 0x10000 + ((value - 0xD800) << 10) + (low - 0xDC00) : 0xD800;
  }
  if (value >= 0xD800 && value <= 0xDFFF) {
    fail("a surrogate pair");
  }
  appendUtf8(value, scratch_);
}

// At the u; leaves at_ on the fourth digit.
char32_t JsonScanner::hexDigits() {
  char32_t value = 0;
  for (int i = 0; i < 4; ++i) {
    ++at_;
    constexpr std::string_view kDigits = "0123456789abcdef0123456789ABCDEF";
    const std::size_t digit = at_ < text_.size() ? kDigits.find(text_[at_]) : std::string_view::npos;
    if (digit == std::string_view::npos) {
      fail("four hexadecimal digits");
    }
    value = value << 4 | static_cast<char32_t>(digit % 16);
  }
  return value;
}

std::int32_t JsonScanner::index() {
  constexpr std::int64_t kMost = 0x7FFFFFFF;
  constexpr const char* kExpected = "a whole number from 0 to 2147483647";
  const char first = peek();
  if (!isDigit(first)) {
    fail(kExpected);
  }
  std::int64_t value = 0;
  const std::size_t begin = at_;
  while (at_ < text_.size() && isDigit(text_[at_])) {
    value = value * 10 + (text_[at_++] - '0');
    if (value > kMost) {
      fail(kExpected);
    }
  }
  const bool leading_zero = first == '0' && at_ - begin > 1;
  const bool more = at_ < text_.size() && (text_[at_] == '.' || text_[at_] == 'e' || text_[at_] == 'E');
  if (leading_zero || more) {
    fail(kExpected);
  }
  return static_cast<std::int32_t>(value);
}

void JsonScanner::skipString() {
  for (++at_; at_ < text_.size() && text_[at_] != '"'; ++at_) {
    if (text_[at_] == '\\') {
      ++at_;
    }
  }
  if (at_ >= text_.size()) {
    at_ = text_.size();
    fail("the end of a string");
  }
  ++at_;
}

std::string_view JsonScanner::skip() {
  (void)peek();
  const std::size_t begin = at_;
  std::string open;  // the closing brackets that are due
  do {
    const char c = peek();
    if (at_ >= text_.size()) {
      fail("a value");
    }
    if (c == '"') {
      skipString();
    } else if (c == '{' || c == '[') {
      if (open.size() == kDeepest) {
        fail("at most " + std::to_string(kDeepest) + " levels of nesting");
      }
      open.push_back(c == '{' ? '}' : ']');
      ++at_;
    } else if (c == '}' || c == ']') {
      if (open.empty() || open.back() != c) {
        fail("a value");
      }
      open.pop_back();
      ++at_;
    } else if (open.empty() && (c == ',' || c == ':')) {
      fail("a value");
    } else {
      ++at_;
      while (open.empty() && at_ < text_.size() && !isBlank(text_[at_]) &&
             std::string_view(",:]}").find(text_[at_]) == std::string_view::npos) {
        ++at_;
      }
    }
  } while (!open.empty());
  first_ = false;
  return text_.substr(begin, at_ - begin);
}

void JsonScanner::finish() {
  (void)peek();
  if (at_ < text_.size()) {
    fail("nothing after the last bracket");
  }
}

}  // namespace rs
