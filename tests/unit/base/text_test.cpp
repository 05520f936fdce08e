// SPDX-License-Identifier: Apache-2.0
//
// Text helpers: formatting, shapes, sizes, nearest names.
#include "core/base/text.h"

#include <catch2/catch.hpp>
#include <cstdint>
#include <string>
#include <vector>

namespace rs {

TEST_CASE("format is printf of any length") {
  CHECK(format("%s has %d", "x", 3) == "x has 3");
  CHECK(format("%s", "").empty());
  CHECK(format("%5000d", 1).size() == 5000);
}

TEST_CASE("a shape is written in brackets") {
  const std::vector<std::int64_t> shape{32, 5760, 90};
  CHECK(shapeText(shape) == "[32, 5760, 90]");
  CHECK(shapeText({}) == "[]");
}

TEST_CASE("sizes have three digits at most and powers of ten") {
  CHECK(bytesText(0) == "0 B");
  CHECK(bytesText(999) == "999 B");
  CHECK(bytesText(1000) == "1.0 kB");
  CHECK(bytesText(99'900) == "99.9 kB");
  CHECK(bytesText(999'499) == "999 kB");
  CHECK(bytesText(999'600) == "1.0 MB");
  CHECK(bytesText(13'800'000'000) == "13.8 GB");
  CHECK(bytesText(UINT64_MAX) == "18.4 EB");
}

TEST_CASE("the nearest names come first and far ones not at all") {
  const std::vector<std::string> known{"trace", "generate", "tokenize", "trade"};
  CHECK(nearest("trce", known) == std::vector<std::string>{"trace", "trade"});
  CHECK(nearest("trce", known, 1) == std::vector<std::string>{"trace"});
  CHECK(nearest("zzzzzzzz", known).empty());
  CHECK(didYouMean("trce", known) == ", did you mean 'trace' or 'trade'?");
  CHECK(didYouMean("zzzzzzzz", known).empty());
}

TEST_CASE("join puts the separator only between parts") {
  const std::vector<std::string> parts{"a", "b", "c"};
  CHECK(join(parts, ", ") == "a, b, c");
  CHECK(join({}, ", ").empty());
}

}  // namespace rs
