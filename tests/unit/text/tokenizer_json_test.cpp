// SPDX-License-Identifier: Apache-2.0
//
// Variants of tokenizer.json that mean the same, and damaged or foreign ones, which are refused by name.
#include <catch2/catch.hpp>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>

#include "core/base/error.h"
#include "core/base/mapped_file.h"
#include "core/text/tokenizer.h"

namespace rs {
namespace {

using nlohmann::json;

std::string fileText() {
  return readTextFile(std::string(RS_SOURCE_DIR) + "/tests/fixtures/text/tokenizer.json");
}

const json& whole() {
  static const json document = json::parse(fileText());
  return document;
}

Tokenizer load(const json& document) {
  return Tokenizer::fromJson(document.dump(), "tokenizer x.json");
}

// Loads the file after a change; the message of the refusal, or "" when it was accepted.
std::string refusal(const std::function<void(json&)>& change) {
  json document = whole();
  change(document);
  try {
    (void)load(document);
  } catch (const Error& error) {
    CHECK(error.code() == ErrorCode::kModel);
    CHECK(std::string(error.what()).find("tokenizer x.json") == 0);
    return error.what();
  }
  return "";
}

TEST_CASE("Merges written as one string, other spacing and another order give the same tokenizer") {
  json document = whole();
  for (json& merge : document["model"]["merges"]) {
    merge = merge[0].get<std::string>() + " " + merge[1].get<std::string>();
  }
  const Tokenizer original = Tokenizer::fromJson(fileText(), "original");
  const Tokenizer sorted = Tokenizer::fromJson(document.dump(3), "sorted");  // merges come before vocab
  CHECK(sorted.hash() == original.hash());
  const Tokenizer escaped = Tokenizer::fromJson(document.dump(-1, ' ', true), "escaped");
  CHECK(escaped.hash() == original.hash());
  CHECK(escaped.encode("The experts, 東京 😀") == original.encode("The experts, 東京 😀"));
}

TEST_CASE("The hash changes with any token, merge or special") {
  const std::string original = load(whole()).hash();
  CHECK(original.size() == 16);
  json swapped = whole();
  std::swap(swapped["model"]["merges"][10], swapped["model"]["merges"][11]);
  CHECK(load(swapped).hash() != original);
  json renamed = whole();
  renamed["added_tokens"][2]["content"] = "<|other|>";
  CHECK(load(renamed).hash() != original);
  json split = whole();
  split["model"]["ignore_merges"] = false;
  CHECK(load(split).hash() != original);
}

TEST_CASE("ignore_merges takes a whole token even where the merges lead elsewhere") {
  json document = whole();
  document["model"]["vocab"]["zqz"] = 547;  // no merge makes it
  document["model"]["ignore_merges"] = true;
  CHECK(load(document).encode("zqz") == std::vector<std::int32_t>{547});
  document["model"]["ignore_merges"] = false;
  CHECK(load(document).encode("zqz").size() == 3);
}

TEST_CASE("Ranks are the order of the merges and the leftmost of equal pairs comes first") {
  json document = whole();
  json& vocab = document["model"]["vocab"];
  vocab["zq"] = 547;
  vocab["qz"] = 548;
  vocab["zz"] = 549;
  document["model"]["merges"] = json::parse(R"([["q","z"],["z","q"],["z","z"]])");
  const Tokenizer tokenizer = load(document);
  CHECK(tokenizer.encode("zqz") == std::vector<std::int32_t>{tokenizer.encode("z")[0], 548});
  CHECK(tokenizer.encode("zzz") == std::vector<std::int32_t>{549, tokenizer.encode("z")[0]});
}

TEST_CASE("A pattern of another family is refused and both patterns are named") {
  const std::string message =
      refusal([](json& d) { d["pre_tokenizer"]["pretokenizers"][0]["pattern"]["Regex"] = "\\p{L}+|\\p{N}"; });
  CHECK_THAT(message, Catch::Contains("[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}") && Catch::Contains("p{L}+|"));
}

TEST_CASE("Another way to cut text is refused, an equal one is not") {
  CHECK(refusal([](json& d) {
          d["pre_tokenizer"]["pretokenizers"][0]["behavior"] = "Removed";
          d["pre_tokenizer"]["pretokenizers"][0]["invert"] = true;
        }).empty());
  CHECK_FALSE(
      refusal([](json& d) { d["pre_tokenizer"]["pretokenizers"][0]["behavior"] = "Removed"; }).empty());
  CHECK_FALSE(refusal([](json& d) { d["pre_tokenizer"]["pretokenizers"][0]["invert"] = true; }).empty());
  CHECK_FALSE(
      refusal([](json& d) { d["pre_tokenizer"]["pretokenizers"][1]["add_prefix_space"] = true; }).empty());
  CHECK_FALSE(refusal([](json& d) { d["pre_tokenizer"]["pretokenizers"][1]["use_regex"] = true; }).empty());
  CHECK_FALSE(refusal([](json& d) { d["pre_tokenizer"] = {{"type", "ByteLevel"}}; }).empty());
  CHECK_FALSE(refusal([](json& d) { d["pre_tokenizer"] = nullptr; }).empty());
  CHECK_FALSE(refusal([](json& d) { d.erase("pre_tokenizer"); }).empty());
  CHECK_FALSE(refusal([](json& d) {
                d["pre_tokenizer"]["pretokenizers"].push_back({{"type", "Digits"}});
              }).empty());
  CHECK_FALSE(refusal([](json& d) { d["normalizer"] = {{"type", "NFC"}}; }).empty());
  CHECK_FALSE(refusal([](json& d) { d["post_processor"] = {{"type", "TemplateProcessing"}}; }).empty());
  CHECK_FALSE(refusal([](json& d) { d["decoder"] = {{"type", "Metaspace"}}; }).empty());
}

TEST_CASE("A damaged model is refused with the token or merge at fault") {
  using Catch::Contains;
  CHECK_THAT(refusal([](json& d) { d.erase("model"); }), Contains("'model' is missing"));
  CHECK_THAT(refusal([](json& d) { d["model"].erase("vocab"); }), Contains("no 'vocab'"));
  CHECK_THAT(refusal([](json& d) { d["model"].erase("merges"); }), Contains("no 'merges'"));
  CHECK_THAT(refusal([](json& d) { d["model"]["type"] = "Unigram"; }),
             Contains("BPE") && Contains("Unigram"));
  CHECK_THAT(refusal([](json& d) { d["model"] = 3; }), Contains("expected an object"));
  CHECK_THAT(refusal([](json& d) { d["model"]["vocab"] = json::array(); }), Contains("expected an object"));
  CHECK_THAT(refusal([](json& d) { d["model"]["merges"] = json::object(); }), Contains("expected an array"));
  CHECK_THAT(refusal([](json& d) { d["model"]["vocab"]["zq"] = 3; }),
             Contains("id 3 is given to two tokens"));
  for (const json& id : {json(-1), json(1.5), json("7"), json(nullptr), json(3000000000), json(1e3)}) {
    CHECK_THAT(refusal([&](json& d) { d["model"]["vocab"]["zq"] = id; }), Contains("whole number"));
  }
  CHECK_THAT(refusal([](json& d) { d["model"]["vocab"]["zq"] = 50000000; }), Contains("at most 4194303"));
  CHECK_THAT(refusal([](json& d) { d["model"]["vocab"]["z q"] = 547; }), Contains("byte alphabet"));
  CHECK_THAT(refusal([](json& d) { d["model"]["vocab"]["\u4E2D"] = 547; }), Contains("byte alphabet"));
  CHECK_THAT(refusal([](json& d) { d["model"]["vocab"][""] = 547; }), Contains("empty"));
  CHECK_THAT(refusal([](json& d) { d["model"]["vocab"].erase("!"); }), Contains("byte 0x21"));
  CHECK_THAT(refusal([](json& d) { d["model"]["merges"].push_back({"z", "q"}); }), Contains("no token 'zq'"));
  CHECK_THAT(refusal([](json& d) {
               d["model"]["merges"].push_back({"zq", "z"});
             }),
             Contains("no token 'zq'"));
  CHECK_THAT(refusal([](json& d) { d["model"]["merges"].push_back(d["model"]["merges"][7]); }),
             Contains("listed twice"));
  for (const json& merge :
       {json("ab"), json({"a"}), json({"a", "b", "c"}), json(7), json({"a", 7}), json({})}) {
    CHECK_FALSE(refusal([&](json& d) { d["model"]["merges"].push_back(merge); }).empty());
  }
  CHECK_THAT(refusal([](json& d) { d["model"]["ignore_merges"] = 1; }), Contains("ignore_merges"));
  CHECK_THAT(refusal([](json& d) { d["model"]["dropout"] = 0.1; }), Contains("dropout"));
  CHECK_THAT(refusal([](json& d) { d["model"]["byte_fallback"] = true; }), Contains("byte_fallback"));
  CHECK_THAT(refusal([](json& d) { d["model"]["end_of_word_suffix"] = "</w>"; }),
             Contains("end_of_word_suffix"));
}

TEST_CASE("Damaged added tokens are refused") {
  using Catch::Contains;
  CHECK_THAT(refusal([](json& d) { d["added_tokens"] = 1; }), Contains("added_tokens"));
  CHECK_THAT(refusal([](json& d) { d["added_tokens"][0].erase("id"); }), Contains("id and content"));
  CHECK_THAT(refusal([](json& d) { d["added_tokens"][0]["id"] = -4; }), Contains("id and content"));
  CHECK_THAT(refusal([](json& d) { d["added_tokens"][0]["content"] = ""; }), Contains("id and content"));
  CHECK_THAT(refusal([](json& d) { d["added_tokens"][0]["id"] = 527; }), Contains("clash"));
  CHECK_THAT(refusal([](json& d) { d["added_tokens"][0]["content"] = "<|end|>"; }), Contains("clash"));
  CHECK_THAT(refusal([](json& d) { d["added_tokens"][0]["id"] = 5; }), Contains("id 5 is given to two"));
  CHECK_THAT(refusal([](json& d) { d["added_tokens"][0]["content"] = "!"; }),
             Contains("vocabulary gives it 0"));
  CHECK_THAT(refusal([](json& d) { d["added_tokens"][0]["special"] = false; }), Contains("special"));
  CHECK_THAT(refusal([](json& d) { d["added_tokens"][0]["lstrip"] = true; }), Contains("lstrip"));
}

TEST_CASE("A file cut off anywhere, or with a byte too many, is refused") {
  const std::string text = fileText();
  const std::size_t end = text.find_last_of('}');
  for (std::size_t length = 0; length <= end; length += 1 + length / 97) {
    INFO(length);
    CHECK_THROWS_AS(Tokenizer::fromJson(std::string_view(text).substr(0, length), "cut"), Error);
  }
  CHECK_THROWS_WITH(Tokenizer::fromJson(text + "}", "long"), Catch::Contains("nothing after"));
  CHECK_THROWS_WITH(Tokenizer::fromJson("", "empty"), Catch::Contains("the end of the file"));
  CHECK_THROWS_WITH(Tokenizer::fromJson("[1]", "list"), Catch::Contains("expected an object"));
  CHECK_THROWS_WITH(Tokenizer::fromJson(R"({"a":1,"a":2})", "twice"), Catch::Contains("'a' occurs twice"));
  CHECK_THROWS_WITH(Tokenizer::fromJson(R"({"a":)" + std::string(100000, '['), "deep"),
                    Catch::Contains("nesting"));
  CHECK_THROWS_WITH(Tokenizer::fromJson("{\n\n  \"a\" 1}", "line"), Catch::Contains("line 3"));
  CHECK_THROWS_WITH(Tokenizer::fromJson(R"({"\ud800":1})", "surrogate"), Catch::Contains("surrogate"));
  CHECK_THROWS_AS(Tokenizer::fromFile("/nowhere/tokenizer.json"), Error);
}

TEST_CASE("A token listed twice in the vocabulary is refused although JSON readers keep the last") {
  std::string text = fileText();
  const std::string first = "\"vocab\": {";
  text.insert(text.find(first) + first.size(), "\"!\":547,");
  CHECK_THROWS_WITH(Tokenizer::fromJson(text, "twice"), Catch::Contains("two ids"));
}

}  // namespace
}  // namespace rs
