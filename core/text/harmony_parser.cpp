// SPDX-License-Identifier: Apache-2.0
//
// Headers are read as text, as the reference library does: a marker typed as ordinary text counts as the
// marker.
#include "core/text/harmony_parser.h"

#include <utility>

#include "core/base/error.h"
#include "core/base/text.h"
#include "core/text/tokenizer.h"
#include "core/text/unicode_class.h"
#include "core/text/utf8.h"

namespace rs::harmony {

namespace {

constexpr std::string_view kChannel = "<|channel|>";
constexpr std::string_view kConstrain = "<|constrain|>";

[[noreturn]] void refuse(const std::string& what, std::string_view where) {
  throw Error(ErrorCode::kUsage, "Harmony: " + what + ": '" + visibleText(where) + "'");
}

std::vector<std::string> words(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\n\f\r";
  std::vector<std::string> found;
  for (std::size_t at = text.find_first_not_of(kBlanks); at != std::string_view::npos;) {
    const std::size_t end = text.find_first_of(kBlanks, at);
    found.emplace_back(text.substr(at, end - at));
    at = text.find_first_not_of(kBlanks, end);
  }
  return found;
}

std::size_t channelEnd(std::string_view text, std::size_t at) {
  while (at < text.size() && text[at] != '<') {
    const CodePoint point = codePointAt(text, at);
    if (unicodeClass(point.value) == UnicodeClass::kSpace) {
      break;
    }
    at += point.length;
  }
  return at;
}

std::optional<std::string> cutChannel(std::string& header) {
  const std::size_t mark = header.find(kChannel);
  if (mark == std::string::npos) {
    return std::nullopt;
  }
  const std::size_t begin = mark + kChannel.size();
  const std::size_t end = channelEnd(header, begin);
  if (end == begin) {
    refuse("a channel mark without a channel", header);
  }
  std::string channel = header.substr(begin, end - begin);
  header.erase(mark, end - mark);
  return channel;
}

// Without white space of any kind at both ends; between words only ASCII blanks count.
std::string_view trimmed(std::string_view text) {
  std::size_t begin = 0;
  std::size_t end = 0;
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint point = codePointAt(text, at);
    at += point.length;
    if (unicodeClass(point.value) != UnicodeClass::kSpace) {
      end = at;
    } else if (end == 0) {
      begin = at;
    }
  }
  return text.substr(begin, end > begin ? end - begin : 0);
}

// The first word is the role; any other word is the name of a tool, provided more words follow.
void readRole(Message& message, std::vector<std::string>& left, const std::string& header) {
  if (left.empty()) {
    refuse("a header without a role", header);
  }
  const std::string word = left.front();
  const auto role = findRole(word);
  if (!role && left.size() == 1 && !word.starts_with("to=")) {
    refuse("unknown role", word);
  }
  message.role = role.value_or(Role::kTool);
  if (message.role == Role::kTool) {
    message.name = word;
  }
  if (!role) {
    left.erase(left.begin());
  }
}

std::string withoutTo(const std::string& word) {
  return word.starts_with("to=") ? word.substr(3) : word;
}

struct Header {
  Message message;                // role, name and channel
  std::vector<std::string> left;  // the other words
};

Header openHeader(std::string text, std::optional<Role> role) {
  if (!isValidUtf8(text)) {
    refuse("a header that is not UTF-8", text);
  }
  Header header;
  header.message.channel = cutChannel(text);
  text = trimmed(text);
  for (std::size_t at = text.find(kConstrain); at != std::string::npos;
       at = text.find(kConstrain, at + kConstrain.size() + 1)) {
    text.insert(at, 1, ' ');
  }
  header.left = words(text);
  if (role) {
    header.message.role = *role;
  } else {
    readRole(header.message, header.left, text);
  }
  // The role may also stand where it was known already: once.
  if (!header.left.empty() && header.left.front() == roleName(header.message.role)) {
    header.left.erase(header.left.begin());
  }
  return header;
}

// Recipient and content type, which stand at the end in this order; either may be missing.
Message readHeader(const std::string& text, std::optional<Role> role) {
  auto [message, left] = openHeader(text, role);
  if (!left.empty()) {
    const bool alone = left.size() == 1;
    const std::string last = left.back();
    left.pop_back();
    if (alone || last.starts_with("to=")) {
      message.recipient = withoutTo(last);
    } else {
      message.content_type = last;
      message.recipient = withoutTo(left.back());
      left.pop_back();
    }
  }
  if (!left.empty()) {
    refuse("words left over in a header", join(left, " "));
  }
  return message;
}

}  // namespace

