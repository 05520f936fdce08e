// SPDX-License-Identifier: Apache-2.0
#include "tools/demo_model/vocabulary.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <set>

#include "core/base/error.h"
#include "core/base/mapped_file.h"
#include "core/base/text.h"
#include "core/text/pretokenizer.h"

namespace rs::demo {
namespace {

using Ids = std::vector<std::int32_t>;
using Pair = std::pair<std::int32_t, std::int32_t>;
constexpr int kBase = kVocabulary - kSpecials;

// UTF-8 of the printable character that stands for a byte in tokenizer.json.
std::array<std::string, 256> byteCharacters() {
  std::array<std::string, 256> table;
  unsigned extra = 256;
  for (unsigned byte = 0; byte < 256; ++byte) {
    const bool printable = (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
    const unsigned code = printable ? byte : extra++;
    if (code < 128) {
      table[byte] = std::string(1, static_cast<char>(code));
    } else {
      table[byte] = {static_cast<char>(0xC0U | code >> 6U), static_cast<char>(0x80U | (code & 63U))};
    }
  }
  return table;
}

std::string characters(const std::string& bytes) {
  static const std::array<std::string, 256> kTable = byteCharacters();
  std::string text;
  for (const char byte : bytes) {
    text += kTable[static_cast<unsigned char>(byte)];
  }
  return text;
}

std::string bytesOf(const std::string& text) {
  static const std::map<std::string, char> kBytes = [] {
    std::map<std::string, char> bytes;
    const auto table = byteCharacters();
    for (unsigned byte = 0; byte < 256; ++byte) {
      bytes[table[byte]] = static_cast<char>(byte);
    }
    return bytes;
  }();
  std::string bytes;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t length = (static_cast<unsigned char>(text[i]) & 0x80U) != 0 ? 2 : 1;
    bytes += kBytes.at(text.substr(i, length));
    i += length;
  }
  return bytes;
}

// The words of the training text, and for every pair of neighbours how often and in which words it occurs.
class Merger {
 public:
  explicit Merger(const std::map<std::string, long long>& counts) {
    for (const auto& [word, count] : counts) {
      Ids ids;
      for (const char byte : word) {
        ids.push_back(static_cast<unsigned char>(byte));
      }
      words_.push_back(std::move(ids));
      counts_.push_back(count);
      add(words_.size() - 1, 1);
    }
  }

  // The most frequent pair; the lower ids win ties.
  Pair best() const {
    Pair best{-1, -1};
    long long most = 0;
    for (const auto& [pair, count] : pairs_) {
      if (count > most) {
        most = count;
        best = pair;
      }
    }
    return best;
  }

  void merge(Pair pair, std::int32_t id) {
    const std::set<std::size_t> where = places_[pair];
    for (const std::size_t w : where) {
      add(w, -1);
      Ids& ids = words_[w];
      std::size_t out = 0;
      for (std::size_t i = 0; i < ids.size(); ++i) {
        const bool here = i + 1 < ids.size() && ids[i] == pair.first && ids[i + 1] == pair.second;
        ids[out++] = here ? id : ids[i];
        i += here ? 1 : 0;
      }
      ids.resize(out);
      add(w, 1);
    }
    pairs_.erase(pair);
    places_.erase(pair);
  }

 private:
  void add(std::size_t word, long long sign) {
    const Ids& ids = words_[word];
    for (std::size_t i = 0; i + 1 < ids.size(); ++i) {
      const Pair pair{ids[i], ids[i + 1]};
      pairs_[pair] += sign * counts_[word];
      if (sign > 0) {
        places_[pair].insert(word);
      }
    }
  }

  std::vector<Ids> words_;
  std::vector<long long> counts_;
  std::map<Pair, long long> pairs_;
  std::map<Pair, std::set<std::size_t>> places_;
};

bool isDigit(char c) {
  return c >= '0' && c <= '9';
}

// Calls back with every stretch of text between special tokens.
template <typename Callback>
void forEachPlain(std::string_view text, const Callback& callback) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t open = std::min(text.find("<|", at), text.size());
    callback(text.substr(at, open - at));
    at = open == text.size() ? open : text.find("|>", open) + 2;
  }
}

}  // namespace

