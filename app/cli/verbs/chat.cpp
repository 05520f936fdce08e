// SPDX-License-Identifier: Apache-2.0
//
// chat: Harmony for programs, one JSON line in, one out. The JSON of conversations and messages is that of
// the Harmony reference library.
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "app/cli/json_lines.h"
#include "app/cli/tokenizer_option.h"
#include "app/cli/verb.h"
#include "core/base/error.h"
#include "core/text/harmony_json.h"
#include "core/text/harmony_parser.h"
#include "core/text/utf8.h"

namespace rs::app {
namespace {

using Json = nlohmann::ordered_json;

const Json& member(const Json& line, const char* name) {
  static const Json nothing;
  const auto at = line.find(name);
  return at == line.end() ? nothing : *at;
}

bool flag(const Json& line, const char* name, bool otherwise) {
  const Json& value = member(line, name);
  if (!value.is_null() && !value.is_boolean()) {
    throw Error(ErrorCode::kUsage,
                std::string("expected true or false for \"") + name + "\", found " + value.dump());
  }
  return value.is_null() ? otherwise : value.get<bool>();
}

std::optional<std::string> textOf(const Json& line, const char* name) {
  const Json& value = member(line, name);
  if (!value.is_null() && !value.is_string()) {
    throw Error(ErrorCode::kUsage, std::string("expected a string \"") + name + "\", found " + value.dump());
  }
  return value.is_null() ? std::nullopt : std::optional(value.get<std::string>());
}

harmony::Role roleOf(const std::string& name) {
  const auto role = harmony::findRole(name);
  if (!role) {
    throw Error(ErrorCode::kUsage,
                "expected a role user, assistant, system, developer or tool, found '" + name + "'");
  }
  return *role;
}

Json orNull(const std::optional<std::string>& value) {
  return value ? Json(validUtf8(*value)) : Json();
}

// {"conversation", "config", "for": a role, "training" or nothing} or one {"message"}.
Json render(const Tokenizer& tokenizer, const Json& line) {
  if (line.contains("message")) {
    const bool has_tools = flag(line, "conversation_has_function_tools", false);
    return {{"ids", harmony::renderMessage(tokenizer, harmony::messageFromJson(line["message"]), has_tools)}};
  }
  const harmony::Conversation conversation = harmony::conversationFromJson(member(line, "conversation"));
  const harmony::RenderOptions options = harmony::renderOptionsFromJson(member(line, "config"));
  const std::string purpose = textOf(line, "for").value_or("conversation");
  if (purpose == "conversation") {
    return {{"ids", harmony::render(tokenizer, conversation, options)}};
  }
  if (purpose == "training") {
    return {{"ids", harmony::renderForTraining(tokenizer, conversation, options)}};
  }
  return {{"ids", harmony::renderForCompletion(tokenizer, conversation, roleOf(purpose), options)}};
}

// One row for each token: state, role, channel, recipient, content type, what it added, messages complete.
Json stateRow(const harmony::Parser& parser) {
  constexpr const char* kStates[] = {"ExpectStart", "Header", "Content"};
  const auto role = parser.role();
  const harmony::Message& current = parser.current();
  return Json::array({kStates[static_cast<std::size_t>(parser.state())],
                      role ? Json(harmony::roleName(*role)) : Json(), orNull(current.channel),
                      orNull(current.recipient), orNull(current.content_type), orNull(parser.lastDelta()),
                      parser.messages().size()});
}

// {"ids", "role", "strict"}; with "stream" also the state after each token and which one failed.
Json parse(const Tokenizer& tokenizer, const Json& line) {
  harmony::ParseOptions options;
  if (const auto role = textOf(line, "role")) {
    options.role = roleOf(*role);
  }
  options.strict = flag(line, "strict", true);
  const bool shows_states = flag(line, "stream", false);
  const std::vector<std::int32_t> ids = idsOf(line);
  Json answer;
  Json states = Json::array();
  harmony::Parser parser(tokenizer, options);
  std::size_t at = 0;
  try {
    for (; at < ids.size(); ++at) {
      parser.push(ids[at]);
      if (shows_states) {
        states.push_back(stateRow(parser));
      }
    }
    parser.finish();
    answer["messages"] = Json::array();
    for (const harmony::Message& message : parser.messages()) {
      answer["messages"].push_back(harmony::messageToJson(message));
    }
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kUsage) {
      throw;
    }
    answer = {{"error", validUtf8(error.what())}, {"error_at", at}};
  }
  if (shows_states) {
    answer["states"] = states;
  }
  return answer;
}

class Chat final : public Verb {
 public:
  void declare(CLI::App& options) override {
    options.add_option("action", action_, "render: a conversation to ids; parse: ids to messages")
        ->required()
        ->check(CLI::IsMember({"render", "parse"}));
    tokenizer_option_.declare(options);
  }

  // A line that is no JSON object ends the program; one that cannot be rendered or parsed is answered.
  int run(Console& console) override {
    const std::shared_ptr<const Tokenizer> tokenizer = tokenizer_option_.load();
    answerJsonLines(console, [&](const Json& line) -> Json {
      try {
        return action_ == "render" ? render(*tokenizer, line) : parse(*tokenizer, line);
      } catch (const Error& error) {
        if (error.code() != ErrorCode::kUsage) {
          throw;
        }
        return {{"error", validUtf8(error.what())}};
      }
    });
    return 0;
  }

 private:
  std::string action_;
  TokenizerOption tokenizer_option_;
};

}  // namespace

VerbInfo chatVerb() {
  return describeVerb<Chat>("chat",
                            "Harmony: conversations to token ids, token ids to messages, as JSON lines");
}

}  // namespace rs::app
