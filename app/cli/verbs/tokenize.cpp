// SPDX-License-Identifier: Apache-2.0
//
// tokenize: text to token ids and back; JSON lines for programs, a table for people.
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "app/cli/json_lines.h"
#include "app/cli/options.h"
#include "app/cli/tokenizer_option.h"
#include "app/cli/verb.h"
#include "core/base/error.h"
#include "core/base/text.h"
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

class Tokenize final : public Verb {
 public:
  void declare(CLI::App& options) override {
    tokenizer_option_.declare(options);
    auto* lines =
        options.add_flag("--jsonl", is_lines_, "answer JSON lines {\"text\": ...} with {\"ids\": [...]}");
    options.add_flag("--decode", is_decoding_, "answer {\"ids\": [...]} with {\"hex\": ..., \"text\": ...}")
        ->needs(lines);
    prompt_.declare(options);
    for (const char* prompt : {"--prompt", "--prompt-file", "--tokens", "--chat"}) {
      options.get_option(prompt)->excludes(lines);
    }
  }

  int run(Console& console) override {
    const std::shared_ptr<const Tokenizer> tokenizer = tokenizer_option_.load();
    if (is_lines_) {
      answerJsonLines(console, [&](const Json& line) { return answer(*tokenizer, line); });
      return 0;
    }
    const std::vector<std::int32_t> ids = prompt_.read(*tokenizer, tokenizer_option_.isDemo());
    print(console.wants_json ? json(*tokenizer, ids) : table(*tokenizer, ids));
    return 0;
  }

 private:
  [[nodiscard]] Json answer(const Tokenizer& tokenizer, const Json& line) const {
    if (is_decoding_) {
      const std::string bytes = tokenizer.decode(idsOf(line));
      return {{"hex", hexText(bytes, "")}, {"text", validUtf8(bytes)}};
    }
    const auto text = line.find("text");
    if (text == line.end() || !text->is_string()) {
      throw Error(ErrorCode::kUsage, "expected a string \"text\"");
    }
    const Specials specials = prompt_.parses_specials ? Specials::kParse : Specials::kAsText;
    return {{"ids", tokenizer.encode(text->get_ref<const std::string&>(), specials)}};
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
  PromptOptions prompt_;
  bool is_lines_ = false;
  bool is_decoding_ = false;
};

}  // namespace

VerbInfo tokenizeVerb() {
  return describeVerb<Tokenize>("tokenize", "text to token ids and back, as a table or as JSON lines");
}

}  // namespace rs::app