std::string specialName(int index) {
  static const std::map<int, std::string> kNamed = {
      {0, "<|startoftext|>"}, {1, "<|endoftext|>"},   {4, "<|return|>"}, {5, "<|constrain|>"},
      {7, "<|channel|>"},     {8, "<|start|>"},       {9, "<|end|>"},    {10, "<|message|>"},
      {14, "<|call|>"},       {20, "<|endofprompt|>"}};
  const auto found = kNamed.find(index);
  return found != kNamed.end() ? found->second : "<|reserved_" + std::to_string(kBase + index) + "|>";
}

Vocabulary Vocabulary::train(const std::vector<std::string>& texts) {
  Vocabulary v;
  for (int byte = 0; byte < 256; ++byte) {
    v.tokens_.emplace_back(1, static_cast<char>(byte));
  }
  for (int number = 0; number < 100; ++number) {
    v.tokens_.push_back(format("%02d", number));
  }
  for (int number = 0; number < 1000; ++number) {
    v.tokens_.push_back(format("%03d", number));
  }
  std::map<std::string, long long> counts;
  for (const std::string& text : texts) {
    forEachPlain(text, [&](std::string_view plain) {
      for (const std::string_view piece : splitPieces(plain)) {
        if (!isDigit(piece[0]) && piece.size() > 1) {
          ++counts[std::string(piece)];
        }
      }
    });
  }
  Merger merger(counts);
  std::map<std::string, std::int32_t> known;
  while (static_cast<int>(v.tokens_.size()) < kBase) {
    const Pair pair = merger.best();
    check(pair.first >= 0, "the training text has enough different words for the vocabulary");
    const std::string whole =
        v.tokens_[static_cast<std::size_t>(pair.first)] + v.tokens_[static_cast<std::size_t>(pair.second)];
    const auto [entry, is_new] = known.emplace(whole, static_cast<std::int32_t>(v.tokens_.size()));
    if (is_new) {
      v.tokens_.push_back(whole);
    }
    merger.merge(pair, entry->second);
  }
  v.index();
  return v;
}

Vocabulary Vocabulary::read(const std::string& path) {
  const auto json = nlohmann::json::parse(readTextFile(path), nullptr, false);
  if (json.is_discarded() || !json.contains("model") || json["model"]["vocab"].size() != kBase) {
    throw Error(
        ErrorCode::kModel,
        format("reading the demo vocabulary: expected tokenizer.json with %d tokens: ", kBase) + path);
  }
  Vocabulary v;
  v.tokens_.resize(kBase);
  for (const auto& [text, id] : json["model"]["vocab"].items()) {
    v.tokens_.at(id.get<std::size_t>()) = bytesOf(text);
  }
  v.index();
  return v;
}

void Vocabulary::index() {
  for (std::size_t i = 0; i < tokens_.size(); ++i) {
    ids_[tokens_[i]] = static_cast<std::int32_t>(i);
  }
}

std::int32_t Vocabulary::special(std::string_view name) const {
  for (int i = 0; i < kSpecials; ++i) {
    if (specialName(i) == name) {
      return kBase + i;
    }
  }
  throw Error(ErrorCode::kInternal, "no special token " + std::string(name));
}

std::string Vocabulary::decode(std::int32_t id) const {
  return id < kBase ? tokens_[static_cast<std::size_t>(id)] : specialName(id - kBase);
}

void Vocabulary::encodePiece(std::string_view piece, Ids& ids) const {
  const std::string key(piece);
  const auto known = cache_.find(key);
  if (known != cache_.end()) {
    ids.insert(ids.end(), known->second.begin(), known->second.end());
    return;
  }
  std::vector<std::string> parts;
  for (const char byte : piece) {
    parts.emplace_back(1, byte);
  }
  while (parts.size() > 1) {
    std::int32_t lowest = kBase;
    std::size_t at = 0;
    for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
      const auto found = ids_.find(parts[i] + parts[i + 1]);
      if (found != ids_.end() && found->second < lowest) {
        lowest = found->second;
        at = i;
      }
    }
    if (lowest == kBase) {
      break;
    }
    parts[at] += parts[at + 1];
    parts.erase(parts.begin() + static_cast<std::ptrdiff_t>(at) + 1);
  }
  Ids& own = cache_[key];
  for (const std::string& part : parts) {
    own.push_back(ids_.at(part));
  }
  ids.insert(ids.end(), own.begin(), own.end());
}

