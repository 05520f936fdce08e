// SPDX-License-Identifier: Apache-2.0
//
// Broken UTF-8: maximal subparts, and streams cut anywhere.
#include "core/text/utf8.h"

#include <catch2/catch.hpp>
#include <random>
#include <string>

namespace rs {
namespace {

TEST_CASE("Broken sequences are replaced by maximal subparts") {
  CHECK(validUtf8("\xE4\xB8\xE4\xB8\xAD") == "\uFFFD\u4E2D");
  CHECK(validUtf8("\xED\xA0\x80") == "\uFFFD\uFFFD\uFFFD");
  CHECK(validUtf8("\xC0\xAF") == "\uFFFD\uFFFD");
  CHECK(validUtf8("\xF0\x9F\x98") == "\uFFFD");
  CHECK(validUtf8("\xF0\x80\x80\x41") == "\uFFFD\uFFFD\uFFFDA");
  CHECK(validUtf8("\xF4\x90\x80\x80") == "\uFFFD\uFFFD\uFFFD\uFFFD");
  CHECK(validUtf8("a\x80z") == "a\uFFFDz");
  CHECK(validUtf8("ok \xF0\x9F\x98\x80") == "ok \U0001F600");
}

TEST_CASE("Every code point survives a round trip and surrogates do not") {
  for (char32_t c = 0; c < 0x110000; ++c) {
    std::string text;
    appendUtf8(c, text);
    const CodePoint point = codePointAt(text, 0);
    const bool surrogate = c >= 0xD800 && c <= 0xDFFF;
    REQUIRE(point.valid == !surrogate);
    if (!surrogate) {
      REQUIRE(point.value == c);
      REQUIRE(point.length == text.size());
    }
    REQUIRE(isValidUtf8(text) == !surrogate);
  }
}

TEST_CASE("A stream cut anywhere gives the same text as the whole, and never a broken character") {
  std::mt19937 random(3);
  for (int round = 0; round < 5000; ++round) {
    std::string bytes;
    for (int i = 0; i < 12; ++i) {
      const std::string_view parts[] = {"\u4E2D", "a", "\U0001F600", "\xE4", "\xF0\x9F", "\x80", "\u00E9"};
      bytes += parts[random() % std::size(parts)];
    }
    Utf8Stream stream;
    std::string out;
    for (std::size_t at = 0; at < bytes.size();) {
      const std::size_t step = 1 + random() % 3;
      const std::string text = stream.push(std::string_view(bytes).substr(at, step));
      REQUIRE(isValidUtf8(text));
      out += text;
      at += step;
    }
    out += stream.finish();
    REQUIRE(out == validUtf8(bytes));
  }
}

TEST_CASE("A stream holds back an incomplete character and replaces it at the end") {
  Utf8Stream stream;
  CHECK(stream.push("a\xE4\xB8") == "a");
  CHECK(stream.push("\xAD") == "\u4E2D");
  CHECK(stream.push("\xF0\x9F").empty());
  CHECK(stream.finish() == "\uFFFD");
  CHECK(stream.finish().empty());
}

}  // namespace
}  // namespace rs
