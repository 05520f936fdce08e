// SPDX-License-Identifier: Apache-2.0
//
// The project's tokenizer as what high-level virtual experts read.
#pragma once

#include <memory>

#include "core/experts/token_text.h"

namespace rs {

class Tokenizer;

class TokenizerText final : public TokenText {
 public:
  explicit TokenizerText(std::shared_ptr<const Tokenizer> tokenizer);
  [[nodiscard]] std::string_view bytes(int token) const override;
  [[nodiscard]] bool isSpecial(int token) const override;
  [[nodiscard]] int special(std::string_view name) const override;
  [[nodiscard]] std::vector<int> encode(std::string_view text) const override;

 private:
  std::shared_ptr<const Tokenizer> tokenizer_;
};

}  // namespace rs
