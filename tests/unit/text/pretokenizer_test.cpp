// SPDX-License-Identifier: Apache-2.0
//
// The splitting pattern: one golden split for each trap, and what must hold for any bytes at all.
#include "core/text/pretokenizer.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

#include "core/base/mapped_file.h"
#include "core/text/unicode_class.h"

namespace rs {
namespace {

std::vector<std::string> split(std::string_view text) {
  const auto pieces = splitPieces(text);
  return {pieces.begin(), pieces.end()};
}

TEST_CASE("Every golden split is reproduced") {
  const std::string path = std::string(RS_SOURCE_DIR) + "/tests/fixtures/text/splits.json";
  const auto cases = nlohmann::json::parse(readTextFile(path));
  REQUIRE(cases.size() > 60);
  for (const auto& item : cases) {
    std::string text;
    const auto pieces = item.at("pieces").get<std::vector<std::string>>();
    for (const auto& piece : pieces) {
      text += piece;
    }
    INFO(item.at("why").get<std::string>() << ": " << item.at("pieces").dump(-1, ' ', true));
    CHECK(split(text) == pieces);
  }
}

TEST_CASE("Bytes that are not UTF-8 act as one symbol each") {
  CHECK(split("a\xE4\xB8") == std::vector<std::string>{"a", "\xE4\xB8"});
  CHECK(split("\xFFword") == std::vector<std::string>{"\xFFword"});
  CHECK(split("\xFF\xFEword") == std::vector<std::string>{"\xFF\xFE", "word"});
  CHECK(split("\xED\xA0\x80") == std::vector<std::string>{"\xED\xA0\x80"});
}

TEST_CASE("The pieces of random bytes join to the input and none is empty") {
  std::mt19937 random(7);
  const std::string alphabet = "aB1 \t\r\n/'s.\xC5\xBF\xE4\xBA\x9A\xCC\x81\xF0\x9F\x98\x80";
  for (int round = 0; round < 20000; ++round) {
    std::string text;
    const auto length = random() % 24;
    for (unsigned i = 0; i < length; ++i) {
      text += round % 2 == 0 ? alphabet[random() % alphabet.size()] : static_cast<char>(random() & 0xFF);
    }
    std::string joined;
    for (const auto piece : splitPieces(text)) {
      REQUIRE_FALSE(piece.empty());
      joined += piece;
    }
    REQUIRE(joined == text);
  }
}

TEST_CASE("A hundred thousand characters of one kind take linear time") {
  constexpr std::size_t kLength = 100000;
  CHECK(split(std::string(kLength, 'a')).size() == 1);
  CHECK(split(std::string(kLength, 'A')).size() == 1);
  CHECK(split(std::string(kLength, ' ')).size() == 1);
  CHECK(split(std::string(kLength, '!')).size() == 1);
  CHECK(split(std::string(kLength, '1')).size() == (kLength + 2) / 3);
  CHECK(split(std::string(kLength, '\n')).size() == 1);
}

TEST_CASE("Classes follow the general category, not the derived case properties") {
  CHECK(unicodeClass(U'\u24B6') == UnicodeClass::kOther);        // circled A, So
  CHECK(unicodeClass(U'\u2167') == UnicodeClass::kNumber);       // roman eight, Nl
  CHECK(unicodeClass(U'\u00AA') == UnicodeClass::kOtherLetter);  // feminine ordinal, Lo
  CHECK(unicodeClass(U'\u01C5') == UnicodeClass::kUpper);        // Lt
  CHECK(unicodeClass(U'\u02B0') == UnicodeClass::kOtherLetter);  // Lm
  CHECK(unicodeClass(U'\u0301') == UnicodeClass::kMark);
  CHECK(unicodeClass(U'\u00BD') == UnicodeClass::kNumber);
  CHECK(unicodeClass(U'\U00031350') == UnicodeClass::kOtherLetter);  // first of CJK extension H, new in 15.0
  CHECK(unicodeClass(U'\U0010FFFF') == UnicodeClass::kOther);
}

TEST_CASE("White space is the White_Space property") {
  for (const char32_t c : U"\t\n\v\f\r \u0085\u00A0\u1680\u2000\u200A\u2028\u2029\u202F\u205F\u3000") {
    if (c != 0) {
      CHECK(unicodeClass(c) == UnicodeClass::kSpace);
    }
  }
  for (const char32_t c : U"\u001C\u001F\u180E\u200B\u2060\uFEFF") {
    CHECK(unicodeClass(c) == UnicodeClass::kOther);
  }
}

}  // namespace
}  // namespace rs
