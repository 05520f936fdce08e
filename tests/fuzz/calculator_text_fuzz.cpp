// SPDX-License-Identifier: Apache-2.0
//
// Any bytes as a text, cut into tokens anywhere: the calculator says something sound at every position, and
// the same when it reads only a part.
#include <array>
#include <cstdint>
#include <string>

#include "core/base/error.h"
#include "core/experts/registry.h"

namespace {

constexpr std::array<std::string_view, 6> kSpecials{"<|start|>",   "<|end|>",    "<|message|>",
                                                    "<|channel|>", "<|return|>", "<|endoftext|>"};
constexpr int kFirstByte = static_cast<int>(kSpecials.size());

// One token for each byte, after the special ones.
class ByteTokens final : public rs::TokenText {
 public:
  ByteTokens() {
    for (std::size_t i = 0; i < bytes_.size(); ++i) {
      bytes_[i] = static_cast<char>(i);
    }
  }
  [[nodiscard]] std::string_view bytes(int token) const override {
    return isSpecial(token) ? kSpecials[static_cast<std::size_t>(token)]
                            : std::string_view(&bytes_[static_cast<std::size_t>(token - kFirstByte)], 1);
  }
  [[nodiscard]] bool isSpecial(int token) const override { return token < kFirstByte; }
  [[nodiscard]] int special(std::string_view name) const override {
    for (std::size_t i = 0; i < kSpecials.size(); ++i) {
      if (kSpecials[i] == name) {
        return static_cast<int>(i);
      }
    }
    return -1;
  }
  [[nodiscard]] std::vector<int> encode(std::string_view text) const override {
    std::vector<int> ids;
    for (const char c : text) {
      ids.push_back(kFirstByte + static_cast<unsigned char>(c));
    }
    return ids;
  }

 private:
  std::array<char, 256> bytes_{};
};

std::vector<int> tokensOf(const ByteTokens& tokens, std::string_view text) {
  std::vector<int> ids;
  while (!text.empty()) {
    std::size_t length = 1;
    int id = tokens.encode(text.substr(0, 1)).front();
    for (const std::string_view name : kSpecials) {
      if (text.starts_with(name)) {
        id = tokens.special(name);
        length = name.size();
      }
    }
    ids.push_back(id);
    text.remove_prefix(length);
  }
  return ids;
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming)
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t kMaxText = 4096;
  const std::string text(reinterpret_cast<const char*>(data), std::min(size, kMaxText));
  static const ByteTokens kTokens;
  static const rs::NamedVirtualExpert kCalculator = rs::makeVirtualExpert("calculator");
  const std::vector<int> ids = tokensOf(kTokens, text);
  rs::VirtualRun run(*kCalculator.expert, kTokens);
  run.follow(ids);
  int last = -1;
  for (const rs::Firing& firing : run.firings()) {
    rs::check(firing.position > last && firing.position < run.size(),
              "firings are in order, within the text");
    last = firing.position;
    rs::check(firing.token >= kFirstByte, "an answer has no special token");
    const char pushed = kTokens.bytes(firing.token)[0];
    rs::check(std::string_view(" -.,0123456789").find(pushed) != std::string_view::npos,
              "an answer is a number");
    rs::check(!firing.value.empty() && !firing.expression.empty(), "a firing has a value");
    rs::check(firing.answer_index >= 0 && firing.answer_index < firing.n_answer_tokens,
              "a token of the answer");
  }
  for (const rs::Abstention& abstention : run.abstentions()) {
    rs::check(!abstention.reason.empty(), "an abstention has a reason");
  }
  rs::VirtualRun part(*kCalculator.expert, kTokens);
  part.follow(std::span(ids).first(ids.size() / 2));
  for (int position = 0; position < part.size(); ++position) {
    rs::check((part.firingAt(position) == nullptr) == (run.firingAt(position) == nullptr),
              "what follows changes nothing");
  }
  return 0;
}
