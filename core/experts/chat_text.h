// SPDX-License-Identifier: Apache-2.0
//
// Follows a token sequence and tells whose text it is in: plain text, or a message of a Harmony chat.
//
// Thread: owned by one reader.
#pragma once

#include <cstddef>
#include <string>

#include "core/experts/token_text.h"

namespace rs {

enum class Voice {
  kText,     // plain text, no chat
  kUser,     // a user's message
  kAnswer,   // what the assistant says: its final channel, or a message without a channel
  kThought,  // what the assistant writes in another channel
  kOther,    // system, developer, tool
  kHeader,   // between messages: role and channel
};

class ChatText {
 public:
  enum class Event {
    kBytes,  // the token added bytes to the text
    kBegan,  // a stretch of text begins after this token
    kEnded,  // the text of a message is complete; text() still holds it
    kNone,
  };

  explicit ChatText(const TokenText& tokens);
  Event read(int token);

  [[nodiscard]] Voice voice() const { return voice_; }
  // Text of the current message, or of the plain text since its beginning; only the last few thousand bytes.
  [[nodiscard]] const std::string& text() const { return text_; }
  // How many bytes before text() were dropped.
  [[nodiscard]] std::size_t dropped() const { return dropped_; }
  // How many bytes the last token added.
  [[nodiscard]] std::size_t added() const { return added_; }

 private:
  Event readSpecial(int token);
  void beginText(Voice voice);
  [[nodiscard]] Voice voiceOfHeader() const;

  const TokenText& tokens_;
  int start_, channel_, message_, constrain_, end_, return_, call_;
  Voice voice_ = Voice::kText;
  std::string text_;
  std::string role_;
  std::string channel_name_;
  std::string* header_part_ = &role_;  // where header bytes go
  std::string ignored_;
  bool ended_ = false;
  std::size_t dropped_ = 0;
  std::size_t added_ = 0;
};

}  // namespace rs
