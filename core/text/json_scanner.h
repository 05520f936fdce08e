// SPDX-License-Identifier: Apache-2.0
//
// A pull scanner for large JSON: no document is built, so a tokenizer of 28 MB is read in a fraction of the
// time. Strict in grammar; strings are handed out as they stand, their UTF-8 is for the caller to judge.
//
// Thread: one scanner, one thread.
// Lifetime: the text must outlive the scanner; a string is valid until the next call of string() or
// nextKey(). Errors: Error{kModel} naming what was read, line and byte.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace rs {

class JsonScanner {
 public:
  JsonScanner(std::string_view text, std::string what, std::size_t begin = 0)
      : text_(text), what_(std::move(what)), at_(begin) {}

  // The first character of the next value or mark; 0 at the end.
  [[nodiscard]] char peek();
  [[nodiscard]] std::size_t position() const { return at_; }

  void enterObject();
  // The next key of the object entered last, or nothing after its closing brace.
  [[nodiscard]] std::optional<std::string_view> nextKey();
  void enterArray();
  // Whether the array entered last has another element; takes the closing bracket when not.
  [[nodiscard]] bool nextElement();

  [[nodiscard]] std::string_view string();
  // A whole number from 0 to 2^31 - 1 without sign, fraction or exponent.
  [[nodiscard]] std::int32_t index();
  // Passes over one value of any kind and returns its text; brackets are balanced, the rest is not judged.
  [[nodiscard]] std::string_view skip();
  // Nothing but white space may follow.
  void finish();

  [[noreturn]] void fail(const std::string& expected) const;

 private:
  void blanks();
  void take(char wanted, const char* expected);
  bool separate(char close);
  void escape();
  char32_t hexDigits();
  void skipString();

  std::string_view text_;
  std::string what_;
  std::size_t at_;
  bool first_ = false;  // directly after an opening bracket
  std::string scratch_;
};

}  // namespace rs
