// SPDX-License-Identifier: Apache-2.0
//
// tokenize through the program: lines, tables and prompts against the stored encodings.
#include <nlohmann/json.hpp>
#include <sstream>

#include "core/base/mapped_file.h"
#include "tests/unit/cli/nano.h"

using Json = nlohmann::json;
using rs::test::checkRefusal;
using rs::test::checkSuccess;
using rs::test::Invocation;
using rs::test::onNano;
using rs::test::Outcome;
using rs::test::runProgram;
using rs::test::TemporaryDirectory;
using rs::test::Words;

namespace {

const std::string kTokenizer = RS_SOURCE_DIR "/tests/fixtures/text/tokenizer.json";

const Json& encodings() {
  static const Json stored =
      Json::parse(rs::readTextFile(RS_SOURCE_DIR "/tests/fixtures/text/encodings.json"));
  return stored;
}

Words tokenize(const Words& options) {
  Words words{"tokenize", "--tokenizer", kTokenizer};
  words.insert(words.end(), options.begin(), options.end());
  return words;
}

Invocation withInput(const Words& arguments, const std::string& input) {
  Invocation invocation;
  invocation.arguments = arguments;
  invocation.input = input;
  return invocation;
}

std::vector<Json> answers(const Words& arguments, const std::string& input) {
  const Outcome outcome = runProgram(withInput(arguments, input));
  INFO(outcome.err);
  REQUIRE(outcome.status == 0);
  std::vector<Json> lines;
  std::istringstream text(outcome.out);
  for (std::string line; std::getline(text, line);) {
    lines.push_back(Json::parse(line));
  }
  return lines;
}

std::vector<int> idsOf(const Words& options) {
  std::vector<int> ids;
  Words words = tokenize(options);
  words.emplace_back("--json");
  const Json answer = Json::parse(checkSuccess(words).out);
  for (const Json& token : answer["tokens"]) {
    ids.push_back(token["id"].get<int>());
  }
  return ids;
}

}  // namespace

TEST_CASE("tokenize answers a line of text with its ids, and ids with their text") {
  for (const char* kind : {"plain", "specials"}) {
    const Json& stored = encodings()[kind];
    std::string texts;
    std::string lists;
    for (const Json& entry : stored) {
      texts += Json{{"text", entry["text"]}}.dump() + "\n";
      lists += Json{{"ids", entry["ids"]}}.dump() + "\n";
    }
    const bool has_specials = std::string(kind) == "specials";
    const std::vector<Json> ids =
        answers(tokenize(has_specials ? Words{"--jsonl", "--specials"} : Words{"--jsonl"}), texts);
    const std::vector<Json> back = answers(tokenize({"--jsonl", "--decode"}), lists);
    REQUIRE(ids.size() == stored.size());
    REQUIRE(back.size() == stored.size());
    for (std::size_t i = 0; i < stored.size(); ++i) {
      INFO(stored[i]["text"]);
      CHECK(ids[i]["ids"] == stored[i]["ids"]);
      CHECK(back[i]["text"] == stored[i]["text"]);
    }
  }
}

TEST_CASE("tokenize shows a prompt as a table, and as JSON") {
  const std::string table = checkSuccess(tokenize({"--prompt", "Hello world"})).out;
  CHECK_THAT(table, Catch::StartsWith("index"));
  CHECK_THAT(table, Catch::Contains("39  48") && Catch::Contains("'H'"));
  const Json tokens = Json::parse(checkSuccess(tokenize({"--prompt", "H\u00e9", "--json"})).out)["tokens"];
  CHECK(tokens[0] == Json{{"id", 39}, {"hex", "48"}, {"text", "H"}, {"special", false}});
}

