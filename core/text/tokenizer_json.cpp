// SPDX-License-Identifier: Apache-2.0
//
// Vocabulary and merges, nearly all of the file, are scanned; the rest is small and goes through a document.
#include "core/text/tokenizer_json.h"

#include <limits>
#include <map>
#include <nlohmann/json.hpp>

#include "core/base/error.h"
#include "core/text/byte_level.h"
#include "core/text/json_scanner.h"
#include "core/text/pretokenizer.h"
#include "core/text/utf8.h"

namespace rs {

namespace {

using nlohmann::json;

// Where the members of an object lie in the text.
using Members = std::map<std::string, std::string_view>;

class Reader {
 public:
  Reader(std::string_view text, const std::string& what) : text_(text), what_(what), parts_(what) {}

  TokenizerParts read() {
    JsonScanner scanner(text_, what_);
    Members model;
    const Members file = members(scanner, &model);
    scanner.finish();
    if (file.count("model") == 0) {
      refuse("'model' is missing: expected a byte-level BPE");
    }
    checkFrame(file);
    checkModel(model);
    readVocabulary(scannerAt(model.at("vocab")));
    readMerges(scannerAt(model.at("merges")));
    readSpecials(document(file, "added_tokens"));
    parts_.finish();
    return std::move(parts_);
  }

 private:
  [[noreturn]] void refuse(const std::string& why) const {
    throw Error(ErrorCode::kModel, what_ + ": " + why);
  }

  // A scanner over the whole text, so that its messages count lines from the top.
  [[nodiscard]] JsonScanner scannerAt(std::string_view value) const {
    return {text_, what_, static_cast<std::size_t>(value.data() - text_.data())};
  }

  // With `model`, the members of the member of that name are noted in the same pass.
  [[nodiscard]] Members members(JsonScanner& scanner, Members* model = nullptr) const {
    Members found;
    scanner.enterObject();
    while (const auto key = scanner.nextKey()) {
      const std::string name(*key);
      std::string_view value;
      if (model != nullptr && name == "model") {
        *model = members(scanner);
      } else {
        value = scanner.skip();
      }
      if (!found.emplace(name, value).second) {
        refuse("'" + visibleText(name) + "' occurs twice in one object");
      }
    }
    return found;
  }

  // A small member as a document; null when there is none.
  [[nodiscard]] json document(const Members& object, const std::string& name) const {
    const auto at = object.find(name);
    if (at == object.end()) {
      return {};
    }
    json value = json::parse(at->second, nullptr, false);
    if (value.is_discarded()) {
      refuse("'" + name + "' is not valid JSON");
    }
    return value;
  }

  [[nodiscard]] static json member(const json& object, const char* name) {
    const auto at = object.find(name);
    return at == object.end() ? json() : *at;
  }

  [[nodiscard]] static std::string shown(const json& value) {
    constexpr std::size_t kShown = 300;
    const std::string text = value.dump();
    return text.size() > kShown ? validUtf8(text.substr(0, kShown)) + "…" : text;
  }

  // Everything around the model.
  void checkFrame(const Members& file) const {
    const json normalizer = document(file, "normalizer");
    if (!normalizer.is_null()) {
      refuse("expected no normalizer (o200k encodes text as it is), found " + shown(normalizer));
    }
    checkPretokenizer(document(file, "pre_tokenizer"));
    for (const char* name : {"post_processor", "decoder"}) {
      const json value = document(file, name);
      if (!value.is_null() && member(value, "type") != "ByteLevel") {
        refuse("expected '" + std::string(name) + "' ByteLevel or null, found " + shown(value));
      }
    }
  }

  void checkPretokenizer(const json& value) const {
    const json steps = member(value, "pretokenizers");
    const bool two = member(value, "type") == "Sequence" && steps.is_array() && steps.size() == 2 &&
                     member(steps[0], "type") == "Split" && member(steps[1], "type") == "ByteLevel";
    if (!two) {
      refuse("expected a pre_tokenizer of o200k's splitting pattern and ByteLevel, found " + shown(value));
    }
    const json pattern = member(member(steps[0], "pattern"), "Regex");
    if (pattern != std::string(kO200kPattern)) {
      refuse("text is split by another pattern, so the ids would be wrong: expected o200k's, " +
             std::string(kO200kPattern) + " , found " + shown(member(steps[0], "pattern")));
    }
    // The pattern matches every character, so keeping the matches and splitting around them are the same.
    const bool inverted = member(steps[0], "invert") == true;
    if (member(steps[0], "behavior") != (inverted ? "Removed" : "Isolated")) {
      refuse("expected a Split with behavior Isolated, found " + shown(steps[0]));
    }
    if (member(steps[1], "add_prefix_space") != false || member(steps[1], "use_regex") != false) {
      refuse("expected ByteLevel without a prefix space and without its own pattern, found " +
             shown(steps[1]));
    }
  }

