// SPDX-License-Identifier: Apache-2.0
//
// Harmony, the chat format of gpt-oss: what a conversation consists of and how it becomes tokens. The
// reference is OpenAI's Harmony library; where chat templates differ from it, the library is right.
//
// Thread: pure functions.
// Errors: Error{kUsage} when a conversation cannot be rendered, Error{kModel} when the tokenizer lacks
// Harmony's special tokens.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace rs {

class Tokenizer;

namespace harmony {

enum class Role { kUser, kAssistant, kSystem, kDeveloper, kTool };

[[nodiscard]] std::string_view roleName(Role role);
[[nodiscard]] std::optional<Role> findRole(std::string_view name);

struct ToolDescription {
  std::string name;
  std::string description;
  std::optional<std::string> parameters;  // a JSON schema
};

struct ToolNamespace {
  std::string name;
  std::optional<std::string> description;
  std::vector<ToolDescription> tools;
};

using Tools = std::map<std::string, ToolNamespace>;

struct ChannelConfig {
  std::vector<std::string> valid_channels;
  bool channel_required = false;
};

struct SystemContent {
  std::optional<std::string> model_identity;
  std::optional<std::string> knowledge_cutoff;
  std::optional<std::string> conversation_start_date;
  std::optional<std::string> reasoning_effort;  // low, medium, high
  std::optional<Tools> tools;
  std::optional<ChannelConfig> channel_config;
};

struct DeveloperContent {
  std::optional<std::string> instructions;
  std::optional<Tools> tools;
};

using Content = std::variant<std::string, SystemContent, DeveloperContent>;

struct Message {
  Role role = Role::kUser;
  std::optional<std::string> name;
  std::optional<std::string> recipient;
  std::optional<std::string> channel;
  std::optional<std::string> content_type;
  std::vector<Content> content;
};

struct Conversation {
  std::vector<Message> messages;
};

// The system message the library makes by default: identity, cutoff, medium effort, the three channels. The
// date is left out unless given.
[[nodiscard]] Message defaultSystemMessage(std::optional<std::string> date = std::nullopt);

struct RenderOptions {
  // Leaves out the chain of thought of turns that have ended with an answer.
  bool auto_drop_analysis = true;
};

[[nodiscard]] std::vector<std::int32_t> render(const Tokenizer& tokenizer, const Conversation& conversation,
                                               RenderOptions options = {});
// With the opening of the next message, for the model to go on from.
[[nodiscard]] std::vector<std::int32_t> renderForCompletion(const Tokenizer& tokenizer,
                                                            const Conversation& conversation, Role next,
                                                            RenderOptions options = {});
// A final answer at the end closes with <|return|>, as the model itself closes it.
[[nodiscard]] std::vector<std::int32_t> renderForTraining(const Tokenizer& tokenizer,
                                                          const Conversation& conversation,
                                                          RenderOptions options = {});
[[nodiscard]] std::vector<std::int32_t> renderMessage(const Tokenizer& tokenizer, const Message& message,
                                                      bool conversation_has_function_tools);

// Generation ends on these: <|return|>, <|call|>, and <|endoftext|>, which no message contains.
[[nodiscard]] std::vector<std::int32_t> samplingStops(const Tokenizer& tokenizer);

}  // namespace harmony
}  // namespace rs