TEST_CASE("tokenize reads a prompt as every verb does") {
  const TemporaryDirectory directory;
  const std::vector<int> hello = idsOf({"--prompt", "Hello world"});
  directory.write("prompt.txt", "Hello world");
  CHECK(idsOf({"--prompt-file", directory.path("prompt.txt")}) == hello);
  const std::vector<std::int32_t> ids(hello.begin(), hello.end());
  directory.write("ids.i32", {reinterpret_cast<const char*>(ids.data()), ids.size() * sizeof(std::int32_t)});
  CHECK(idsOf({"--tokens", directory.path("ids.i32")}) == hello);
  CHECK(idsOf({"--tokens", "39,535"}) == std::vector<int>{39, 535});
  const Outcome piped = runProgram(withInput(tokenize({"--prompt-file", "-", "--json"}), "Hello world"));
  CHECK(Json::parse(piped.out)["tokens"].size() == hello.size());
}

TEST_CASE("tokenize renders a chat with the system message that was asked for") {
  const auto text = [](const Words& options) {
    Words words = tokenize({"--chat", "--prompt", "hi", "--json"});
    words.insert(words.end(), options.begin(), options.end());
    std::string joined;
    const Json answer = Json::parse(checkSuccess(words).out);
    for (const Json& token : answer["tokens"]) {
      joined += token["text"].get<std::string>();
    }
    return joined;
  };
  const std::string bare = "<|start|>user<|message|>hi<|end|><|start|>assistant";
  CHECK(text({"--system", "none"}) == bare);
  CHECK_THAT(text({}),
             Catch::StartsWith("<|start|>system<|message|>You are ChatGPT") && Catch::EndsWith(bare));
  CHECK_THAT(text({"--date", "2025-06-28"}), Catch::Contains("Current date: 2025-06-28"));
  // The bundled model was trained without one.
  const Words demo{"tokenize", "--chat", "--prompt", "hi"};
  CHECK_THAT(checkSuccess(demo).out, !Catch::Contains("system"));
}

TEST_CASE("special tokens in a prompt are plain text unless asked") {
  CHECK(idsOf({"--prompt", "a<|end|>b", "--specials"}) == std::vector<int>{64, 535, 65});
  CHECK(idsOf({"--prompt", "a<|end|>b"}).size() > 3);
}

TEST_CASE("tokenize refuses what it cannot read, by name") {
  const TemporaryDirectory directory;
  checkRefusal(tokenize({}), 2, {"--prompt", "found 0"});
  checkRefusal(tokenize({"--prompt", "a", "--tokens", "1"}), 2, {"found 2"});
  checkRefusal(tokenize({"--prompt", "a", "--jsonl"}), 2, {"--prompt", "--jsonl"});
  checkRefusal(tokenize({"--decode"}), 2, {"--decode", "--jsonl"});
  checkRefusal(tokenize({"--chat", "--tokens", "1"}), 2, {"--chat", "--tokens"});
  checkRefusal(tokenize({"--tokens", "1,x"}), 2, {"1,x"});
  checkRefusal(tokenize({"--tokens", "547"}), 2, {"547", "0..546"});
  checkRefusal(tokenize({"--tokens", directory.path("none.i32")}), 3, {"no file", "none.i32"});
  checkRefusal(tokenize({"--tokens", directory.path("")}), 3, {"regular file"});
  checkRefusal({"tokenize", "--tokenizer", directory.path("none.json"), "--prompt", "a"}, 3, {"none.json"});
  checkRefusal(withInput(tokenize({"--jsonl"}), "{\"txt\": \"a\"}\n"), 2, {"line 1", "\"text\""});
  checkRefusal(withInput(tokenize({"--jsonl", "--decode"}), "\n{\"ids\": [1.5]}\n"), 2, {"line 2", "1.5"});
  checkRefusal(withInput(tokenize({"--jsonl", "--decode"}), "{\"ids\": [9999]}\n"), 2, {"line 1", "9999"});
  checkRefusal(withInput(tokenize({"--jsonl"}), "text\n"), 2, {"line 1", "JSON"});
}

TEST_CASE("a token list that names no file says so to every verb") {
  const TemporaryDirectory directory;
  checkRefusal(onNano("trace", {"--tokens", directory.path("none.i32")}), 3, {"no file", "none.i32"});
  checkRefusal(onNano("trace", {"--tokens", "prompt"}), 3, {"no file", "prompt"});
}
