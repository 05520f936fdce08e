// SPDX-License-Identifier: Apache-2.0
//
// A tokenizer for tests that splits like o200k's pattern, in its main lines: words with a leading space,
// digits in groups of one to three, a space before digits by itself. Every piece becomes a token when first
// met.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/experts/virtual_expert.h"

namespace rs {

class ToyTokens final : public TokenText {
 public:
  ToyTokens();
  [[nodiscard]] std::string_view bytes(int token) const override;
  [[nodiscard]] bool isSpecial(int token) const override;
  [[nodiscard]] int special(std::string_view name) const override;
  [[nodiscard]] std::vector<int> encode(std::string_view text) const override;
  // Special spellings are tokens.
  [[nodiscard]] std::vector<int> encodeChat(std::string_view text) const;
  int piece(std::string_view bytes) const;

 private:
  mutable std::vector<std::string> pieces_;
  mutable std::map<std::string, int, std::less<>> ids_;
  int n_specials_ = 0;
};

// What the text becomes if every push decides the next token.
std::string continued(const VirtualExpert& expert, const ToyTokens& tokens, std::string_view prompt);

}  // namespace rs
