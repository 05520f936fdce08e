// SPDX-License-Identifier: Apache-2.0
//
// The text of tokens: from a tokenizer, or from what a session kept of it.
//
// Thread: const members from any thread.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "core/text/tokenizer.h"

namespace rs::ui {

class TokenNames {
 public:
  // Range: not null.
  explicit TokenNames(std::shared_ptr<const Tokenizer> tokenizer) : tokenizer_(std::move(tokenizer)) {}
  explicit TokenNames(std::map<std::int32_t, std::string> stored) : stored_(std::move(stored)) {}

  [[nodiscard]] bool contains(std::int32_t id) const {
    return tokenizer_ != nullptr ? tokenizer_->contains(id) : stored_.contains(id);
  }
  // Range: contains(id). Lifetime: a view into this object.
  [[nodiscard]] std::string_view tokenBytes(std::int32_t id) const {
    return tokenizer_ != nullptr ? tokenizer_->tokenBytes(id) : std::string_view(stored_.at(id));
  }
  // A token of the chat format; a session does not keep which are.
  [[nodiscard]] bool isSpecial(std::int32_t id) const {
    return tokenizer_ != nullptr && tokenizer_->isSpecial(id);
  }

 private:
  std::shared_ptr<const Tokenizer> tokenizer_;
  std::map<std::int32_t, std::string> stored_;
};

}  // namespace rs::ui
