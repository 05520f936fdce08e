// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/experts/toy_tokens.h"

namespace rs {
namespace {

constexpr std::string_view kSpecials[] = {"<|start|>",     "<|end|>",    "<|message|>", "<|channel|>",
                                          "<|constrain|>", "<|return|>", "<|call|>",    "<|endoftext|>"};

bool digit(char c) {
  return c >= '0' && c <= '9';
}
bool letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c & '\x80') != 0;
}
bool space(char c) {
  return c == ' ' || c == '\n' || c == '\t';
}

std::size_t pieceLength(std::string_view text) {
  std::size_t n = 0;
  if (digit(text[0])) {
    while (n < 3 && n < text.size() && digit(text[n])) {
      ++n;
    }
    return n;
  }
  const bool lead = text[0] == ' ' && text.size() > 1 && !space(text[1]) && !digit(text[1]);
  n = lead ? 1 : 0;
  if (letter(text[n])) {
    while (n < text.size() && letter(text[n])) {
      ++n;
    }
    return n;
  }
  if (space(text[n])) {
    return 1;
  }
  while (n < text.size() && !letter(text[n]) && !digit(text[n]) && !space(text[n])) {
    ++n;
  }
  return n;
}

}  // namespace

ToyTokens::ToyTokens() {
  for (const std::string_view name : kSpecials) {
    piece(name);
  }
  n_specials_ = static_cast<int>(pieces_.size());
}

int ToyTokens::piece(std::string_view bytes) const {
  const auto found = ids_.find(bytes);
  if (found != ids_.end()) {
    return found->second;
  }
  pieces_.reserve(100000);  // views of bytes() must stay valid
  pieces_.emplace_back(bytes);
  const int id = static_cast<int>(pieces_.size()) - 1;
  ids_.emplace(std::string(bytes), id);
  return id;
}

std::string_view ToyTokens::bytes(int token) const {
  return pieces_.at(static_cast<std::size_t>(token));
}
bool ToyTokens::isSpecial(int token) const {
  return token < n_specials_;
}

int ToyTokens::special(std::string_view name) const {
  const auto found = ids_.find(name);
  return found != ids_.end() && found->second < n_specials_ ? found->second : -1;
}

std::vector<int> ToyTokens::encode(std::string_view text) const {
  std::vector<int> ids;
  while (!text.empty()) {
    const std::size_t n = pieceLength(text);
    ids.push_back(piece(text.substr(0, n)));
    text.remove_prefix(n);
  }
  return ids;
}

std::vector<int> ToyTokens::encodeChat(std::string_view text) const {
  std::vector<int> ids;
  std::size_t begin = 0;
  while (begin < text.size()) {
    std::size_t next = text.size();
    std::string_view name;
    for (const std::string_view special : kSpecials) {
      const std::size_t at = text.find(special, begin);
      if (at < next) {
        next = at;
        name = special;
      }
    }
    for (const int id : encode(text.substr(begin, next - begin))) {
      ids.push_back(id);
    }
    if (!name.empty()) {
      ids.push_back(special(name));
    }
    begin = next + name.size();
  }
  return ids;
}

std::string continued(const VirtualExpert& expert, const ToyTokens& tokens, std::string_view prompt) {
  VirtualRun run(expert, tokens);
  run.follow(tokens.encodeChat(prompt));
  std::string text;
  for (int guard = 0; guard < 1000; ++guard) {
    const Firing* firing = run.firingAt(run.size() - 1);
    if (firing == nullptr) {
      break;
    }
    text += tokens.bytes(firing->token);
    run.append(firing->token);
  }
  return text;
}

}  // namespace rs
