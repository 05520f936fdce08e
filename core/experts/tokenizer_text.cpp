// SPDX-License-Identifier: Apache-2.0
#include "core/experts/tokenizer_text.h"

#include <utility>

#include "core/text/tokenizer.h"

namespace rs {

TokenizerText::TokenizerText(std::shared_ptr<const Tokenizer> tokenizer) : tokenizer_(std::move(tokenizer)) {}

// A model may have more rows than its tokenizer has tokens; those say nothing.
std::string_view TokenizerText::bytes(int token) const {
  return tokenizer_->contains(token) ? tokenizer_->tokenBytes(token) : std::string_view();
}

bool TokenizerText::isSpecial(int token) const {
  return tokenizer_->contains(token) && tokenizer_->isSpecial(token);
}

int TokenizerText::special(std::string_view name) const {
  return tokenizer_->findSpecial(name).value_or(-1);
}

std::vector<int> TokenizerText::encode(std::string_view text) const {
  return tokenizer_->encode(text);
}

}  // namespace rs
