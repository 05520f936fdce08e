// SPDX-License-Identifier: Apache-2.0
//
// Each reader takes the value and its place, such as messages[2].content[0], for the message of a refusal.
#include "core/text/harmony_json.h"

#include <array>
#include <nlohmann/json.hpp>

#include "core/base/error.h"
#include "core/base/text.h"
#include "core/text/utf8.h"

namespace rs::harmony {

namespace {

using Json = nlohmann::ordered_json;

[[noreturn]] void refuse(const std::string& place, const std::string& expected, const Json* found) {
  constexpr std::size_t kShown = 80;
  std::string text =
      found == nullptr ? "nothing" : found->dump(-1, ' ', false, Json::error_handler_t::replace);
  if (text.size() > kShown) {
    text = validUtf8(text.substr(0, kShown)) + "…";
  }
  throw Error(ErrorCode::kUsage, "conversation: expected " + expected + " at " + place + ", found " + text);
}

const Json* find(const Json& object, const char* key) {
  const auto at = object.find(key);
  return at == object.end() ? nullptr : &*at;
}

const Json& expectObject(const Json& value, const std::string& place) {
  if (!value.is_object()) {
    refuse(place, "an object", &value);
  }
  return value;
}

const Json& expectList(const Json& object, const char* key, const std::string& place) {
  const Json* value = find(object, key);
  if (value == nullptr || !value->is_array()) {
    refuse(place + "." + key, "a list", value);
  }
  return *value;
}

std::string expectText(const Json& object, const char* key, const std::string& place) {
  const Json* value = find(object, key);
  if (value == nullptr || !value->is_string()) {
    refuse(place + "." + key, "a string", value);
  }
  return value->get<std::string>();
}

// Nothing when the member is missing or null.
std::optional<std::string> optionalText(const Json& object, const char* key, const std::string& place) {
  const Json* value = find(object, key);
  return value == nullptr || value->is_null() ? std::nullopt : std::optional(expectText(object, key, place));
}

std::string itemPlace(const std::string& place, std::size_t index) {
  return place + "[" + std::to_string(index) + "]";
}

ToolNamespace readNamespace(const Json& json, const std::string& place) {
  expectObject(json, place);
  ToolNamespace space;
  space.name = expectText(json, "name", place);
  space.description = optionalText(json, "description", place);
  for (const Json& item : expectList(json, "tools", place)) {
    const std::string at = itemPlace(place + ".tools", space.tools.size());
    expectObject(item, at);
    ToolDescription tool;
    tool.name = expectText(item, "name", at);
    tool.description = expectText(item, "description", at);
    if (const Json* parameters = find(item, "parameters"); parameters != nullptr && !parameters->is_null()) {
      tool.parameters = parameters->dump();
    }
    space.tools.push_back(std::move(tool));
  }
  return space;
}

std::optional<Tools> readTools(const Json& object, const std::string& place) {
  const Json* value = find(object, "tools");
  if (value == nullptr || value->is_null()) {
    return std::nullopt;
  }
  Tools tools;
  for (const auto& [key, item] : expectObject(*value, place + ".tools").items()) {
    std::string at = place + ".tools.";
    at += key;
    tools.emplace(key, readNamespace(item, at));
  }
  return tools;
}

std::optional<std::string> readEffort(const Json& json, const std::string& place) {
  const auto effort = optionalText(json, "reasoning_effort", place);
  static constexpr std::array<std::array<const char*, 2>, 3> kEfforts = {
      {{"Low", "low"}, {"Medium", "medium"}, {"High", "high"}}};
  for (const auto& [written, shown] : kEfforts) {
    if (effort == written) {
      return shown;
    }
  }
  if (effort) {
    refuse(place + ".reasoning_effort", "Low, Medium or High", find(json, "reasoning_effort"));
  }
  return std::nullopt;
}

SystemContent readSystem(const Json& json, const std::string& place) {
  SystemContent content;
  content.model_identity = optionalText(json, "model_identity", place);
  content.knowledge_cutoff = optionalText(json, "knowledge_cutoff", place);
  content.conversation_start_date = optionalText(json, "conversation_start_date", place);
  content.reasoning_effort = readEffort(json, place);
  content.tools = readTools(json, place);
  const Json* config = find(json, "channel_config");
  if (config != nullptr && !config->is_null()) {
    const std::string at = place + ".channel_config";
    expectObject(*config, at);
    ChannelConfig channels;
    for (const Json& channel : expectList(*config, "valid_channels", at)) {
      if (!channel.is_string()) {
        refuse(at + ".valid_channels", "strings", &channel);
      }
      channels.valid_channels.push_back(channel.get<std::string>());
    }
    const Json* required = find(*config, "channel_required");
    if (required == nullptr || !required->is_boolean()) {
      refuse(at + ".channel_required", "true or false", required);
    }
    channels.channel_required = required->get<bool>();
    content.channel_config = std::move(channels);
  }
  return content;
}

Content readContent(const Json& json, const std::string& place) {
  const std::string type = expectText(expectObject(json, place), "type", place);
  if (type == "text") {
    return expectText(json, "text", place);
  }
  if (type == "system_content") {
    return readSystem(json, place);
  }
  if (type == "developer_content") {
    return DeveloperContent{optionalText(json, "instructions", place), readTools(json, place)};
  }
  refuse(place + ".type", "text, system_content or developer_content", find(json, "type"));
}

Message readMessage(const Json& json, const std::string& place) {
  expectObject(json, place);
  Message message;
  const auto role = findRole(expectText(json, "role", place));
  if (!role) {
    refuse(place + ".role", "user, assistant, system, developer or tool", find(json, "role"));
  }
  message.role = *role;
  message.name = optionalText(json, "name", place);
  message.recipient = optionalText(json, "recipient", place);
  message.channel = optionalText(json, "channel", place);
  message.content_type = optionalText(json, "content_type", place);
  const Json* content = find(json, "content");
  if (content != nullptr && content->is_string()) {
    message.content.emplace_back(content->get<std::string>());
    return message;
  }
  if (content == nullptr || !content->is_array()) {
    refuse(place + ".content", "a string or a list", content);
  }
  for (const Json& item : *content) {
    message.content.push_back(readContent(item, itemPlace(place + ".content", message.content.size())));
  }
  return message;
}

}  // namespace

Conversation conversationFromJson(const Json& json) {
  Conversation conversation;
  for (const Json& message : expectList(expectObject(json, "conversation"), "messages", "conversation")) {
    conversation.messages.push_back(
        readMessage(message, itemPlace("messages", conversation.messages.size())));
  }
  return conversation;
}

Message messageFromJson(const Json& json) {
  return readMessage(json, "message");
}

RenderOptions renderOptionsFromJson(const Json& json) {
  RenderOptions options;
  if (json.is_null()) {
    return options;
  }
  const Json* drop = find(expectObject(json, "config"), "auto_drop_analysis");
  if (drop != nullptr) {
    if (!drop->is_boolean()) {
      refuse("config.auto_drop_analysis", "true or false", drop);
    }
    options.auto_drop_analysis = drop->get<bool>();
  }
  return options;
}

Json messageToJson(const Message& message) {
  Json json;
  json["role"] = roleName(message.role);
  const auto put = [&](const char* key, const std::optional<std::string>& value) {
    if (value) {
      json[key] = validUtf8(*value);
    }
  };
  put("name", message.name);
  put("recipient", message.recipient);
  std::string text;
  for (const Content& content : message.content) {
    const auto* plain = std::get_if<std::string>(&content);
    check(plain != nullptr, "only messages of text are written as JSON");
    text += *plain;
  }
  json["content"] = validUtf8(text);
  put("channel", message.channel);
  put("content_type", message.content_type);
  return json;
}

}  // namespace rs::harmony
