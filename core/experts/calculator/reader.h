// SPDX-License-Identifier: Apache-2.0
//
// Reads a text token by token and says, wherever it asks for the value of an expression and the answer is not
// complete, which token of the answer comes next.
//
// Thread: a run's own.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/experts/calculator/asking.h"
#include "core/experts/chat_text.h"
#include "core/experts/virtual_expert.h"

namespace rs {

struct CalculatorOptions {
  int max_decimals = 12;
  bool ends = false;  // after the last token of the answer, push what ends it where that is known
};

class CalculatorReader final : public Reader {
 public:
  CalculatorReader(const TokenText& tokens, CalculatorOptions options);
  void read(int token, int position, Reaction& reaction) override;

 private:
  // A place where an answer begins, or has begun. Offsets count from the beginning of the text.
  struct Site {
    const Asked* asked = nullptr;
    std::size_t begin = 0;     // where the answer's first character is or would be
    bool needs_space = false;  // nothing is written yet and a space comes first
    bool has_space = false;    // a single space stands right before the answer
    bool bare = false;         // nothing but white space between question and answer
  };
  // What the end of the text looks like: something that asks, a gap, and the beginning of a number.
  struct Tail {
    std::size_t asks_end = 0;
    std::size_t begin = 0;  // of the number
  };

  void beginText();
  void readSentences();
  void readSentence(std::size_t end, Whose whose);
  void readUserEnd();
  void keepUserQuestion(Asked asked);
  [[nodiscard]] std::size_t sentenceBegin(std::size_t end) const;
  [[nodiscard]] Tail cutTail() const;
  [[nodiscard]] std::size_t skipGap(std::size_t at) const;
  [[nodiscard]] bool siteAfterQuestion(Site& site) const;
  [[nodiscard]] bool siteAtPrompt(const Tail& tail, Site& site);
  [[nodiscard]] bool siteAfterLeadIn(const Tail& tail, Site& site);
  [[nodiscard]] bool isOpen(const Site& site);
  [[nodiscard]] bool findSite(Site& site);
  void answer(const Site& site, int position, Reaction& reaction);
  void push(const Site& site, std::string_view value, int position, Reaction& reaction);
  void pushEnd(const Site& site, int position, Reaction& reaction);

  const TokenText& tokens_;
  CalculatorOptions options_;
  ChatText chat_;
  Scratch scratch_;

  std::optional<Asked> question_;         // the last question that was asked, in plain text or by the user
  std::size_t question_end_ = 0;          // offset of the byte after it; 0 for a user's
  bool question_is_from_user_ = false;    // it holds in all messages until the next user's
  bool question_ends_in_dot_ = false;     // 3 + 4. which may yet become 3 + 4.5
  std::optional<std::size_t> answered_;   // offset where its answer began to be written in this text
  std::vector<Asked> user_questions_;     // of the message being read
  std::optional<Asked> prompt_;           // what the line asks at its end
  std::optional<std::size_t> abstained_;  // offset of the site of the last abstention
  std::string answer_text_;               // cache: the answer whose tokens are answer_tokens_
  std::vector<int> answer_tokens_;
};

}  // namespace rs
