// SPDX-License-Identifier: Apache-2.0
//
// Reads what a model says in Harmony, token by token or at once.
//
// Thread: a parser belongs to one thread.
// Lifetime: the tokenizer must outlive the parser.
// Errors: Error{kUsage} when the tokens are no Harmony; the parser is then of no further use. Error{kModel}
// when the tokenizer lacks Harmony's special tokens.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/text/harmony.h"

namespace rs::harmony {

struct ParseOptions {
  // Whose message it is when the tokens begin after <|start|> and the role, as completions do.
  std::optional<Role> role;
  // Not strict: a header that ends in a stop token becomes a message if its role was given, else is dropped.
  bool strict = true;
};

class Parser {
 public:
  enum class State { kExpectStart, kHeader, kContent };

  Parser(const Tokenizer& tokenizer, ParseOptions options);

  void push(std::int32_t token);
  // The end of the tokens: completes a message that has begun. Errors: inside a header.
  void finish();

  [[nodiscard]] State state() const { return state_; }
  // Known in a header when it was given, in a content always.
  [[nodiscard]] std::optional<Role> role() const;
  // The message being read; channel, recipient and content type appear together with its content.
  [[nodiscard]] const Message& current() const { return current_; }
  // What the last token added to the content; nothing while bytes are incomplete, and nothing outside of
  // content.
  [[nodiscard]] const std::optional<std::string>& lastDelta() const { return last_delta_; }
  // The content so far, as the deltas gave it.
  [[nodiscard]] const std::string& content() const { return content_; }
  [[nodiscard]] const std::vector<Message>& messages() const { return messages_; }
  // The text of the header so far, specials as they are spelled.
  [[nodiscard]] const std::string& header() const { return header_; }

 private:
  struct Marks {
    std::int32_t start, message, end, stop, call;
  };
  void pushHeader(std::int32_t token);
  void pushContent(std::int32_t token);
  void endContent();
  void endHeaderEarly();
  [[nodiscard]] bool isStop(std::int32_t token) const;

  const Tokenizer& tokenizer_;
  Marks marks_;
  bool strict_;
  std::optional<Role> next_role_;
  State state_ = State::kExpectStart;
  std::string header_;
  std::string content_;
  std::string waiting_;  // bytes of the content that are no text yet
  std::optional<std::string> last_delta_;
  Message current_;
  std::vector<Message> messages_;
};

[[nodiscard]] std::vector<Message> parse(const Tokenizer& tokenizer, std::span<const std::int32_t> tokens,
                                         ParseOptions options);

}  // namespace rs::harmony
