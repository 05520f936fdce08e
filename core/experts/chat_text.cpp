// SPDX-License-Identifier: Apache-2.0
//
// Harmony: <|start|>role<|channel|>name<|constrain|>type<|message|>text<|end|>.
#include "core/experts/chat_text.h"

namespace rs {
namespace {

constexpr std::size_t kMaxText = 8192;
constexpr std::size_t kKeptText = 4096;
constexpr std::size_t kMaxHeader = 256;

std::string_view firstWord(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(' ');
  if (begin == std::string_view::npos) {
    return {};
  }
  text.remove_prefix(begin);
  return text.substr(0, text.find_first_of(" :\n"));
}

}  // namespace

ChatText::ChatText(const TokenText& tokens)
    : tokens_(tokens),
      start_(tokens.special("<|start|>")),
      channel_(tokens.special("<|channel|>")),
      message_(tokens.special("<|message|>")),
      constrain_(tokens.special("<|constrain|>")),
      end_(tokens.special("<|end|>")),
      return_(tokens.special("<|return|>")),
      call_(tokens.special("<|call|>")) {}

void ChatText::beginText(Voice voice) {
  voice_ = voice;
  text_.clear();
  dropped_ = 0;
}

Voice ChatText::voiceOfHeader() const {
  const std::string_view role = firstWord(role_);
  if (role == "user") {
    return Voice::kUser;
  }
  if (role != "assistant") {
    return Voice::kOther;
  }
  const std::string_view channel = firstWord(channel_name_);
  return channel.empty() || channel == "final" ? Voice::kAnswer : Voice::kThought;
}

ChatText::Event ChatText::readSpecial(int token) {
  if (token == start_) {
    voice_ = Voice::kHeader;
    role_.clear();
    channel_name_.clear();
    header_part_ = &role_;
    return Event::kNone;
  }
  if (token == channel_) {
    if (voice_ != Voice::kHeader) {
      // A completion whose header began before the text did.
      voice_ = Voice::kHeader;
      role_ = "assistant";
    }
    channel_name_.clear();
    header_part_ = &channel_name_;
    return Event::kNone;
  }
  if (token == constrain_) {
    ignored_.clear();
    header_part_ = &ignored_;
    return Event::kNone;
  }
  if (token == message_) {
    beginText(voice_ == Voice::kHeader ? voiceOfHeader() : Voice::kOther);
    return Event::kBegan;
  }
  if (token == end_ || token == return_ || token == call_) {
    ended_ = true;
    return voice_ != Voice::kHeader && voice_ != Voice::kText ? Event::kEnded : Event::kNone;
  }
  beginText(Voice::kText);  // <|endoftext|> and the like: something new begins
  return Event::kBegan;
}

ChatText::Event ChatText::read(int token) {
  added_ = 0;
  if (ended_) {
    // Only now, so that the caller of the last read still saw whose text had ended.
    ended_ = false;
    voice_ = Voice::kHeader;
    role_.clear();
    channel_name_.clear();
    ignored_.clear();
    header_part_ = &ignored_;
  }
  if (tokens_.isSpecial(token)) {
    return readSpecial(token);
  }
  const std::string_view bytes = tokens_.bytes(token);
  if (voice_ == Voice::kHeader) {
    if (header_part_->size() < kMaxHeader) {
      header_part_->append(bytes);
    }
    return Event::kNone;
  }
  text_.append(bytes);
  if (text_.size() > kMaxText) {
    const std::size_t excess = text_.size() - kKeptText;
    text_.erase(0, excess);
    dropped_ += excess;
  }
  added_ = bytes.size() < text_.size() ? bytes.size() : text_.size();
  return Event::kBytes;
}

}  // namespace rs
