// SPDX-License-Identifier: Apache-2.0
//
// chat through the program: conversations and completions against the stored goldens.
#include <nlohmann/json.hpp>
#include <sstream>

#include "core/base/mapped_file.h"
#include "core/text/tokenizer.h"
#include "tests/unit/cli/nano.h"

using Json = nlohmann::ordered_json;
using rs::test::checkRefusal;
using rs::test::Invocation;
using rs::test::Outcome;
using rs::test::runProgram;
using rs::test::Words;

namespace {

const std::string kTokenizer = RS_SOURCE_DIR "/tests/fixtures/text/tokenizer.json";

const Json& goldens() {
  static const Json stored = Json::parse(rs::readTextFile(RS_SOURCE_DIR "/tests/fixtures/text/harmony.json"));
  return stored;
}

Invocation chat(const std::string& action, const std::string& input) {
  Invocation invocation;
  invocation.arguments = {"chat", action, "--tokenizer", kTokenizer};
  invocation.input = input;
  return invocation;
}

// One answer for each line.
std::vector<Json> answers(const std::string& action, const std::vector<Json>& questions) {
  std::string input;
  for (const Json& question : questions) {
    input += question.dump() + "\n";
  }
  const Outcome outcome = runProgram(chat(action, input));
  INFO(outcome.err);
  REQUIRE(outcome.status == 0);
  std::vector<Json> lines;
  std::istringstream text(outcome.out);
  for (std::string line; std::getline(text, line);) {
    lines.push_back(Json::parse(line));
  }
  REQUIRE(lines.size() == questions.size());
  return lines;
}

std::vector<std::int32_t> idsOf(const Json& segments) {
  static const rs::Tokenizer tokenizer = rs::Tokenizer::fromFile(kTokenizer);
  std::vector<std::int32_t> ids;
  for (const Json& segment : segments) {
    if (segment.is_object()) {
      ids.push_back(tokenizer.specialId(segment["special"].get<std::string>()));
    } else {
      tokenizer.encode(segment.get<std::string>(), rs::Specials::kAsText, ids);
    }
  }
  return ids;
}

}  // namespace

TEST_CASE("chat renders conversations to the ids of the stored goldens") {
  std::vector<Json> questions;
  for (const Json& golden : goldens()["render"]) {
    questions.push_back({{"conversation", golden["conversation"]}, {"config", golden["config"]}});
  }
  const std::vector<Json> lines = answers("render", questions);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    INFO(goldens()["render"][i]["name"]);
    CHECK(lines[i]["ids"] == goldens()["render"][i]["ids"]);
  }
}

TEST_CASE("chat asks for the assistant's turn, renders for training and single messages") {
  const Json hello = {{"role", "user"}, {"content", "hi"}};
  const Json conversation = {
      {"messages", {hello, {{"role", "assistant"}, {"content", "yo"}, {"channel", "final"}}}}};
  const std::vector<Json> lines =
      answers("render", {{{"conversation", {{"messages", {hello}}}}, {"for", "assistant"}},
                         {{"conversation", conversation}, {"for", "training"}},
                         {{"message", hello}}});
  CHECK(lines[0]["ids"] == idsOf({{{"special", "<|start|>"}},
                                  "user",
                                  {{"special", "<|message|>"}},
                                  "hi",
                                  {{"special", "<|end|>"}},
                                  {{"special", "<|start|>"}},
                                  "assistant"}));
  CHECK(lines[1]["ids"].back() == idsOf({{{"special", "<|return|>"}}}).front());
  CHECK(lines[2]["ids"] == idsOf({{{"special", "<|start|>"}},
                                  "user",
                                  {{"special", "<|message|>"}},
                                  "hi",
                                  {{"special", "<|end|>"}}}));
}

TEST_CASE("chat answers a conversation that cannot be rendered with the reason, and goes on") {
  std::vector<Json> questions;
  for (const Json& golden : goldens()["refused"]) {
    questions.push_back({{"conversation", golden["conversation"]}});
  }
  questions.push_back({{"conversation", {{"messages", {{{"role", "user"}, {"content", "hi"}}}}}}});
  questions.push_back({{"conversation", {{"messages", Json::array()}}}, {"for", "nobody"}});
  const std::vector<Json> lines = answers("render", questions);
  for (std::size_t i = 0; i < goldens()["refused"].size(); ++i) {
    INFO(goldens()["refused"][i]["name"]);
    CHECK_FALSE(lines[i].contains("ids"));
    CHECK_FALSE(lines[i].value("error", "").empty());
  }
  CHECK(lines[lines.size() - 2].contains("ids"));
  CHECK_THAT(lines.back()["error"].get<std::string>(), Catch::Contains("nobody"));
}

TEST_CASE("chat parses completions to the messages of the stored goldens") {
  std::vector<Json> questions;
  for (const Json& golden : goldens()["parse"]) {
    questions.push_back(
        {{"ids", idsOf(golden["segments"])}, {"role", golden["role"]}, {"strict", golden["strict"]}});
  }
  const std::vector<Json> lines = answers("parse", questions);
  int n_errors = 0;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const Json& golden = goldens()["parse"][i];
    INFO(golden.dump());
    if (golden.contains("messages")) {
      CHECK(nlohmann::json(lines[i]["messages"]) == nlohmann::json(golden["messages"]));
    } else {
      CHECK(lines[i].contains("error"));
      ++n_errors;
    }
  }
  CHECK(n_errors > 0);
}

TEST_CASE("chat shows the state of the parser after each token on demand") {
  const std::vector<std::int32_t> ids = idsOf({{{"special", "<|channel|>"}},
                                               "final",
                                               {{"special", "<|message|>"}},
                                               "hi",
                                               {{"special", "<|return|>"}}});
  const Json line = answers("parse", {{{"ids", ids}, {"role", "assistant"}, {"stream", true}}}).front();
  REQUIRE(line["states"].size() == ids.size());
  CHECK(line["states"][0][0] == "Header");
  CHECK(line["states"].back()[0] == "ExpectStart");
  CHECK(line["states"].back()[6] == 1);
  CHECK(line["messages"][0]["content"] == "hi");
}

TEST_CASE("chat refuses what is no question, by line") {
  checkRefusal({"chat"}, 2, {"action"});
  checkRefusal({"chat", "sing"}, 2, {"sing"});
  checkRefusal(chat("render", "{\"message\": "), 2, {"line 1", "JSON"});
  checkRefusal(chat("parse", "\n[1]\n"), 2, {"line 2", "object"});
  const std::vector<Json> lines = answers(
      "parse", {{{"role", "assistant"}}, {{"ids", {1}}, {"role", "king"}}, {{"ids", {1}}, {"strict", 1}}});
  CHECK_THAT(lines[0]["error"].get<std::string>(), Catch::Contains("\"ids\""));
  CHECK_THAT(lines[1]["error"].get<std::string>(), Catch::Contains("king"));
  CHECK_THAT(lines[2]["error"].get<std::string>(), Catch::Contains("strict"));
}