Tokens Vocabulary::encode(const Sample& sample) const {
  Tokens tokens;
  const std::string_view text = sample.text;
  std::size_t at = 0;
  const auto plain = [&](std::size_t end) {
    for (const std::string_view piece : splitPieces(text.substr(at, end - at))) {
      encodePiece(piece, tokens.ids);
      while (tokens.kinds.size() < tokens.ids.size()) {
        const std::size_t length = tokens_[static_cast<std::size_t>(tokens.ids[tokens.kinds.size()])].size();
        tokens.kinds.push_back(
            *std::max_element(sample.kinds.begin() + static_cast<std::ptrdiff_t>(at),
                              sample.kinds.begin() + static_cast<std::ptrdiff_t>(at + length)));
        at += length;
      }
    }
  };
  while (at < text.size()) {
    const std::size_t open = std::min(text.find("<|", at), text.size());
    plain(open);
    if (at < text.size()) {
      const std::size_t close = text.find("|>", at) + 2;
      tokens.ids.push_back(special(text.substr(at, close - at)));
      tokens.kinds.push_back(Kind::kText);
      at = close;
    }
  }
  return tokens;
}

std::string Vocabulary::json() const {
  using Json = nlohmann::ordered_json;
  Json vocabulary = Json::object();
  Json merges = Json::array();
  for (std::size_t id = 0; id < tokens_.size(); ++id) {
    const std::string& token = tokens_[id];
    vocabulary[characters(token)] = id;
    std::vector<Pair> ways;
    for (std::size_t cut = 1; cut < token.size(); ++cut) {
      const auto left = ids_.find(token.substr(0, cut));
      const auto right = ids_.find(token.substr(cut));
      if (left != ids_.end() && right != ids_.end()) {
        ways.emplace_back(left->second, right->second);
      }
    }
    std::sort(ways.begin(), ways.end());
    for (const Pair& way : ways) {
      merges.push_back({characters(tokens_[static_cast<std::size_t>(way.first)]),
                        characters(tokens_[static_cast<std::size_t>(way.second)])});
    }
  }
  Json added = Json::array();
  for (int i = 0; i < kSpecials; ++i) {
    added.push_back({{"id", kBase + i},
                     {"content", specialName(i)},
                     {"single_word", false},
                     {"lstrip", false},
                     {"rstrip", false},
                     {"normalized", false},
                     {"special", true}});
  }
  const auto byte_level = [](bool prefix, bool trim, bool regex) {
    return Json{
        {"type", "ByteLevel"}, {"add_prefix_space", prefix}, {"trim_offsets", trim}, {"use_regex", regex}};
  };
  const Json split = {{"type", "Split"},
                      {"pattern", {{"Regex", kO200kPattern}}},
                      {"behavior", "Isolated"},
                      {"invert", false}};
  const Json json = {
      {"version", "1.0"},
      {"truncation", nullptr},
      {"padding", nullptr},
      {"added_tokens", added},
      {"normalizer", nullptr},
      {"pre_tokenizer",
       {{"type", "Sequence"}, {"pretokenizers", Json::array({split, byte_level(false, true, false)})}}},
      {"post_processor", byte_level(true, false, true)},
      {"decoder", byte_level(true, true, true)},
      {"model",
       {{"type", "BPE"},
        {"dropout", nullptr},
        {"unk_token", nullptr},
        {"continuing_subword_prefix", nullptr},
        {"end_of_word_suffix", nullptr},
        {"fuse_unk", false},
        {"byte_fallback", false},
        {"ignore_merges", true},
        {"vocab", vocabulary},
        {"merges", merges}}}};
  return json.dump(1) + "\n";
}

}  // namespace rs::demo
