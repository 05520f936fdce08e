// SPDX-License-Identifier: Apache-2.0
//
// Makes the demo model's byte-level BPE vocabulary from its training text and encodes with it.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "tools/demo_model/sample.h"

namespace rs::demo {

constexpr int kVocabulary = 4096;
constexpr int kSpecials = 21;  // the names of o200k_harmony, at the end of the vocabulary

// Name of the special token at kVocabulary - kSpecials + index.
[[nodiscard]] std::string specialName(int index);

struct Tokens {
  std::vector<std::int32_t> ids;
  std::vector<Kind> kinds;
};

class Vocabulary {
 public:
  // All bytes, all strings of one to three digits, then the merges most frequent in the texts.
  static Vocabulary train(const std::vector<std::string>& texts);
  // Reads the tokens of a tokenizer.json that writeJson made. Errors: Error{kModel}.
  static Vocabulary read(const std::string& path);

  // Special tokens in the sample's text become their ids.
  [[nodiscard]] Tokens encode(const Sample& sample) const;
  [[nodiscard]] std::string decode(std::int32_t id) const;
  [[nodiscard]] std::int32_t special(std::string_view name) const;
  // tokenizer.json as gpt-oss's, with every way to make a token from two as a merge.
  [[nodiscard]] std::string json() const;

 private:
  void index();
  void encodePiece(std::string_view piece, std::vector<std::int32_t>& ids) const;

  std::vector<std::string> tokens_;  // without the specials
  std::unordered_map<std::string, std::int32_t> ids_;
  mutable std::unordered_map<std::string, std::vector<std::int32_t>> cache_;
};

}  // namespace rs::demo
