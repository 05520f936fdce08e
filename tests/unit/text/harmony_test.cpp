// SPDX-License-Identifier: Apache-2.0
//
// Harmony against goldens whose structure comes from the reference library, on the small vocabulary.
#include "core/text/harmony.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "core/base/mapped_file.h"
#include "core/text/harmony_json.h"
#include "core/text/harmony_parser.h"
#include "core/text/tokenizer.h"
#include "core/text/utf8.h"

namespace rs::harmony {
namespace {

using Json = nlohmann::ordered_json;
using Ids = std::vector<std::int32_t>;

const std::string kFolder = std::string(RS_SOURCE_DIR) + "/tests/fixtures/text/";

const Tokenizer& small() {
  static const Tokenizer tokenizer = Tokenizer::fromFile(kFolder + "tokenizer.json");
  return tokenizer;
}

const Json& goldens() {
  static const Json document = Json::parse(readTextFile(kFolder + "harmony.json"));
  return document;
}

Ids withSpecials(std::string_view text) {
  return small().encode(text, Specials::kParse);
}

// The tokens of a golden: strings are plain text, objects special tokens.
Ids tokensOf(const Json& segments) {
  Ids ids;
  for (const Json& segment : segments) {
    if (segment.is_object()) {
      ids.push_back(small().specialId(segment.at("special").get<std::string>()));
    } else {
      small().encode(segment.get<std::string>(), Specials::kAsText, ids);
    }
  }
  return ids;
}

ParseOptions optionsOf(const Json& golden) {
  ParseOptions options;
  if (!golden.at("role").is_null()) {
    options.role = findRole(golden.at("role").get<std::string>());
  }
  options.strict = golden.at("strict").get<bool>();
  return options;
}

TEST_CASE("Conversations render to the golden tokens") {
  REQUIRE(goldens().at("render").size() > 20);
  for (const Json& golden : goldens().at("render")) {
    INFO(golden.at("name").get<std::string>());
    const Conversation conversation = conversationFromJson(golden.at("conversation"));
    const RenderOptions options = renderOptionsFromJson(golden.at("config"));
    const Ids ids = render(small(), conversation, options);
    CHECK(small().decode(ids) == golden.at("text").get<std::string>());
    CHECK(ids == golden.at("ids").get<Ids>());

    Ids completion = ids;
    const Ids opening = withSpecials("<|start|>assistant");
    completion.insert(completion.end(), opening.begin(), opening.end());
    CHECK(renderForCompletion(small(), conversation, Role::kAssistant, options) == completion);

    Ids training = ids;
    training.back() = small().specialId(golden.at("training_ends_with").get<std::string>());
    CHECK(renderForTraining(small(), conversation, options) == training);
  }
}

TEST_CASE("Conversations that the reference refuses are refused with the place") {
  REQUIRE(goldens().at("refused").size() > 10);
  for (const Json& golden : goldens().at("refused")) {
    INFO(golden.at("name").get<std::string>());
    try {
      static_cast<void>(render(small(), conversationFromJson(golden.at("conversation"))));
      FAIL("was accepted");
    } catch (const Error& error) {
      CHECK(error.code() == ErrorCode::kUsage);
    }
  }
  CHECK_THROWS_WITH(
      conversationFromJson(Json::parse(R"({"messages":[{"role":"user","content":"a"},{"role":"x"}]})")),
      Catch::Contains("messages[1].role"));
  CHECK_THROWS_AS(conversationFromJson(Json::array()), Error);
  CHECK_THROWS_AS(renderOptionsFromJson(Json{{"auto_drop_analysis", 1}}), Error);
}

TEST_CASE("An empty conversation renders to nothing and trains on nothing") {
  CHECK(render(small(), {}).empty());
  CHECK(renderForTraining(small(), {}).empty());
  CHECK(renderForCompletion(small(), {}, Role::kUser) == withSpecials("<|start|>user"));
}

TEST_CASE("The default system message has a date only when one is given") {
  CHECK(small().decode(renderMessage(small(), defaultSystemMessage(), false)).find("Current date") ==
        std::string::npos);
  const std::string dated = small().decode(renderMessage(small(), defaultSystemMessage("2025-06-28"), false));
  CHECK(dated.find("\nKnowledge cutoff: 2024-06\nCurrent date: 2025-06-28\n\nReasoning: medium\n\n#") !=
        std::string::npos);
}

TEST_CASE("Deep tool schemas are refused before they exhaust the stack") {
  ToolDescription tool{"f", "d", std::string(R"({"type":"array","items":)")};
  std::string deep;
  for (int i = 0; i < 100000; ++i) {
    deep += *tool.parameters;
  }
  tool.parameters = deep + "1" + std::string(100000, '}');
  Message message;
  message.role = Role::kDeveloper;
  message.content.emplace_back(DeveloperContent{std::nullopt, Tools{{"f", {"f", std::nullopt, {tool}}}}});
  CHECK_THROWS_WITH(renderMessage(small(), message, true), Catch::Contains("128 levels"));
}

TEST_CASE("Completions parse to the golden messages, at once and token by token") {
  REQUIRE(goldens().at("parse").size() > 60);
  for (const Json& golden : goldens().at("parse")) {
    INFO(golden.dump(-1, ' ', true));
    const Ids ids = tokensOf(golden.at("segments"));
    if (golden.contains("fails")) {
      CHECK_THROWS_AS(parse(small(), ids, optionsOf(golden)), Error);
      continue;
    }
    std::vector<Json> found;
    for (const Message& message : parse(small(), ids, optionsOf(golden))) {
      found.push_back(messageToJson(message));
    }
    const Json& expected = golden.at("messages");
    REQUIRE(found.size() == expected.size());
    for (std::size_t i = 0; i < found.size(); ++i) {
      CHECK(nlohmann::json(found[i]) == nlohmann::json(expected[i]));
    }
  }
}

TEST_CASE("A stream shows state, role, channel and what each token added") {
  Parser parser(small(), {Role::kAssistant, true});
  CHECK(parser.state() == Parser::State::kHeader);
  CHECK(parser.role() == Role::kAssistant);
  for (const std::int32_t id : withSpecials("<|channel|>final")) {
    parser.push(id);
    CHECK_FALSE(parser.current().channel.has_value());
  }
  parser.push(small().specialId("<|message|>"));
  CHECK(parser.state() == Parser::State::kContent);
  CHECK(parser.current().channel == "final");
  CHECK_FALSE(parser.lastDelta().has_value());
  parser.push(small().encode("A")[0]);
  CHECK(parser.lastDelta() == "A");
  parser.push(small().specialId("<|end|>"));
  CHECK(parser.state() == Parser::State::kExpectStart);
  CHECK(parser.messages().size() == 1);
  CHECK_FALSE(parser.role().has_value());
  CHECK_FALSE(parser.lastDelta().has_value());
  parser.push(small().specialId("<|start|>"));
  CHECK(parser.state() == Parser::State::kHeader);
  CHECK_FALSE(parser.role().has_value());
  CHECK_THROWS_WITH(parser.finish(), Catch::Contains("inside a header"));
}

TEST_CASE("A delta waits for whole characters and replaces one broken sequence a token") {
  const auto byte = [](const char* bytes) { return small().encode(bytes)[0]; };
  Parser parser(small(), {Role::kAssistant, true});
  parser.push(small().specialId("<|message|>"));
  parser.push(byte("\xF0"));
  CHECK_FALSE(parser.lastDelta().has_value());
  parser.push(byte("\x9F"));
  parser.push(byte("!"));
  CHECK(parser.lastDelta() == "\uFFFD");  // the letter comes with the next token
  parser.push(byte("?"));
  CHECK(parser.lastDelta() == "!?");
  parser.push(byte("\xE4"));
  CHECK_FALSE(parser.lastDelta().has_value());
  CHECK(parser.content() == "\uFFFD!?");
  parser.finish();
  CHECK(std::get<std::string>(parser.messages().at(0).content.at(0)) == "\uFFFD!?\uFFFD");
}

TEST_CASE("A header that is not UTF-8 is refused") {
  Ids ids = small().encode("\xE4 x");
  ids.push_back(small().specialId("<|message|>"));
  CHECK_THROWS_WITH(parse(small(), ids, {Role::kUser, true}), Catch::Contains("not UTF-8"));
}

TEST_CASE("Rendered conversations of plain messages parse back to themselves") {
  const Json conversation = Json::parse(R"({"messages":[
    {"role":"user","content":"What is 2 + 2?"},
    {"role":"assistant","content":"add","channel":"analysis"},
    {"role":"assistant","recipient":"functions.f","content":"{}","channel":"commentary",
     "content_type":"<|constrain|>json"},
    {"role":"assistant","content":"4 <|end|>","channel":"final"}]})");
  const Ids ids = render(small(), conversationFromJson(conversation), {false});
  Json back;
  for (const Message& message : parse(small(), ids, {})) {
    back["messages"].push_back(messageToJson(message));
  }
  CHECK(nlohmann::json(back) == nlohmann::json(conversation));
}

TEST_CASE("Sampling stops on return, call and endoftext but not on end") {
  const Ids stops = samplingStops(small());
  CHECK(stops == Ids{small().specialId("<|return|>"), small().specialId("<|call|>"),
                     small().specialId("<|endoftext|>")});
}

TEST_CASE("A tokenizer without Harmony's tokens is told by the name of the missing one") {
  nlohmann::json document = nlohmann::json::parse(readTextFile(kFolder + "tokenizer.json"));
  document["added_tokens"][8]["content"] = "<|begin|>";  // was <|start|>
  const Tokenizer foreign = Tokenizer::fromJson(document.dump(), "foreign");
  CHECK_THROWS_WITH(parse(foreign, {}, {}), Catch::Contains("<|start|>"));
  CHECK_THROWS_AS(renderForCompletion(foreign, {}, Role::kUser), Error);
}

}  // namespace
}  // namespace rs::harmony
