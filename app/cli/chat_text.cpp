// SPDX-License-Identifier: Apache-2.0
#include "app/cli/chat_text.h"

#include "core/base/error.h"

namespace rs::app {

std::string ChatText::push(std::int32_t token) {
  if (departure_.empty()) {
    try {
      parser_.push(token);
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kUsage) {
        throw;
      }
      departure_ = error.what();
    }
  }
  if (!departure_.empty()) {
    return tokenizer_.isSpecial(token) ? "" : plain_.push(tokenizer_.tokenBytes(token));
  }
  std::string text;
  const bool in_content = parser_.state() == harmony::Parser::State::kContent;
  if (in_content && !in_content_) {
    const std::string channel = parser_.current().channel.value_or("final");
    text = (said_something_ ? "\n" : "") + (channel == "final" ? std::string() : "[" + channel + "] ");
    said_something_ = true;
  }
  in_content_ = in_content;
  return text + (in_content ? parser_.lastDelta().value_or("") : "");
}

}  // namespace rs::app
