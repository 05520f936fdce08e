// SPDX-License-Identifier: Apache-2.0
#include "app/cli/options.h"

#include <CLI/CLI.hpp>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <iterator>
#include <system_error>

#include "core/base/error.h"
#include "core/base/mapped_file.h"
#include "core/base/text.h"
#include "core/engine/steered.h"
#include "core/experts/registry.h"
#include "core/experts/tokenizer_text.h"
#include "core/routing/edit_help.h"
#include "core/routing/edit_json.h"
#include "core/text/harmony.h"

namespace rs::app {
namespace {

void checkIds(const std::vector<std::int32_t>& ids, int vocab) {
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (ids[i] < 0 || ids[i] >= vocab) {
      throw Error(ErrorCode::kUsage,
                  format("reading --tokens: token %zu is %d, expected 0..%d", i, ids[i], vocab - 1));
    }
  }
}

// Whether a --tokens value that is no list of ids was meant as the name of a file.
bool looksLikeFileName(const std::string& text) {
  return text.find_first_not_of("0123456789,+- ") == 0 || text.find_first_of("./\\_") != std::string::npos;
}

std::vector<std::int32_t> readTokenFile(const std::string& path) {
  const MappedFile file(path);
  if (file.bytes().size() % sizeof(std::int32_t) != 0) {
    throw Error(ErrorCode::kUsage,
                format("reading --tokens: a file of int32 has a multiple of 4 bytes, found %zu (%s)",
                       file.bytes().size(), path.c_str()));
  }
  std::vector<std::int32_t> ids(file.bytes().size() / sizeof(std::int32_t));
  if (!ids.empty()) {
    std::memcpy(ids.data(), file.bytes().data(), file.bytes().size());
  }
  return ids;
}

std::string readPromptFile(const std::string& path) {
  return path == "-" ? std::string(std::istreambuf_iterator<char>(std::cin), {}) : readTextFile(path);
}

// The demo model was not trained with the default system message, which is longer than most of its prompts.
bool usesSystemMessage(const std::string& choice, bool is_demo) {
  return choice == "default" || (choice == "auto" && !is_demo);
}

std::vector<std::int32_t> renderChat(const Tokenizer& tokenizer, const std::string& text, bool has_system,
                                     const std::string& date) {
  harmony::Conversation conversation;
  if (has_system) {
    conversation.messages.push_back(
        harmony::defaultSystemMessage(date.empty() ? std::nullopt : std::optional(date)));
  }
  harmony::Message question;
  question.content.emplace_back(text);
  conversation.messages.push_back(question);
  return harmony::renderForCompletion(tokenizer, conversation, harmony::Role::kAssistant);
}

}  // namespace

std::vector<std::int32_t> readTokenList(const std::string& text, int vocab) {
  std::vector<std::int32_t> ids;
  std::error_code ignored;  // a long list of ids is no file name
  if (std::filesystem::exists(text, ignored)) {
    ids = readTokenFile(text);
  } else {
    const char* at = text.data();
    const char* end = at + text.size();
    while (true) {
      std::int32_t id = 0;
      const auto [stop, error] = std::from_chars(at, end, id);
      if (error != std::errc() || (stop != end && *stop != ',')) {
        if (looksLikeFileName(text)) {
          throw Error(ErrorCode::kModel,
                      "reading --tokens: expected ids such as 1,2,3 or a file of them, found no file of this "
                      "name (" +
                          text + ")");
        }
        throw Error(ErrorCode::kUsage,
                    "reading --tokens: expected ids such as 1,2,3 or a file, found '" + text + "'");
      }
      ids.push_back(id);
      if (stop == end) {
        break;
      }
      at = stop + 1;
    }
  }
  checkIds(ids, vocab);
  return ids;
}

