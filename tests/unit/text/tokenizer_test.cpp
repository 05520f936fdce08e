// SPDX-License-Identifier: Apache-2.0
//
// The tokenizer on a small vocabulary: golden ids (from tiktoken and the Hugging Face library, which agree),
// specials, decoding, long pieces.
#include "core/text/tokenizer.h"

#include <catch2/catch.hpp>
#include <chrono>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "core/base/mapped_file.h"

namespace rs {
namespace {

using Ids = std::vector<std::int32_t>;

const std::string kFolder = std::string(RS_SOURCE_DIR) + "/tests/fixtures/text/";

const Tokenizer& small() {
  static const Tokenizer tokenizer = Tokenizer::fromFile(kFolder + "tokenizer.json");
  return tokenizer;
}

TEST_CASE("Text encodes to the golden ids and decodes back") {
  const auto goldens = nlohmann::json::parse(readTextFile(kFolder + "encodings.json"));
  REQUIRE(goldens.at("plain").size() > 80);
  for (const auto& golden : goldens.at("plain")) {
    const auto text = golden.at("text").get<std::string>();
    INFO(golden.dump(-1, ' ', true));
    const Ids ids = small().encode(text);
    CHECK(ids == golden.at("ids").get<Ids>());
    CHECK(small().decode(ids) == text);
  }
}

TEST_CASE("Special spellings are tokens only when asked") {
  const auto goldens = nlohmann::json::parse(readTextFile(kFolder + "encodings.json"));
  REQUIRE(goldens.at("specials").size() >= 8);
  for (const auto& golden : goldens.at("specials")) {
    const auto text = golden.at("text").get<std::string>();
    INFO(golden.dump(-1, ' ', true));
    const Ids ids = small().encode(text, Specials::kParse);
    CHECK(ids == golden.at("ids").get<Ids>());
    CHECK(small().decode(ids) == text);
    for (const std::int32_t id : small().encode(text)) {
      CHECK_FALSE(small().isSpecial(id));
    }
  }
}

TEST_CASE("Any bytes survive encoding and decoding") {
  std::mt19937 random(5);
  for (int round = 0; round < 3000; ++round) {
    std::string bytes(random() % 40, '\0');
    for (char& byte : bytes) {
      byte = static_cast<char>(random() & 0xFF);
    }
    REQUIRE(small().decode(small().encode(bytes)) == bytes);
    REQUIRE(small().decode(small().encode(bytes, Specials::kParse)) == bytes);
  }
}

TEST_CASE("A piece of a hundred thousand equal letters takes no quadratic time") {
  const std::string letters(100000, 'a');
  const auto begin = std::chrono::steady_clock::now();
  const Ids ids = small().encode(letters);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  CHECK(small().decode(ids) == letters);
  CHECK(took.count() <
        5.0);  // a quadratic loop takes minutes; sanitizers and a busy machine take some of this
}

TEST_CASE("Tokens know their bytes and an unknown id is refused with the range") {
  CHECK(small().vocabularySize() == 547);
  CHECK(small().mergeCount() == 281);
  CHECK(small().tokenBytes(0) == "!");
  CHECK(small().contains(546));
  CHECK_FALSE(small().contains(547));
  CHECK_FALSE(small().contains(-1));
  for (const std::int32_t id : {547, -1, 2147483647}) {
    CHECK_THROWS_WITH(small().tokenBytes(id), Catch::Contains("0 to 546"));
    const Ids ids = {0, id};
    CHECK_THROWS_AS(small().decode(ids), Error);
  }
}

TEST_CASE("Specials are found by name and a misspelt one gets the nearest") {
  CHECK(small().specials().size() == 21);
  CHECK(small().specialId("<|start|>") == 534);
  CHECK(small().isSpecial(534));
  CHECK_FALSE(small().isSpecial(525));
  CHECK(small().findSpecial("<|stort|>") == std::nullopt);
  CHECK_THROWS_WITH(small().specialId("<|stort|>"), Catch::Contains("<|start|>"));
}

}  // namespace
}  // namespace rs
