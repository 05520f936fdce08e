// SPDX-License-Identifier: Apache-2.0
//
// Rendering. Every part of a header and every item of a message is encoded by itself, so that a part never
// changes the tokens of its neighbours.
#include <algorithm>

#include "core/base/error.h"
#include "core/text/harmony.h"
#include "core/text/harmony_tools.h"
#include "core/text/tokenizer.h"

namespace rs::harmony {

namespace {

using Ids = std::vector<std::int32_t>;

constexpr std::string_view kConstrain = "<|constrain|>";

std::string joined(const std::vector<std::string>& parts, std::string_view separator) {
  std::string text;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    text += (i == 0 ? "" : std::string(separator)) + parts[i];
  }
  return text;
}

std::string systemText(const SystemContent& content, bool has_function_tools) {
  std::vector<std::string> sections;
  std::vector<std::string> top;
  if (content.model_identity) {
    top.push_back(*content.model_identity);
  }
  if (content.knowledge_cutoff) {
    top.push_back("Knowledge cutoff: " + *content.knowledge_cutoff);
  }
  if (content.conversation_start_date) {
    top.push_back("Current date: " + *content.conversation_start_date);
  }
  if (!top.empty()) {
    sections.push_back(joined(top, "\n"));
  }
  if (content.reasoning_effort) {
    sections.push_back("Reasoning: " + *content.reasoning_effort);
  }
  if (content.tools && !content.tools->empty()) {
    sections.push_back(toolsSection(*content.tools));
  }
  if (content.channel_config && !content.channel_config->valid_channels.empty()) {
    std::string text = "# Valid channels: " + joined(content.channel_config->valid_channels, ", ") + ".";
    text += content.channel_config->channel_required ? " Channel must be included for every message." : "";
    text +=
        has_function_tools ? "\nCalls to these tools must go to the commentary channel: 'functions'." : "";
    sections.push_back(text);
  }
  return joined(sections, "\n\n");
}

std::string developerText(const DeveloperContent& content) {
  std::vector<std::string> sections;
  if (content.instructions) {
    sections.push_back("# Instructions\n\n" + *content.instructions);
  }
  if (content.tools && !content.tools->empty()) {
    sections.push_back(toolsSection(*content.tools));
  }
  return joined(sections, "\n\n");
}

class Renderer {
 public:
  Renderer(const Tokenizer& tokenizer, bool has_function_tools)
      : tokenizer_(tokenizer), has_function_tools_(has_function_tools) {}

  void message(const Message& message) {
    special("<|start|>");
    header(message);
    special("<|message|>");
    for (const Content& content : message.content) {
      item(content, message.role);
    }
    special(message.role == Role::kAssistant && message.recipient ? "<|call|>" : "<|end|>");
  }

  void special(std::string_view name) { ids_.push_back(tokenizer_.specialId(name)); }
  void text(std::string_view text) { tokenizer_.encode(text, Specials::kAsText, ids_); }
  Ids take() { return std::move(ids_); }

 private:
  void header(const Message& message) {
    if (message.role == Role::kTool) {
      if (!message.name) {
        throw Error(ErrorCode::kUsage,
                    "a tool message has no name: expected the name of the tool that answers");
      }
      text(*message.name);
    } else {
      text(roleName(message.role));
      if (message.name) {
        text(":" + *message.name);
      }
    }
    if (message.recipient && *message.recipient != "all") {
      text(" to=" + *message.recipient);
    }
    if (message.channel) {
      special("<|channel|>");
      text(*message.channel);
    }
    if (message.content_type) {
      const std::string_view type = *message.content_type;
      if (type.starts_with(kConstrain)) {
        text(" ");
        special(kConstrain);
        text(type.substr(kConstrain.size()));
      } else {
        text(" " + *message.content_type);
      }
    }
  }

  void item(const Content& content, Role role) {
    if (const auto* plain = std::get_if<std::string>(&content)) {
      text(*plain);
    } else if (const auto* system = std::get_if<SystemContent>(&content)) {
      expectRole(role, Role::kSystem);
      text(systemText(*system, has_function_tools_));
    } else if (const auto* developer = std::get_if<DeveloperContent>(&content)) {
      expectRole(role, Role::kDeveloper);
      text(developerText(*developer));
    }
  }