Parser::Parser(const Tokenizer& tokenizer, ParseOptions options)
    : tokenizer_(tokenizer),
      marks_{tokenizer.specialId("<|start|>"), tokenizer.specialId("<|message|>"),
             tokenizer.specialId("<|end|>"), tokenizer.specialId("<|return|>"),
             tokenizer.specialId("<|call|>")},
      strict_(options.strict),
      next_role_(options.role),
      state_(options.role ? State::kHeader : State::kExpectStart) {}

bool Parser::isStop(std::int32_t token) const {
  return token == marks_.end || token == marks_.stop || token == marks_.call;
}

std::optional<Role> Parser::role() const {
  return state_ == State::kContent ? std::optional(current_.role) : next_role_;
}

void Parser::push(std::int32_t token) {
  last_delta_.reset();
  if (state_ == State::kHeader) {
    pushHeader(token);
  } else if (state_ == State::kContent) {
    pushContent(token);
  } else if (token == marks_.start) {
    state_ = State::kHeader;
  } else {
    refuse("expected <|start|> after a message, found", tokenizer_.tokenBytes(token));
  }
}

void Parser::pushHeader(std::int32_t token) {
  if (token == marks_.message) {
    current_ = readHeader(header_, next_role_);
    next_role_.reset();
    header_.clear();
    state_ = State::kContent;
  } else if (!strict_ && isStop(token)) {
    endHeaderEarly();
  } else {
    header_ += tokenizer_.tokenBytes(token);
  }
}

void Parser::endHeaderEarly() {
  if (next_role_ && !header_.empty()) {
    auto [message, left] = openHeader(header_, next_role_);
    message.content.emplace_back(join(left, " "));
    messages_.push_back(std::move(message));
  }
  next_role_.reset();
  header_.clear();
  state_ = State::kExpectStart;
}

// One broken sequence at most is replaced for each token, as the reference library does.
void Parser::pushContent(std::int32_t token) {
  if (isStop(token)) {
    endContent();
    return;
  }
  waiting_ += tokenizer_.tokenBytes(token);
  std::size_t at = 0;
  CodePoint point;
  while (at < waiting_.size() && (point = codePointAt(waiting_, at)).valid) {
    at += point.length;
  }
  std::string delta = waiting_.substr(0, at);
  if (at < waiting_.size() && !point.cut) {
    appendUtf8(point.value, delta);
    at += point.length;
  }
  waiting_.erase(0, at);
  if (!delta.empty()) {
    content_ += delta;
    last_delta_ = std::move(delta);
  }
}

void Parser::endContent() {
  content_ += validUtf8(std::exchange(waiting_, {}));
  current_.content.emplace_back(std::exchange(content_, {}));
  messages_.push_back(std::exchange(current_, {}));
  state_ = State::kExpectStart;
}

void Parser::finish() {
  last_delta_.reset();
  if (state_ == State::kHeader) {
    refuse("the tokens end inside a header", header_);
  }
  if (state_ == State::kContent) {
    endContent();
  }
}

std::vector<Message> parse(const Tokenizer& tokenizer, std::span<const std::int32_t> tokens,
                           ParseOptions options) {
  Parser parser(tokenizer, options);
  for (const std::int32_t token : tokens) {
    parser.push(token);
  }
  parser.finish();
  return parser.messages();
}

}  // namespace rs::harmony
