// SPDX-License-Identifier: Apache-2.0
//
// tokenize: text to token ids and back; JSON lines for programs, a table for people.
#include <CLI/CLI.hpp>
#include <charconv>
#include <iostream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "app/cli/json_lines.h"
#include "app/cli/tokenizer_option.h"
#include "app/cli/verb.h"
#include "core/base/error.h"
#include "core/base/mapped_file.h"
#include "core/base/text.h"
#include "core/text/harmony.h"
#include "core/text/utf8.h"

namespace rs::app {
namespace {

using Json = nlohmann::ordered_json;

std::string hexText(std::string_view bytes, std::string_view separator) {
  std::string text;
  for (const char byte : bytes) {
    text += text.empty() ? "" : separator;
    text += format("%02x", static_cast<unsigned>(static_cast<unsigned char>(byte)));
  }
  return text;
}

std::vector<std::int32_t> readIds(const std::string& list) {
  std::vector<std::int32_t> ids;
  const char* at = list.data();
  const char* const end = at + list.size();
  while (true) {
    std::int32_t id = 0;
    const auto [stop, error] = std::from_chars(at, end, id);
    if (error != std::errc() || (stop != end && *stop != ',')) {
      throw Error(ErrorCode::kUsage, "reading --tokens: expected ids such as 1,2,3, found '" + list + "'");
    }
    ids.push_back(id);
    if (stop == end) {
      return ids;
    }
    at = stop + 1;
  }
}

class Tokenize final : public Verb {
 public:
  void declare(CLI::App& options) override {
    tokenizer_option_.declare(options);
    auto* lines =
        options.add_flag("--jsonl", is_lines_, "answer JSON lines {\"text\": ...} with {\"ids\": [...]}");
    options.add_flag("--decode", is_decoding_, "answer {\"ids\": [...]} with {\"hex\": ..., \"text\": ...}")
        ->needs(lines);
    options.add_flag("--specials", parses_specials_, "special tokens in the text are tokens, not plain text");
    auto* text = options.add_option("--prompt", text_, "the text to encode")->excludes(lines);
    auto* file = options.add_option("--prompt-file", file_, "a file with the text; - is standard input");
    auto* ids = options.add_option("--tokens", ids_, "token ids 1,2,3 to show");
    options.add_flag("--chat", is_chat_, "the prompt is a user message, rendered as Harmony")->excludes(ids);
    options.add_option("--date", date_, "date in the system message of --chat, YYYY-MM-DD");
    file->excludes(lines)->excludes(text);
    ids->excludes(lines)->excludes(text)->excludes(file);
    text_option_ = text;
    file_option_ = file;
    ids_option_ = ids;
  }

  int run(Console& console) override {
    const std::shared_ptr<const Tokenizer> tokenizer = tokenizer_option_.load();
    if (is_lines_) {
      answerJsonLines(console, [&](const Json& line) { return answer(*tokenizer, line); });
      return 0;
    }
    const std::vector<std::int32_t> ids = promptIds(*tokenizer);
    print(console.wants_json ? json(*tokenizer, ids) : table(*tokenizer, ids));
    return 0;
  }

 private:
  [[nodiscard]] Specials specials() const { return parses_specials_ ? Specials::kParse : Specials::kAsText; }

  [[nodiscard]] Json answer(const Tokenizer& tokenizer, const Json& line) const {
    if (is_decoding_) {
      const std::string bytes = tokenizer.decode(idsOf(line));
      return {{"hex", hexText(bytes, "")}, {"text", validUtf8(bytes)}};
    }
    const auto text = line.find("text");
    if (text == line.end() || !text->is_string()) {
      throw Error(ErrorCode::kUsage, "expected a string \"text\"");
    }
    return {{"ids", tokenizer.encode(text->get_ref<const std::string&>(), specials())}};
  }

  [[nodiscard]] std::vector<std::int32_t> promptIds(const Tokenizer& tokenizer) const {
    if (!ids_option_->empty()) {
      return readIds(ids_);
    }
    if (text_option_->empty() && file_option_->empty()) {
      throw Error(ErrorCode::kUsage, "nothing to encode: give --prompt, --prompt-file, --tokens or --jsonl");
    }
    const std::string text = file_option_->empty() ? text_
                             : file_ == "-"        ? std::string(std::istreambuf_iterator<char>(std::cin), {})
                                                   : readTextFile(file_);
    return is_chat_ ? chatIds(tokenizer, text) : tokenizer.encode(text, specials());
  }

  [[nodiscard]] std::vector<std::int32_t> chatIds(const Tokenizer& tokenizer, const std::string& text) const {
    harmony::Conversation conversation;
    if (!tokenizer_option_.isDemo()) {
      conversation.messages.push_back(
          harmony::defaultSystemMessage(date_.empty() ? std::nullopt : std::optional(date_)));
    }
    harmony::Message question;
    question.content.emplace_back(text);
    conversation.messages.push_back(std::move(question));
    return harmony::renderForCompletion(tokenizer, conversation, harmony::Role::kAssistant);
  }

  [[nodiscard]] static std::string json(const Tokenizer& tokenizer, const std::vector<std::int32_t>& ids) {
    Json tokens = Json::array();
    for (const std::int32_t id : ids) {
      const std::string_view bytes = tokenizer.tokenBytes(id);
      tokens.push_back({{"id", id},
                        {"hex", hexText(bytes, "")},
                        {"text", validUtf8(bytes)},
                        {"special", tokenizer.isSpecial(id)}});
    }
    return Json{{"tokens", tokens}}.dump() + "\n";
  }

  [[nodiscard]] static std::string table(const Tokenizer& tokenizer, const std::vector<std::int32_t>& ids) {
    constexpr std::size_t kShownBytes = 8;
    std::string text = format("%5s  %7s  %-25s  %s\n", "index", "id", "bytes", "piece");
    for (std::size_t i = 0; i < ids.size(); ++i) {
      const std::string_view bytes = tokenizer.tokenBytes(ids[i]);
      std::string hex = hexText(bytes.substr(0, kShownBytes), " ");
      hex += bytes.size() > kShownBytes ? " +" : "";
      text += format("%5zu  %7d  %-25s  '%s'\n", i, ids[i], hex.c_str(), visibleText(bytes).c_str());
    }
    return text;
  }

  TokenizerOption tokenizer_option_;
  CLI::Option* text_option_ = nullptr;
  CLI::Option* file_option_ = nullptr;
  CLI::Option* ids_option_ = nullptr;
  bool is_lines_ = false;
  bool is_decoding_ = false;
  bool parses_specials_ = false;
  bool is_chat_ = false;
  std::string text_;
  std::string file_;
  std::string ids_;
  std::string date_;
};

}  // namespace

VerbInfo tokenizeVerb() {
  return describeVerb<Tokenize>("tokenize", "text to token ids and back, as a table or as JSON lines");
}

}  // namespace rs::app