void ModelOptions::declare(CLI::App& app) {
  app.add_option("--model", request.model, "model directory, or demo")->capture_default_str();
  app.add_option("--device", request.device, "cpu or cuda[:N]")->capture_default_str();
  app.add_option("--precision", request.precision,
                 "exact, or fast (activations of experts rounded to 14 bits a block)")
      ->capture_default_str();
  app.add_option("--threads", request.threads, "compute threads; 0: one for each core")
      ->capture_default_str()
      ->check(CLI::Range(0, 1024));
  app.add_option("--chunk", chunk, "tokens of the prompt at a time; changes no bit")
      ->capture_default_str()
      ->check(CLI::Range(1, 1 << 20));
  app.add_option("--edits", edits_file, "file of edits (docs/edits.md)");
  app.add_option("--virtual", virtual_experts,
                 "a virtual expert: NAME[:option=value,...], such as calculator");
  app.add_flag_callback(
         "--help-edits", [] { throw CLI::Success(editsHelp(), CLI::ExitCodes::Success); },
         "explain the edit language and exit")
      ->trigger_on_parse();
  app.add_flag_callback(
         "--help-virtual", [] { throw CLI::Success(virtualExpertHelp(), CLI::ExitCodes::Success); },
         "list virtual experts and their options and exit")
      ->trigger_on_parse();
}

void PromptOptions::declare(CLI::App& app) {
  app.add_option("--prompt", text, "the text to run");
  app.add_option("--prompt-file", file, "a file with the text; - is standard input");
  app.add_option("--tokens", tokens, "token ids 1,2,3 or a file of little-endian int32");
  app.add_flag("--chat", is_chat, "the prompt is a user message, rendered as Harmony");
  app.add_option("--system", system,
                 "system message of --chat: default, none, or auto (none for the demo model)")
      ->capture_default_str()
      ->check(CLI::IsMember({"auto", "default", "none"}));
  app.add_option("--date", date, "date in the system message of --chat, YYYY-MM-DD");
  app.add_flag("--specials", parses_specials, "special tokens in the text are tokens, not plain text");
}

void PromptOptions::requireOneSource() const {
  const int n_sources =
      static_cast<int>(!text.empty()) + static_cast<int>(!file.empty()) + static_cast<int>(!tokens.empty());
  if (n_sources != 1) {
    throw Error(
        ErrorCode::kUsage,
        format("reading the prompt: expected one of --prompt, --prompt-file, --tokens, found %d", n_sources));
  }
  if (!tokens.empty() && is_chat) {
    throw Error(ErrorCode::kUsage,
                "reading the prompt: --chat makes a text a message, but --tokens gives ids; leave one out");
  }
}

std::vector<std::int32_t> PromptOptions::read(const LoadedModel& model) const {
  requireOneSource();
  return tokens.empty() ? encode(model.needTokenizer(), model.is_demo)
                        : readTokenList(tokens, model.weights->config().vocab);
}

std::vector<std::int32_t> PromptOptions::read(const Tokenizer& tokenizer, bool is_demo) const {
  requireOneSource();
  return tokens.empty() ? encode(tokenizer, is_demo) : readTokenList(tokens, tokenizer.vocabularySize());
}

std::vector<std::int32_t> PromptOptions::encode(const Tokenizer& tokenizer, bool is_demo) const {
  const std::string prompt = file.empty() ? text : readPromptFile(file);
  const Specials specials = parses_specials ? Specials::kParse : Specials::kAsText;
  std::vector<std::int32_t> ids =
      is_chat ? renderChat(tokenizer, prompt, usesSystemMessage(system, is_demo), date)
              : tokenizer.encode(prompt, specials);
  if (ids.empty()) {
    throw Error(ErrorCode::kUsage, "reading the prompt: it is empty; give at least one character");
  }
  return ids;
}

void installProgram(const Steering& steering, LoadedModel& model, int n_positions) {
  CompiledSteering compiled = compileSteering(steering, *model.weights, n_positions);
  std::shared_ptr<const TokenText> text;
  if (!compiled.experts.empty()) {
    static_cast<void>(model.needTokenizer());
    text = std::make_shared<TokenizerText>(model.tokenizer);
  }
  model.engine->setProgram(std::move(compiled.program), std::move(compiled.experts), std::move(text));
}

std::string applyEdits(const ModelOptions& options, LoadedModel& model, int n_positions) {
  Steering steering;
  if (!options.edits_file.empty()) {
    steering.edits = parseEdits(readTextFile(options.edits_file));
  }
  steering.virtual_experts = options.virtual_experts;
  installProgram(steering, model, n_positions);
  return steering.edits.empty() ? "" : editsToJson(steering.edits);
}

}  // namespace rs::app