  static void expectRole(Role found, Role expected) {
    if (found != expected) {
      throw Error(ErrorCode::kUsage, "content of a " + std::string(roleName(expected)) +
                                         " message in one of role " + std::string(roleName(found)));
    }
  }

  const Tokenizer& tokenizer_;
  bool has_function_tools_;
  Ids ids_;
};

bool hasFunctionTools(const Conversation& conversation) {
  const auto describes = [](const Content& content) {
    const auto* developer = std::get_if<DeveloperContent>(&content);
    if (developer == nullptr || !developer->tools) {
      return false;
    }
    const auto functions = developer->tools->find("functions");
    return functions != developer->tools->end() && !functions->second.tools.empty();
  };
  return std::any_of(conversation.messages.begin(), conversation.messages.end(), [&](const Message& message) {
    return std::any_of(message.content.begin(), message.content.end(), describes);
  });
}

// How many messages at the beginning have their analysis left out: those before the first final one, once the
// assistant has spoken last on final.
std::size_t withoutAnalysis(const Conversation& conversation, RenderOptions options) {
  const auto& messages = conversation.messages;
  const auto isFinal = [](const Message& message) { return message.channel == "final"; };
  const auto last = std::find_if(messages.rbegin(), messages.rend(),
                                 [](const Message& message) { return message.role == Role::kAssistant; });
  if (!options.auto_drop_analysis || last == messages.rend() || !isFinal(*last)) {
    return 0;
  }
  return static_cast<std::size_t>(std::find_if(messages.begin(), messages.end(), isFinal) - messages.begin());
}

Renderer rendered(const Tokenizer& tokenizer, const Conversation& conversation, RenderOptions options) {
  Renderer renderer(tokenizer, hasFunctionTools(conversation));
  const std::size_t thoughtless = withoutAnalysis(conversation, options);
  for (std::size_t i = 0; i < conversation.messages.size(); ++i) {
    if (i >= thoughtless || conversation.messages[i].channel != "analysis") {
      renderer.message(conversation.messages[i]);
    }
  }
  return renderer;
}

constexpr std::string_view kRoleNames[] = {"user", "assistant", "system", "developer", "tool"};

}  // namespace

std::string_view roleName(Role role) {
  return kRoleNames[static_cast<std::size_t>(role)];
}

std::optional<Role> findRole(std::string_view name) {
  const auto* const at = std::find(std::begin(kRoleNames), std::end(kRoleNames), name);
  return at == std::end(kRoleNames) ? std::nullopt
                                    : std::optional(static_cast<Role>(at - std::begin(kRoleNames)));
}

Message defaultSystemMessage(std::optional<std::string> date) {
  SystemContent content;
  content.model_identity = "You are ChatGPT, a large language model trained by OpenAI.";
  content.knowledge_cutoff = "2024-06";
  content.conversation_start_date = std::move(date);
  content.reasoning_effort = "medium";
  content.channel_config = ChannelConfig{{"analysis", "commentary", "final"}, true};
  Message message;
  message.role = Role::kSystem;
  message.content.emplace_back(std::move(content));
  return message;
}

Ids render(const Tokenizer& tokenizer, const Conversation& conversation, RenderOptions options) {
  return rendered(tokenizer, conversation, options).take();
}

Ids renderForCompletion(const Tokenizer& tokenizer, const Conversation& conversation, Role next,
                        RenderOptions options) {
  Renderer renderer = rendered(tokenizer, conversation, options);
  renderer.special("<|start|>");
  renderer.text(roleName(next));
  return renderer.take();
}

Ids renderForTraining(const Tokenizer& tokenizer, const Conversation& conversation, RenderOptions options) {
  Ids ids = render(tokenizer, conversation, options);
  const auto& messages = conversation.messages;
  const bool answered =
      !messages.empty() && messages.back().role == Role::kAssistant && messages.back().channel == "final";
  if (answered) {
    ids.back() = tokenizer.specialId("<|return|>");
  }
  return ids;
}

Ids renderMessage(const Tokenizer& tokenizer, const Message& message, bool conversation_has_function_tools) {
  Renderer renderer(tokenizer, conversation_has_function_tools);
  renderer.message(message);
  return renderer.take();
}

Ids samplingStops(const Tokenizer& tokenizer) {
  return {tokenizer.specialId("<|return|>"), tokenizer.specialId("<|call|>"),
          tokenizer.specialId("<|endoftext|>")};
}

}  // namespace rs::harmony