  void checkModel(const Members& model) {
    const json type = document(model, "type");
    if (!type.is_null() && type != "BPE") {
      refuse("expected a model of type BPE, found " + shown(type));
    }
    for (const char* name : {"vocab", "merges"}) {
      if (model.count(name) == 0) {
        refuse("the model has no '" + std::string(name) + "'");
      }
    }
    for (const char* name : {"dropout", "continuing_subword_prefix", "end_of_word_suffix", "byte_fallback"}) {
      const json value = document(model, name);
      if (!value.is_null() && value != "" && value != false && value != 0) {
        refuse("expected no '" + std::string(name) + "' in the model, found " + shown(value));
      }
    }
    const json whole = document(model, "ignore_merges");
    if (!whole.is_null() && !whole.is_boolean()) {
      refuse("expected true or false for 'ignore_merges', found " + shown(whole));
    }
    parts_.whole_piece_first = whole == true;
  }

  void appendBytes(std::string_view characters, std::string& bytes) const {
    if (!appendFromByteLevel(characters, bytes)) {
      refuse("'" + visibleText(characters) + "' is not written in the byte alphabet of byte-level BPE");
    }
  }

  void readVocabulary(JsonScanner scanner) {
    std::string bytes;
    scanner.enterObject();
    while (const auto key = scanner.nextKey()) {
      bytes.clear();
      appendBytes(*key, bytes);
      parts_.addToken(scanner.index(), bytes);
    }
    parts_.endOfTokens();
  }

  // ["a", "b"] or "a b"; the blank is not in the byte alphabet.
  void readMerges(JsonScanner scanner) {
    std::string left;
    std::string right;
    scanner.enterArray();
    while (scanner.nextElement()) {
      left.clear();
      right.clear();
      if (scanner.peek() == '"') {
        const std::string_view both = scanner.string();
        const std::size_t blank = both.find(' ');
        if (blank == std::string_view::npos) {
          refuse("expected a merge of two tokens with a blank between them, found '" + visibleText(both) +
                 "'");
        }
        appendBytes(both.substr(0, blank), left);
        appendBytes(both.substr(blank + 1), right);
      } else {
        scanner.enterArray();
        for (std::string* part : {&left, &right}) {
          if (!scanner.nextElement()) {
            scanner.fail("a merge of two tokens");
          }
          appendBytes(scanner.string(), *part);
        }
        if (scanner.nextElement()) {
          scanner.fail("a merge of two tokens");
        }
      }
      parts_.addMerge(left, right);
    }
  }

  void readSpecials(const json& tokens) {
    if (!tokens.is_null() && !tokens.is_array()) {
      refuse("expected a list 'added_tokens', found " + shown(tokens));
    }
    for (const json& token : tokens) {
      const json id = member(token, "id");
      const json content = member(token, "content");
      const bool sound = id.is_number_integer() && id >= 0 &&
                         id <= std::numeric_limits<std::int32_t>::max() && content.is_string() &&
                         content != "";
      if (!sound) {
        refuse("expected an added token with id and content, found " + shown(token));
      }
      if (member(token, "special") != true) {
        refuse("expected added tokens to be special, found " + shown(token));
      }
      for (const char* name : {"single_word", "lstrip", "rstrip"}) {
        if (const json value = member(token, name); !value.is_null() && value != false) {
          refuse("'" + std::string(name) + "' of an added token is not supported: " + shown(token));
        }
      }
      parts_.addSpecial(id.get<std::int32_t>(), content.get<std::string>());
    }
  }

  std::string_view text_;
  const std::string& what_;
  TokenizerParts parts_;
};

}  // namespace

TokenizerParts readTokenizerJson(std::string_view json, const std::string& what) {
  return Reader(json, what).read();
}

}  // namespace rs
