// SPDX-License-Identifier: Apache-2.0
//
// What of a Harmony completion a person reads: the contents of its messages, those outside the final channel
// under their channel's name. Where the model leaves the format, the rest is shown as plain text, and said.
#pragma once

#include <string>

#include "core/text/harmony_parser.h"
#include "core/text/tokenizer.h"
#include "core/text/utf8.h"

namespace rs::app {

class ChatText {
 public:
  // Lifetime: the tokenizer outlives this object.
  explicit ChatText(const Tokenizer& tokenizer)
      : tokenizer_(tokenizer), parser_(tokenizer, {harmony::Role::kAssistant, false}) {}

  // The text that this token adds; may be empty.
  [[nodiscard]] std::string push(std::int32_t token);
  // Why the rest is plain text, or empty.
  [[nodiscard]] const std::string& departure() const { return departure_; }

 private:
  const Tokenizer& tokenizer_;
  harmony::Parser parser_;
  Utf8Stream plain_;
  std::string departure_;
  bool in_content_ = false;
  bool said_something_ = false;
};

}  // namespace rs::app
