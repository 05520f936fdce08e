// SPDX-License-Identifier: Apache-2.0
#include "core/base/strict_json.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "core/base/printable.h"

using namespace rs;

TEST_CASE("JSON without tricks is read") {
  const auto value =
      parseStrictJson(R"( {"a": [1, -2.5e3, "ü", null, {"a": true}], "b": {"a": {}}} )", "reading x");
  CHECK(value["a"][1] == -2500.0);
  CHECK(value["b"]["a"].empty());
}

TEST_CASE("a repeated key is refused at any depth, equal keys of different objects are not") {
  CHECK_THROWS_WITH(parseStrictJson(R"({"a": {"b": 1, "c": [{"d": 1}, {"d": 2}], "b": 2}})", "reading x"),
                    Catch::Contains("reading x: expected every key once, found 'b' twice"));
  CHECK_NOTHROW(parseStrictJson(R"([{"d": 1}, {"d": 2, "e": {"d": 3}}])", "reading x"));
}

TEST_CASE("depth and size are limited, and the caller chooses the kind of error") {
  CHECK_NOTHROW(parseStrictJson("[[[]]]", "x", {3, 100, ErrorCode::kUsage}));
  CHECK_THROWS_WITH(parseStrictJson("[[[[]]]]", "x", {3, 100, ErrorCode::kUsage}),
                    Catch::Contains("at most 3 deep"));
  CHECK_THROWS_WITH(parseStrictJson("[1,2,3,4]", "x", {3, 5, ErrorCode::kUsage}),
                    Catch::Contains("at most 5 bytes"));
  CHECK_THROWS_AS(parseStrictJson(std::string(1'000'000, '['), "x"), Error);
  try {
    (void)parseStrictJson("{", "x", {3, 100, ErrorCode::kUsage});
    FAIL("accepted");
  } catch (const Error& error) {
    CHECK(error.code() == ErrorCode::kUsage);
  }
}

TEST_CASE("text that is not JSON is refused with the byte where it stops being so") {
  CHECK_THROWS_WITH(parseStrictJson("{\"a\": 1,}", "x"), Catch::Contains("at byte 9 of 9"));
  for (const char* text :
       {"", " ", "nan", "[1e400]", "{\"a\" 1}", "[\"\xc3\"]", "[\"\xed\xa0\x80\"]", "1 2", "// c\n1"}) {
    CAPTURE(text);
    CHECK_THROWS_AS(parseStrictJson(text, "x"), Error);
  }
}

TEST_CASE("text of a file is printed without control characters or broken UTF-8, and cut") {
  CHECK(printable("plain ü 漢") == "plain ü 漢");
  CHECK(printable("a\n\x1b[31m\x7f") == "a\\x0a\\x1b[31m\\x7f");
  CHECK(printable("\xc2\x9b") == "\\xc2\\x9b");                    // a C1 control
  CHECK(printable("\xff\xc3") == "\\xff\\xc3");                    // no UTF-8
  CHECK(printable("\xe0\x80\x80") == "\\xe0\\x80\\x80");           // overlong
  CHECK(printable("\xed\xa0\x80") == "\\xed\\xa0\\x80");           // surrogate
  CHECK(printable("\xf4\x90\x80\x80") == "\\xf4\\x90\\x80\\x80");  // beyond Unicode
  CHECK(printable("üüü", 5) == "üü...");
  CHECK(inQuotes("x") == "'x'");
}

TEST_CASE("large values are summarised in messages") {
  CHECK(shown(nlohmann::json::array({1, "a"})) == "[1,\"a\"]");
  CHECK(shown(nlohmann::json(std::vector<int>(1000))) == "an array of 1000");
  CHECK(shown(nlohmann::json(std::string(1000, 'x'))).size() < 90);
}
