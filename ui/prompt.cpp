// SPDX-License-Identifier: Apache-2.0
#include "ui/prompt.h"

#include <charconv>
#include <string_view>

#include "core/base/error.h"
#include "core/base/text.h"
#include "core/text/harmony.h"

namespace rs::ui {
namespace {

bool isSeparator(char c) {
  return c == ',' || c == ' ' || c == '\n' || c == '\t' || c == ';';
}

std::vector<std::int32_t> idsOf(std::string_view text, int vocab) {
  std::vector<std::int32_t> ids;
  while (true) {
    while (!text.empty() && isSeparator(text.front())) {
      text.remove_prefix(1);
    }
    if (text.empty()) {
      return ids;
    }
    std::int32_t id = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
    const auto length = static_cast<std::size_t>(end - text.data());
    if (error != std::errc() || (length < text.size() && !isSeparator(text[length]))) {
      throw Error(ErrorCode::kUsage, "reading the prompt: expected token ids such as 1, 2, 3, found '" +
                                         std::string(text.substr(0, 20)) + "'");
    }
    if (id < 0 || id >= vocab) {
      throw Error(ErrorCode::kUsage,
                  format("reading the prompt: expected token ids 0..%d, found %d", vocab - 1, id));
    }
    ids.push_back(id);
    text.remove_prefix(length);
  }
}

// The demo model was not trained with the default system message.
std::vector<std::int32_t> chatTokens(const std::string& text, const ModelInfo& model) {
  harmony::Conversation conversation;
  if (!model.is_demo) {
    conversation.messages.push_back(harmony::defaultSystemMessage());
  }
  harmony::Message question;
  question.content.emplace_back(text);
  conversation.messages.push_back(question);
  return harmony::renderForCompletion(*model.tokenizer, conversation, harmony::Role::kAssistant);
}

}  // namespace

std::vector<std::int32_t> promptTokens(const Prompt& prompt, const ModelInfo& model) {
  if (prompt.mode != PromptMode::kIds && model.tokenizer == nullptr) {
    throw Error(ErrorCode::kUsage,
                "reading the prompt for " + model.name +
                    ": the model has no tokenizer.json beside it, so text cannot become tokens; "
                    "choose Token ids and write 1, 2, 3");
  }
  std::vector<std::int32_t> tokens;
  if (!prompt.text.empty()) {
    switch (prompt.mode) {
      case PromptMode::kText:
        tokens = model.tokenizer->encode(prompt.text);
        break;
      case PromptMode::kChat:
        tokens = chatTokens(prompt.text, model);
        break;
      case PromptMode::kIds:
        tokens = idsOf(prompt.text, model.config.vocab);
        break;
    }
  }
  if (tokens.empty()) {
    throw Error(ErrorCode::kUsage, "reading the prompt: it is empty; write something, such as 127 * 89 =");
  }
  return tokens;
}

std::string shellQuoted(const std::string& text) {
  std::string quoted = "'";
  for (const char c : text) {
    quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  }
  return quoted + "'";
}

std::string promptOptions(const Prompt& prompt) {
  std::string options = prompt.mode == PromptMode::kIds ? "--tokens " : "--prompt ";
  std::string text = prompt.text;
  if (prompt.mode == PromptMode::kIds) {
    std::erase_if(text, [](char c) { return c == ' ' || c == '\n' || c == '\t'; });
  }
  options += shellQuoted(text);
  if (prompt.mode == PromptMode::kChat) {
    options += " --chat";
  }
  options += format(" --max-tokens %d", prompt.max_new_tokens);
  if (prompt.sampling.temperature > 0) {
    options += format(" --temperature %g --top-p %g --seed %llu", prompt.sampling.temperature,
                      prompt.sampling.top_p, static_cast<unsigned long long>(prompt.sampling.seed));
  }
  return options;
}

}  // namespace rs::ui
